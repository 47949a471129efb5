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
    """

    key: str  # property that holds the nested record or records
    model: str  # id of the nested model
    _: KW_ONLY
    via: str = ""  # the parent's field with the id of the one nested record
    many: str = ""
    """The parent's hidden field with a list of ids, or `*_links` of mappings with an `id`: what
    else is in them belongs to the link and is added to the nested record."""
    reverse: str = ""  # the nested model's field with the parent's id
    fields: tuple[str, ...] = ()  # what is shown of the nested record
    embeds: tuple[Embed, ...] = ()  # what is nested further down; it never triggers
    on_link: bool = False  # whether an added or removed entry returns the parent
    on_change: bool = False  # whether a change of the nested record does


@dataclass(frozen=True)
class Filter:
    """One filter parameter of a list."""

    param: str
    path: str  # where the compared values are: field names and keys of embeds, joined by dots
    how: Literal["any", "one", "contains", "object", "since", "until", "from", "before"] = "any"
    """Any of several values, exactly one, a text that contains it, the one custom field of a JSON
    object, days since or until a day, or moments from or before a moment."""
    fold: bool = False  # whether capitals are ignored
    choices: tuple[str, ...] = ()  # the only values accepted; `null` stands for no value


@dataclass(frozen=True, eq=False, kw_only=True)
class Model:
    """One row of the table."""

    id: str  # Kombo's name of the model, category first, e.g. `ats_interviews`
    path: str  # of its list; empty for a model that is only seen nested in others
    schema: Schema  # that of each property of which one is known
    shown: tuple[str, ...]  # what its list sends of a record itself, beside what is nested
    fields: tuple[str, ...]  # its own properties beside `id` and the tracked ones
    hidden: tuple[str, ...]
    """What is only shown nested, or never, and does not move `changed_at`; lists of links are among
    it."""
    embeds: tuple[Embed, ...]  # nested records
    filters: tuple[Filter, ...]
    incremental: bool
    """Whether `updated_after`, `include_deleted` and `ignore_unsupported_filters` are known."""
    paginated: bool  # whether its list is cut into pages
    documents_cursor: bool  # whether Kombo documents `cursor` and `page_size` of the list
    results: str  # where the records are inside `data`
    sublists: tuple[Embed, ...]  # lists below a record, not paginated: `{path}/{id}/{key}`

    @property
    def category(self) -> str:
        """The category that an integration needs to have this model, e.g. `ATS`."""
        return self.id.partition("_")[0].upper()
