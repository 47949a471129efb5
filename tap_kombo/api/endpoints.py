"""The table: one typed row per model, with everything that differs between Kombo's endpoints.

The rows stand in `endpoints.toml`. Most facts have a default that holds for a usual model: a list
that is read page by page, knows `updated_after` and `include_deleted`, and is filtered by ids.
"""

from __future__ import annotations

import importlib.resources
import tomllib
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from typing import Literal

import msgspec

PRIMARY_KEY = "id"
"""Kombo derives it of a model from the remote id and the integration, so it is a key there."""

IDS = ("ids", "remote_ids")
"""Filters that nearly every list has."""


Category = Literal["ATS", "HRIS", "LMS", "ASSESSMENT", "GENERAL"]
"""Kombo's product lines, spelt as in the field `category` of an integration.

`GENERAL` is ours: what Kombo says about an integration of any category.
"""


@dataclass(frozen=True)
class Endpoint:
    """One model of the API and the stream that it becomes."""

    category: Category  # decides the prefix of name and path; an integration serves one
    noun: str  # Kombo's plural name of the model within its category, in snake case
    _: KW_ONLY
    explicit_path: str | None = None  # where it does not follow from category and noun
    explicit_model: str | None = None  # likewise, Kombo's model id
    records_key: str = "results"  # where in `data` they are; empty if `data` is the only one
    paginated: bool = True  # whether the answer has a `next` to go on with
    documents_cursor: bool = True  # `cursor` and `page_size`; two lists have a `next` without them
    incremental: bool = True
    """Whether it knows `updated_after`, `include_deleted` and `ignore_unsupported_filters`: the
    same lists have all three."""
    filters: tuple[str, ...] = IDS  # its own query parameters, deprecated ones included
    key: tuple[str, ...] = (PRIMARY_KEY,)  # more where Kombo does not derive `id` from both ids
    parent: str | None = None  # stream whose ids fill the path, for a list per record
    touched_by: tuple[str, ...] = ()
    """What a webhook event may name, beside the model itself, if the list answers otherwise from
    then on: models nested in its records, join models, or the event's type."""
    selected_by_default: bool = False
    deprecated: bool = False  # whether Kombo advises against it
    about: str = ""  # what one record is, in a sentence or two of our own

    def may_be_of(self, category: str | None) -> bool:
        """Return whether an integration of a category, if it is known, may have the model."""
        return category is None or self.category in {"GENERAL", category}

    @cached_property
    def name(self) -> str:
        """Name of the stream and of its schema file."""
        if self.category in {"ATS", "GENERAL"}:
            return self.noun
        return f"{self.category.lower()}_{self.noun}"

    @cached_property
    def path(self) -> str:
        """Path below the base URL; it may hold `{integration_id}` or the id of a parent."""
        noun = self.noun.replace("_", "-")
        return self.explicit_path or f"/{self.category.lower()}/{noun}"

    @cached_property
    def model(self) -> str | None:
        """Kombo's model id in webhooks and `read_models`, or none if no such id is known."""
        if self.category in {"GENERAL", "ASSESSMENT"} or self.parent:
            return None
        return self.explicit_model or f"{self.category.lower()}_{self.noun}"

    @cached_property
    def touching(self) -> frozenset[str]:
        """All that a webhook event may name if the list answers otherwise from then on."""
        return frozenset(filter(None, (self.model, *self.touched_by)))

    @cached_property
    def accepts_page_size(self) -> bool:
        """Whether `page_size` may be sent."""
        return self.paginated and self.documents_cursor

    @cached_property
    def replication_key(self) -> str | None:
        """Property that marks an incremental stream."""
        return "changed_at" if self.incremental else None

    @cached_property
    def sends_integration_header(self) -> bool:
        """Whether `X-Integration-Id` says whose data is asked for; else the path does."""
        return self.category != "GENERAL"


def _load() -> tuple[Endpoint, ...]:
    """Read the table; a key that is misspelt or of another type is refused."""
    source = importlib.resources.files(__package__ or "") / "endpoints.toml"
    table = tomllib.loads(source.read_text("utf-8"))
    rows = [
        {"category": category, "noun": noun, **row}
        for category, models in table.items()
        for noun, row in models.items()
    ]
    for row in rows:
        Endpoint(**row)  # refuses a key that is misspelt, which `convert` would pass over
    return msgspec.convert(rows, tuple[Endpoint, ...])


ENDPOINTS = _load()

LEDGER = Endpoint(
    "GENERAL",
    "passes",
    about="What became of each pass of each run: one row per integration and stream.",
    incremental=False,
    filters=(),
    selected_by_default=True,
)
"""The tap's own stream. There is nothing to ask Kombo for it."""

STREAMS = (*ENDPOINTS, LEDGER)
"""The rows of all streams."""

TOUCHING = frozenset(name for one in ENDPOINTS for name in one.touching)
"""All that a webhook event may name and that touches a stream."""
