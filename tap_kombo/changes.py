"""Kombo's webhook events: which models of which integration have to be read again."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from tap_kombo.api.endpoints import TOUCHING
from tap_kombo.documents import converted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tap_kombo.api.endpoints import Endpoint

DATA_CHANGED = "data-changed"

EVERYTHING = "sync-finished"
"""It does not tell which models have changed."""


@dataclass(frozen=True)
class Changes:
    """What a list of events says.

    Attributes:
        events: How many there are.
        named: By integration, what its events name; `None` if that may be anything.
        others: How many events report no data of an integration.
    """

    events: int
    named: Mapping[str, frozenset[str] | None]
    others: int = 0

    def touches(self, endpoint: Endpoint, integration_id: str) -> bool:
        """Return whether a list of an integration may answer otherwise than before."""
        named = self.named.get(integration_id, frozenset())
        return named is None or not named.isdisjoint(endpoint.touching)

    def lines(self, passes: int, configured: Iterable[str]) -> list[str]:
        """Say what is read, and what is ignored.

        Args:
            passes: How many passes the events lead to.
            configured: All configured integrations, read by this run or not.
        """
        strangers = len(self.named.keys() - set(configured))
        ignored = {
            "integration(s) that are not configured": strangers,
            "event(s) that report no data": self.others,
        }
        told = [f"{count:,} {what}" for what, count in ignored.items() if count]
        lines = [f"Ignored: {', '.join(told)}."] if told else []
        if passes:
            return [
                f"Only what {self.events:,} event(s) touch is read: {passes:,} pass(es).",
                *lines,
            ]
        why = "touches what is configured and selected" if self.events else "is given"
        return [f"Nothing is read, as no event {why}.", *lines]


class _Model(msgspec.Struct):
    name: str


class _Data(msgspec.Struct):
    integration_id: str


class _Models(_Data):
    changed_models: list[_Model]


class _Event(msgspec.Struct):
    type: str


class _OfData(msgspec.Struct):
    data: _Data


class _DataChanged(msgspec.Struct):
    data: _Models


def changes_of(events: Sequence[object]) -> Changes:
    """Return what events say; their order, and whether one is there twice, does not matter.

    Raises:
        DocumentError: If one is not as Kombo sends it.
    """
    named: defaultdict[str, set[str]] = defaultdict(set)
    others = 0
    for place, event in enumerate(events, 1):
        where = f"event {place}"
        kind = converted(where, event, _Event).type
        if kind == DATA_CHANGED:
            data = converted(where, event, _DataChanged).data
            named[data.integration_id] |= {one.name for one in data.changed_models} or {EVERYTHING}
        elif kind == EVERYTHING or kind in TOUCHING:
            named[converted(where, event, _OfData).data.integration_id].add(kind)
        else:
            others += 1
    known = {one: frozenset(names) if names <= TOUCHING else None for one, names in named.items()}
    return Changes(len(events), known, others)
