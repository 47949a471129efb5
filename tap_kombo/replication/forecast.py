"""What a run will ask for, as far as the state of the last one tells."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from tap_kombo.api.limits import SPREAD_BELOW
from tap_kombo.replication.bookmarks import NOT_DUE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from tap_kombo.api.endpoints import Endpoint
    from tap_kombo.api.limits import Rate
    from tap_kombo.replication.bookmarks import Bookmarks

LOOK_UP = "/integrations/{integration_id}"
"""What is asked about each integration in any case; two streams are made of the answer."""


@dataclass
class Forecast:
    """What a run will ask for."""

    passes: Counter[str] = field(default_factory=Counter)  # of each kind
    requests: int = 0  # at least
    new: int = 0  # integrations of which nothing is known yet
    attachments: bool = False  # whether each record of some stream takes a request too

    def text(self, *, is_first: bool = False) -> str:
        """Return it as the end of a sentence; a first run has no incremental passes."""
        told = f"{self.passes['full']:,} full"
        if not is_first:
            told += f" and {self.passes['incremental']:,} incremental"
        told += " passes"
        if waiting := self.passes[NOT_DUE]:
            told += f" ({waiting:,} more are not due yet)"
        if self.new:
            told += f", and all streams of {self.new:,} integration(s) without a bookmark"
        told += f"; at least {self.requests:,} requests"
        if self.attachments:
            told += ", and one for each record that may have attachments"
        return told


def foresee(
    models: Mapping[Endpoint, Bookmarks],
    categories: Mapping[str, str | None],
    unread: Mapping[Endpoint, Collection[str]] = MappingProxyType({}),
    touches: Callable[[Endpoint, str], bool] | None = None,
) -> Forecast:
    """Count the passes and requests of a run.

    Args:
        models: The models that it reads, each with its bookmarks.
        categories: The category of each integration; `None` if it is not known.
        unread: By model, the integrations of which it is known that it cannot be read.
        touches: Whether a run that goes by changes reads a model of an integration.
    """
    found = Forecast(attachments=any(endpoint.parent for endpoint in models))
    for integration_id, category in categories.items():
        wanted = [one for one in models if touches is None or touches(one, integration_id)]
        requests, is_due = 0, bool(wanted) and category is None
        for endpoint in wanted:
            if integration_id in unread.get(endpoint, ()):
                is_due = True  # it is asked about all the same
            elif endpoint.category in {category, "GENERAL"}:
                kind, pages = models[endpoint].expected(integration_id)
                found.passes[kind] += 1
                requests += 0 if endpoint.path == LOOK_UP else pages
                is_due |= kind != NOT_DUE
        found.new += bool(wanted) and category is None
        found.requests += requests + is_due
    return found


def minutes_of(requests: int, rate: Rate) -> int:
    """Return how many whole minutes so many requests take at least.

    A run may begin as a window ends: what that one has left, and half of the next, goes at once.
    """
    spread = requests - rate.limit * (1 + SPREAD_BELOW)
    return max(int(spread * rate.pace // 60), 0)


def known_categories(
    models: Mapping[Endpoint, Bookmarks], ids: Collection[str]
) -> dict[str, str | None]:
    """Return the category of each integration, as far as bookmarks tell."""
    known: dict[str, str | None] = dict.fromkeys(ids)
    for endpoint, bookmarks in models.items():
        if endpoint.category != "GENERAL":
            known |= dict.fromkeys(filter(bookmarks.knows, ids), endpoint.category)
    return known
