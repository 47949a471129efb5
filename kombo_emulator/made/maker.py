"""Records made up from their schemas: each property has values in most records, null in some."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple
from zlib import crc32

from kombo_emulator.clock import stamp
from kombo_emulator.made.values import AGREEMENT, VALUES, custom, fields
from kombo_emulator.made.words import NEVER, RARE, SELDOM, UNKNOWN_REMOTE_ID, WORDS
from kombo_emulator.table import MODELS, STREAMS
from tap_kombo.api.endpoints import FOREIGN_KEYS

if TYPE_CHECKING:
    from collections.abc import Callable

    from kombo_emulator.made.draw import Draw
    from kombo_emulator.models import Model, Schema

    Make = Callable[[Draw], Any]
    Agree = Callable[[Draw, dict[str, Any]], None]

_MODELS = {stream: model for model, stream in STREAMS.items()}
_LINKS: dict[str, dict[str, str]] = {
    category: {name: _MODELS[stream] for name, stream in keys.items() if stream in _MODELS}
    for category, keys in FOREIGN_KEYS.items()
}
"""For each category, the model whose id a property holds."""


class Part(NamedTuple):
    """How one property is made up.

    Attributes:
        name: The property.
        every: It is null in each n-th record; 0 for never.
        at: In which of them.
        make: Makes its value.
    """

    name: str
    every: int
    at: int
    make: Make


def make(draw: Draw, model: str) -> dict[str, Any]:
    """Make up a record of a model: own properties, links with known records, and what is hidden."""
    draw.begin(model)
    return _fill(draw, _of_model(model), draw.number, AGREEMENT.get(model))


def _fill(
    draw: Draw, parts: tuple[Part, ...], number: int, agree: Agree | None = None
) -> dict[str, Any]:
    made = {part.name: part.make(draw) for part in parts}
    if agree:
        agree(draw, made)
    nulls = {name: None for name, every, at, _ in parts if every and number % every == at}
    return made | nulls


@cache
def _of_model(model: str) -> tuple[Part, ...]:
    row = MODELS[model]
    links, text = _links(row), {"type": ["string", "null"]}
    lists = {embed.many: embed.model for embed in row.embeds if embed.many}
    return (
        *(
            _part(model, (name,), row.schema.get(name, text), links)
            for name in (*row.fields, *row.hidden)
            if name not in lists
        ),
        *(Part(name, 0, 0, _some(target)) for name, target in lists.items()),
    )


def _links(model: Model) -> dict[str, str]:
    """Model of each property of a model that holds the id of another record."""
    by_name = _LINKS[model.category] | {"parent_id": model.id}
    by_name |= {embed.via: embed.model for embed in model.embeds if embed.via}
    return {name: by_name[name] for name in model.fields if name in by_name}


def _some(target: str) -> Make:
    return lambda draw: draw.links(target, 1 + draw.integer(2))


def _part(model: str, path: tuple[str, ...], schema: Schema, links: dict[str, str]) -> Part:
    name, parent = path[-1], (model, *path)[-2]
    names = (f"{parent}.{name}", name)
    digest = crc32(".".join((model, *path)).encode())
    every = 3 + digest % 4
    at = digest // 13 % every
    for rest, among in ((25, SELDOM), (150, RARE)):
        if not among.isdisjoint(names):
            every, at = rest, rest - 1 - digest // 5 % (rest // 6)
    known = path == ("remote_id",) and model not in UNKNOWN_REMOTE_ID
    if known or not NEVER.isdisjoint(names):
        every = 0
    return Part(name, every, at, _maker(model, path, schema, links))


def _maker(model: str, path: tuple[str, ...], schema: Schema, links: dict[str, str]) -> Make:
    """Choose by the property's name, then by the form that its schema gives it."""
    if made := _by_name(model, path, schema, links):
        return made
    where = ".".join((model, *path))
    if items := schema.get("items"):
        one = _maker(model, path, items, links)
        counts = (1, 2, 1) if path[-1] == "email_addresses" else (1, 2, 1, 0)
        return lambda draw: [one(draw) for _ in range(draw.deal(where, counts))]
    if "properties" in schema:
        return _object(model, path, schema, links)
    return _plain(path[-1], schema)


def _by_name(
    model: str, path: tuple[str, ...], schema: Schema, links: dict[str, str]
) -> Make | None:
    name, parent, where = path[-1], (model, *path)[-2], ".".join((model, *path))
    if len(path) == 1 and (target := links.get(name)):
        return lambda draw: draw.link(target)
    if form := {"custom_fields": custom, "integration_fields": fields}.get(name):
        return lambda draw: form(draw, model)
    for key in (f"{parent}.{name}", name):
        if key in VALUES:
            return VALUES[key]
        if words := WORDS.get(key):
            listed = "array" in schema.get("type", ())
            return lambda draw: [draw.deal(where, words)] if listed else draw.deal(where, words)
    return None


def _object(model: str, path: tuple[str, ...], schema: Schema, links: dict[str, str]) -> Make:
    where = ".".join((model, *path, "{}"))
    parts = tuple(
        _part(model, (*path, name), nested, links) for name, nested in schema["properties"].items()
    )
    return lambda draw: _fill(draw, parts, draw.turn(where))


def _plain(name: str, schema: Schema) -> Make:
    """Make a value of which only the form is known."""
    kinds = schema.get("type", ())
    if form := schema.get("format"):
        return lambda draw: stamp(draw.now)[: 10 if form == "date" else None]
    if "boolean" in kinds:
        return lambda draw: draw.chance(0.5)
    if "number" in kinds or "integer" in kinds:
        return lambda draw: draw.integer(10, 1)
    if name.endswith("url") or name in {"link", "avatar"}:
        return lambda draw: f"{draw.site}/{name.removesuffix('_url')}/{draw.integer(1_000_000)}"
    return lambda draw: draw.text()
