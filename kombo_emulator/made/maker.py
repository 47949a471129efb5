"""Records made up from their schemas: each property has values in most records, null in some."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple
from zlib import crc32

from kombo_emulator.clock import stamp
from kombo_emulator.made.values import VALUES, agree
from kombo_emulator.made.words import NEVER, RARE, SELDOM, UNKNOWN_REMOTE_ID, WORDS
from kombo_emulator.table import MODELS, STREAMS
from kombo_emulator.table.nesting import FOREIGN_KEYS

if TYPE_CHECKING:
    from collections.abc import Callable

    from kombo_emulator.made.draw import Draw
    from kombo_emulator.models import Schema

    Make = Callable[[Draw], Any]

_MODELS = {stream: model for model, stream in STREAMS.items()}


class Part(NamedTuple):
    """How one property is made up; it is null `at` one of `every` so many records, 0 for never."""

    name: str
    every: int
    at: int
    make: Make


def make(draw: Draw, model: str) -> dict[str, Any]:
    """Make up a record of a model: own properties, links with known records, and what is hidden."""
    draw.begin(model)
    return _fill(draw, _of_model(model), draw.number, model)


def _fill(draw: Draw, parts: tuple[Part, ...], number: int, model: str = "") -> dict[str, Any]:
    made = {part.name: part.make(draw) for part in parts}
    agree(draw, model, made)
    made |= {name: None for name, every, at, _ in parts if every and number % every == at}
    return made


@cache
def _of_model(model: str) -> tuple[Part, ...]:
    row, text = MODELS[model], {"type": ["string", "null"]}
    links = {name: _MODELS[stream] for name, stream in FOREIGN_KEYS[row.category].items()}
    links["parent_id"] = model
    links |= {embed.via: embed.model for embed in row.embeds if embed.via}
    lists = {embed.many: embed.model for embed in row.embeds if embed.many}
    names = (name for name in (*row.fields, *row.hidden) if name not in lists)
    return (
        *(_part((model, name), row.schema.get(name, text), links.get(name)) for name in names),
        *(Part(name, 0, 0, _some(target)) for name, target in lists.items()),
    )


def _some(target: str) -> Make:
    return lambda draw: draw.links(target, 1 + draw.integer(2))


def _part(path: tuple[str, ...], schema: Schema, target: str | None = None) -> Part:
    name, names = path[-1], (".".join(path[-2:]), path[-1])
    digest = crc32(".".join(path).encode())
    every = 3 + digest % 4
    at = digest // 13 % every
    for rest, among in ((25, SELDOM), (150, RARE)):
        if not among.isdisjoint(names):
            every, at = rest, rest - 1 - digest // 5 % (rest // 6)
    known = path[1:] == ("remote_id",) and path[0] not in UNKNOWN_REMOTE_ID
    if known or not NEVER.isdisjoint(names):
        every = 0
    make: Make = (lambda draw: draw.link(target)) if target else _maker(path, schema)
    return Part(name, every, at, make)


def _maker(path: tuple[str, ...], schema: Schema) -> Make:
    """Choose by the property's name, then by the form that its schema gives it."""
    where, name = ".".join(path), path[-1]
    for key in (".".join(path[-2:]), name):
        if key in VALUES:
            return VALUES[key]
        if words := WORDS.get(key):
            listed = "array" in schema.get("type", ())
            return lambda draw: [draw.deal(where, words)] if listed else draw.deal(where, words)
    if items := schema.get("items"):
        one = _maker(path, items)
        counts = (1, 2, 1) if name == "email_addresses" else (1, 2, 1, 0)
        return lambda draw: [one(draw) for _ in range(draw.deal(where, counts))]
    if nested := schema.get("properties"):
        parts = tuple(_part((*path, below), form) for below, form in nested.items())
        return lambda draw: _fill(draw, parts, draw.turn(where))
    return _plain(name, schema)


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
