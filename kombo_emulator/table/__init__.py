"""The whole table: all models of all categories, and the lists at which they are read.

Lists follow the tap's table of endpoints, and what a record holds comes from the schemas; the rows
beside this file say what they cannot.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kombo_emulator.models import TRACKED, Embed, Model
from kombo_emulator.table.nesting import NESTING
from kombo_emulator.table.parameters import filter_of
from tap_kombo.api.endpoints import ENDPOINTS
from tap_kombo.schemas import load_schema

if TYPE_CHECKING:
    from kombo_emulator.models import Schema
    from tap_kombo.api.endpoints import Endpoint

_ENDPOINTS = [one for one in ENDPOINTS if one.category != "GENERAL" and not one.parent]


def model_of(endpoint: Endpoint) -> str:
    """Id of the model that an endpoint lists."""
    return endpoint.model or f"{endpoint.category.lower()}_{endpoint.noun}"


def properties(schema: Schema) -> dict[str, Any]:
    """The properties of an object, or of a list's objects, but those that the tap adds."""
    found: dict[str, Any] = schema.get("items", schema)["properties"]
    return {name: one for name, one in found.items() if name != "integration_id"}


STREAMS = {model_of(one): one.name for one in _ENDPOINTS}
"""Name of the stream of each model that has a list."""

_SHOWN = {model: properties(load_schema(stream)) for model, stream in STREAMS.items()}
for _parent, _embeds in NESTING.items():
    for _embed in (one for one in _embeds if one.model not in _SHOWN):  # is only seen nested
        _SHOWN[_embed.model] = properties(_SHOWN[_parent][_embed.key])

_HIDDEN: defaultdict[str, dict[str, Any]] = defaultdict(dict)
"""For each model, the schemas of what only records around it show of it."""


def _filled(embed: Embed, shown: dict[str, Any], *, top: bool = True) -> Embed:
    """An embed with all that a schema shows in it."""
    below = {one.key: one for one in NESTING[embed.model] if one.key in shown}
    fields = tuple(name for name in shown if name not in below)
    unknown = {name: shown[name] for name in fields if name not in _SHOWN[embed.model]}
    if embed.many.endswith("_links"):
        fields = tuple(name for name in fields if name not in unknown)
    else:
        _HIDDEN[embed.model] |= unknown
    return replace(
        embed,
        fields=fields,
        embeds=tuple(_filled(one, properties(shown[key]), top=False) for key, one in below.items()),
        on_link=top and embed.on_link,
        on_change=top and embed.on_change,
    )


def _attachments(stream: str, owner: str, added: str = "") -> tuple[Embed]:
    """The files that are listed below a record, without a property that the tap adds."""
    shown = properties(load_schema(stream))
    shown.pop(added, None)
    return (_filled(Embed("attachments", "ats_attachments", reverse=owner), shown),)


_EMBEDS = {
    model: tuple(
        _filled(one, properties(shown[one.key])) for one in NESTING[model] if one.key in shown
    )
    for model, shown in _SHOWN.items()
}
_SUBLISTS = {
    "ats_applications": _attachments(
        "application_attachments", "application_id", added="application_id"
    ),
    "ats_candidates": _attachments("candidate_attachments", "candidate_id"),
}


def _model(model: str, endpoint: Endpoint | None = None) -> Model:
    """One row of the table; what is hidden in a model is known when all embeds are."""
    shown, hidden, embeds = _SHOWN[model], _HIDDEN[model], _EMBEDS[model]
    owners = [one.reverse for row in NESTING.values() for one in row if one.model == model]
    filters = tuple(filter_of(model, one) for one in (endpoint.filters if endpoint else ()))
    compared = (one.path.partition(".")[0] for one in filters)
    needed = ("remote_id", *(one.via for one in embeds), *owners, *compared)
    keys = {one.key for one in embeds}
    reserved = {"id", *TRACKED, *keys}
    return Model(
        id=model,
        path=endpoint.path if endpoint else "",
        schema=shown | hidden,
        shown=tuple(name for name in shown if name not in keys),
        fields=tuple(
            one for one in dict.fromkeys((*shown, *needed)) if one and one not in reserved
        ),
        hidden=(*hidden, *dict.fromkeys(one.many for one in embeds if one.many)),
        embeds=embeds,
        filters=filters,
        incremental=endpoint is None or endpoint.incremental,
        paginated=endpoint is None or endpoint.paginated,
        documents_cursor=endpoint is None or endpoint.documents_cursor,
        results=endpoint.records_key if endpoint else "",
        sublists=_SUBLISTS.get(model, ()),
    )


LISTS = {one.path: _model(model_of(one), one) for one in _ENDPOINTS}
"""Rows by path; two paths may list the same model."""

MODELS = {one.id: one for one in (*LISTS.values(), LISTS["/hris/groups"])}
MODELS |= {model: _model(model) for model in _SHOWN if model not in MODELS}
"""All rows by id; teams are the older name of groups."""

PARENTS: defaultdict[str, list[tuple[str, Embed]]] = defaultdict(list)
"""For each model, the models whose `updated_after` may match when it changes."""

INDEXED: defaultdict[str, set[str]] = defaultdict(set)
"""For each model, the fields by which its records are looked up without a search."""

for _row in MODELS.values():
    for _one in (*_row.embeds, *_row.sublists):
        if _one.on_link or _one.on_change:
            PARENTS[_one.model].append((_row.id, _one))
            INDEXED[_row.id] |= {_one.via, _one.many} - {""}
        if _one.reverse:
            INDEXED[_one.model].add(_one.reverse)
