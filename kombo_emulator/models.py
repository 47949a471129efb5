"""The form of the table of models: what is nested in a record, and how its list is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal

TRACKED = ("changed_at", "remote_deleted_at")
"""Fields that every record carries beside its own; the store keeps them."""

Schema = Mapping[str, Any]


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
    fold: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class Model:
    """One row of the table.

    Attributes:
        id: Kombo's name of the model, category first, e.g. `ats_interviews`.
        path: Path of its list; empty for a model that is only seen nested in others.
        schema: Schema of each property of which one is known.
        shown: What its list sends of a record itself, beside what is nested.
        fields: Its own properties beside `id` and the tracked ones.
        hidden: What is only shown nested, or never, and does not move `changed_at`; lists of
            links are among it.
        embeds: Nested records.
        filters: The filters of its list.
        incremental: Whether `updated_after`, `include_deleted` and `ignore_unsupported_filters`
            are known parameters.
        paginated: Whether its list is cut into pages.
        documents_cursor: Whether Kombo documents `cursor` and `page_size` of the list.
        results: Where the records are inside `data`.
        sublists: Lists below one of its records, not paginated: `{path}/{id}/{key}`.
    """

    id: str
    path: str
    schema: Schema
    shown: tuple[str, ...]
    fields: tuple[str, ...]
    hidden: tuple[str, ...]
    embeds: tuple[Embed, ...]
    filters: tuple[Filter, ...]
    incremental: bool
    paginated: bool
    documents_cursor: bool
    results: str
    sublists: tuple[Embed, ...]

    @property
    def category(self) -> str:
        """The category that an integration needs to have this model, e.g. `ATS`."""
        return self.id.partition("_")[0].upper()
