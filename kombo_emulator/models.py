"""The form of the table of models: what is nested in a record, and how its list is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal

TRACKED = ("changed_at", "remote_deleted_at")
"""Fields that every record carries beside its own; the store keeps them."""

Schema = Mapping[str, Any]


def names(text: str) -> tuple[str, ...]:
    """Split a text at its blanks."""
    return tuple(text.split())


@dataclass(frozen=True)
class Embed:
    """Another model's records nested in a record, and whether they make `updated_after` match.

    Exactly one of `via`, `many` and `reverse` says how the records are found.

    Attributes:
        key: Property that holds the nested record or records.
        model: Id of the nested model.
        via: The parent's field with the id of the one nested record.
        many: The parent's hidden field with a list of ids, or `*_links` of mappings with an `id`:
            what else is in them belongs to the link and is added to the nested record.
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
    fields: tuple[str, ...] = ()
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


@dataclass(frozen=True, eq=False)
class Model:
    """One row of the table.

    Attributes:
        id: Kombo's name of the model, category first, e.g. `ats_interviews`.
        path: Path of its list; none for a model that is only seen nested in others.
        schema: Schema of each property, its own or hidden, that the schemas tell of.
        fields: Its own properties beside `id` and the tracked ones.
        hidden: What the store knows of a record but only shows nested, or never.
        embeds: Nested records.
        filters: The filters of its list.
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
    schema: Schema
    fields: tuple[str, ...]
    hidden: tuple[str, ...]
    embeds: tuple[Embed, ...]
    filters: tuple[Filter, ...]
    incremental: bool
    paging: Literal["documented", "undocumented", "none"]
    results: str
    unsent: tuple[str, ...]
    sublists: tuple[Embed, ...]

    @property
    def category(self) -> str:
        """The category that an integration needs to have this model, e.g. `ATS`."""
        return self.id.partition("_")[0].upper()

    def empty_record(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Own and hidden properties of a record of which nothing is known."""
        own: dict[str, Any] = dict.fromkeys(("id", *self.fields))
        if "integration_fields" in own:
            own["integration_fields"] = []
        many = {embed.many: () for embed in self.embeds if embed.many}
        return own, dict.fromkeys(self.hidden) | many

    @property
    def shown(self) -> tuple[str, ...]:
        """All top-level properties of a record as it is sent."""
        known = ("id", *self.fields, *TRACKED, *(embed.key for embed in self.embeds))
        return tuple(name for name in known if name not in self.unsent)
