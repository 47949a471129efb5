"""The whole table: all models of all categories, and the lists at which they are read.

What a record holds comes from the schemas; the rows beside this file say what they cannot.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kombo_emulator.models import TRACKED, Embed, Model
from kombo_emulator.table.nesting import NESTING
from kombo_emulator.table.parameters import BY_ID, FILTERS
from kombo_emulator.table.streams import STREAMS, load, load_all, properties

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_PATHS = {
    "hris_teams": "/hris/groups",
    "hris_employee_skill_proficiency_ratings": "/hris/employee-skill-assignments",
}
_FIND_BY = {"assessment_orders": ("created_at",)}
"""Properties that only filters know."""

_NOT_INCREMENTAL = {
    "hris_skills": "undocumented",
    "hris_employee_skill_proficiency_ratings": "undocumented",
    "assessment_orders": "documented",
    "assessment_packages": "none",
}
"""How the lists are cut into pages that do not take `updated_after`."""

_ATTACHMENTS = {
    "ats_applications": ("application_id", load("application_attachments", "application_id")),
    "ats_candidates": ("candidate_id", load("candidate_attachments")),
}
_SCHEMAS = load_all()
_ELSEWHERE: defaultdict[str, dict[str, Any]] = defaultdict(dict)
"""For each model, the schemas of what only records around it show of it."""


def _filled(embed: Embed, shown: dict[str, Any], *, top: bool = True) -> Embed:
    """An embed with all that a schema shows in it."""
    below = {one.key: one for one in NESTING[embed.model] if one.key in shown}
    fields = tuple(name for name in shown if name not in below)
    unknown = {name: shown[name] for name in fields if name not in _SCHEMAS[embed.model]}
    if embed.many.endswith("_links"):
        fields = tuple(name for name in fields if name not in unknown)
    else:
        _ELSEWHERE[embed.model] |= unknown
    return replace(
        embed,
        fields=fields,
        embeds=tuple(_filled(one, properties(shown[key]), top=False) for key, one in below.items()),
        on_link=top and embed.on_link,
        on_change=top and embed.on_change,
    )


def _model(model: str, embeds: tuple[Embed, ...], sublists: tuple[Embed, ...]) -> Model:
    """One row of the table."""
    schema, elsewhere = _SCHEMAS[model], _ELSEWHERE[model]
    keys = {embed.key for embed in embeds}
    owners = [one.reverse for row in NESTING.values() for one in row if one.model == model]
    needed = ("remote_id", *(embed.via for embed in embeds), *owners, *_FIND_BY.get(model, ()))
    own = dict.fromkeys(name for name in (*schema, *needed) if name and name not in keys)
    category, _, noun = model.partition("_")
    path = _PATHS.get(model, f"/{category}/{noun.replace('_', '-')}") if model in STREAMS else None
    paging: Any = _NOT_INCREMENTAL.get(model, "documented")
    by_id = {"assessment_orders": BY_ID[:1], "assessment_packages": ()}.get(model, BY_ID)
    return Model(
        model,
        path,
        schema=schema | elsewhere,
        fields=tuple(name for name in own if name not in {"id", *TRACKED}),
        hidden=tuple(elsewhere),
        embeds=embeds,
        filters=(*by_id, *FILTERS[model]),
        incremental=model not in _NOT_INCREMENTAL,
        paging=paging,
        results="packages" if model == "assessment_packages" else "results",
        unsent=tuple(name for name in (*own, *TRACKED) if path and name not in schema),
        sublists=sublists,
    )


def _models() -> Iterator[Model]:
    """All rows; what is hidden in a model is known when all embeds are."""
    embeds = {
        model: tuple(
            _filled(one, properties(schema[one.key])) for one in NESTING[model] if one.key in schema
        )
        for model, schema in _SCHEMAS.items()
    }
    attachments = {
        model: (_filled(Embed("attachments", "ats_attachments", reverse=owner), schema),)
        for model, (owner, schema) in _ATTACHMENTS.items()
    }
    for model in _SCHEMAS:
        yield _model(model, embeds[model], attachments.get(model, ()))


MODELS = {model.id: model for model in _models()}
"""All rows by id."""

LISTS = {model.path: model for model in MODELS.values() if model.path}
LISTS["/hris/teams"] = replace(MODELS["hris_teams"], path="/hris/teams", filters=BY_ID)
"""Rows by path; a model that is only seen nested in others has none."""


PARENTS: defaultdict[str, list[tuple[str, Embed]]] = defaultdict(list)
"""For each model, the models whose `updated_after` may match when it changes."""

INDEXED: defaultdict[str, set[str]] = defaultdict(set)
"""For each model, the fields by which its records are looked up without a search."""


def _note(model: str, embeds: Iterable[Embed]) -> None:
    for embed in embeds:
        if embed.on_link or embed.on_change:
            PARENTS[embed.model].append((model, embed))
            INDEXED[model] |= {embed.via, embed.many} - {""}
        if embed.reverse:
            INDEXED[embed.model].add(embed.reverse)
        _note(embed.model, embed.embeds)


for _row in MODELS.values():
    _note(_row.id, (*_row.embeds, *_row.sublists))
