"""The form of the table of models, and the relations that follow from it.

One row holds all that differs between Kombo's lists: path, own fields, filters, nested records and
what makes `updated_after` return the parent. The rows themselves are in `models_ats.py` and its
neighbours; `table.py` puts them together.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

TRACKED = ("changed_at", "remote_deleted_at")
"""Fields that every record carries beside its own; the store keeps them."""

CUSTOM = ("custom_fields", "integration_fields", "remote_data")
REMOTE_TIMES = ("remote_created_at", "remote_updated_at")


@dataclass(frozen=True)
class Embed:
    """Another model's records nested in a record, and whether they make `updated_after` match.

    Exactly one of `via`, `many` and `reverse` says how the records are found.

    Attributes:
        key: Property that holds the nested record or records.
        model: Id of the nested model.
        via: The parent's field with the id of the one nested record.
        many: The parent's hidden field with a list of ids. An entry may also be a mapping with an
            `id`: its other items belong to the link and are added to the nested record.
        reverse: The nested model's field with the parent's id.
        fields: What is shown of the nested record.
        embeds: What is nested further down; it never triggers.
        on_link: Whether an added or removed entry returns the parent.
        on_change: Whether a change of the nested record returns the parent.
    """

    key: str
    model: str
    _: KW_ONLY
    via: str = ""
    many: str = ""
    reverse: str = ""
    fields: tuple[str, ...]
    embeds: tuple[Embed, ...] = ()
    on_link: bool = False
    on_change: bool = False


@dataclass(frozen=True)
class Filter:
    """One filter parameter of a list.

    Attributes:
        param: Name of the query parameter.
        path: Where the compared values are: field names and keys of embeds, joined by dots.
        how: `any` of several values, exactly `one`, a text that `contains` it, the one custom
            field of a JSON `object`, days `since` or `until` a day, or moments `from` or `before`
            a moment.
        fold: Whether capitals are ignored.
        choices: The only values accepted; empty for all. `null` stands for no value.
    """

    param: str
    path: str
    how: Literal["any", "one", "contains", "object", "since", "until", "from", "before"] = "any"
    _: KW_ONLY
    fold: bool = False
    choices: tuple[str, ...] = ()


def names(text: str) -> tuple[str, ...]:
    """Split a list of property names at its blanks."""
    return tuple(text.split())


BY_ID = (Filter("ids", "id"), Filter("remote_ids", "remote_id"))


@dataclass(frozen=True)
class Model:
    """One row of the table.

    Attributes:
        id: Kombo's name of the model, category first, e.g. `ats_interviews`.
        path: Path of its list; none for a model that is only seen nested in others.
        fields: Its own properties beside `id` and the tracked ones.
        hidden: What the store knows of a record but only shows nested, or never.
        defaults: Values of new records for properties that Kombo never sends as null.
        embeds: Nested records.
        filters: Its own filters.
        by_id: The filters that nearly every list has.
        incremental: Whether `updated_after`, `include_deleted` and `ignore_unsupported_filters`
            are known parameters.
        paging: Whether `cursor` and `page_size` are known parameters, or the list answers `next`
            without documenting them, or is not cut into pages.
        results: Where the records are inside `data`.
        unsent: Properties that lists do not show, though filters and nested records need them.
        sublists: Lists below one of its records, not paginated: `{path}/{id}/{key}`.
    """

    id: str
    path: str | None
    _: KW_ONLY
    fields: tuple[str, ...]
    hidden: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    embeds: tuple[Embed, ...] = ()
    filters: tuple[Filter, ...] = ()
    by_id: tuple[Filter, ...] = BY_ID
    incremental: bool = True
    paging: Literal["documented", "undocumented", "none"] = "documented"
    results: str = "results"
    unsent: tuple[str, ...] = ()
    sublists: tuple[Embed, ...] = ()

    @property
    def category(self) -> str:
        """The category that an integration needs to have this model, e.g. `ATS`."""
        return self.id.partition("_")[0].upper()

    def empty_record(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Own and hidden properties of a record of which nothing is known."""
        many = {embed.many: () for embed in self.embeds if embed.many}
        return dict.fromkeys(("id", *self.fields)) | dict(self.defaults), dict.fromkeys(
            self.hidden
        ) | many

    @property
    def shown(self) -> tuple[str, ...]:
        """All top-level properties of a record as it is sent."""
        known = ("id", *self.fields, *TRACKED, *(embed.key for embed in self.embeds))
        return tuple(name for name in dict.fromkeys(known) if name not in self.unsent)

    @property
    def label(self) -> str:
        """A name for people."""
        return self.id.partition("_")[2].replace("_", " ").capitalize()


class Relations:
    """What the store must remember to find parents and children without a search.

    Attributes:
        models: All rows by id.
        indexed: For each model, the fields by which its records are looked up.
        parents: For each model, the models whose `updated_after` may match when it changes.
    """

    def __init__(self, models: Iterable[Model]) -> None:
        """Read the relations off the table."""
        self.models = {model.id: model for model in models}
        indexed: defaultdict[str, dict[str, None]] = defaultdict(dict)
        parents: defaultdict[str, list[tuple[Model, Embed]]] = defaultdict(list)
        for model in self.models.values():
            for embed in model.embeds:
                if embed.on_link or embed.on_change:
                    parents[embed.model].append((model, embed))
                    for field_name in filter(None, (embed.via, embed.many)):
                        indexed[model.id][field_name] = None
            for embed in _all_levels((*model.embeds, *model.sublists)):
                if embed.reverse:
                    indexed[embed.model][embed.reverse] = None
        self.indexed = {name: tuple(indexed[name]) for name in self.models}
        self.parents = {name: tuple(parents[name]) for name in self.models}


def _all_levels(embeds: Iterable[Embed]) -> Iterator[Embed]:
    for embed in embeds:
        yield embed
        yield from _all_levels(embed.embeds)
