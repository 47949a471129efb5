"""What decides which rows and columns a pass stores; a bookmark answers one question only."""

from __future__ import annotations

import hashlib
import json
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_LENGTH = 16


def fingerprint(value: object) -> str:
    """Return a short hash of a JSON value; what it is made of may be secret or personal."""
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:_LENGTH]


@dataclass(frozen=True)
class Question:
    """What a pass stores; the settings of these names, or hashes of what may be personal."""

    filters: Mapping[str, str]  # a hash of each value, by parameter
    ignore_unsupported_filters: bool
    include_deleted: bool
    anonymized_records: str
    start_date: str | None  # lower bound of a full pass, as Kombo reads it
    deselected: tuple[str, ...]  # paths of the columns that are left out
    columns: str  # a hash of all columns with their types
    maps: str  # a hash of stream maps and flattening; empty if there are none
    pseudonyms: str = ""  # a hash of what is hidden, how and with which key; empty if nothing is

    @property
    def parts(self) -> dict[str, Any]:
        """The parts that say something, as they are remembered."""
        parts = {name: getattr(self, name) for name in _GROWN}
        parts["filters"], parts["deselected"] = dict(self.filters), sorted(self.deselected)
        return {name: value for name, value in parts.items() if value}

    @property
    def id(self) -> str:
        """A short name, the same for the same question in every run."""
        return fingerprint(self.parts)

    def grown_since(self, earlier: Mapping[str, Any]) -> list[str]:
        """Name the parts that ask for more than those of an earlier question did."""
        now = self.parts
        grown = [name for name, more in _GROWN.items() if more(earlier.get(name), now.get(name))]
        return [*grown, *sorted(earlier.keys() - _GROWN.keys())]  # what a later version knows


def _lost(before: Any, now: Any) -> bool:  # noqa: ANN401
    """One filter more asks for less; one that went away or changed asks for more."""
    return any((now or {}).get(name) != value for name, value in (before or {}).items())


def _switched_on(before: object, now: object) -> bool:
    return bool(now) and not before


def _earlier(before: Any, now: Any) -> bool:  # noqa: ANN401
    return before is not None and bool(now is None or now < before)


def _is_within(path: str, others: Iterable[str]) -> bool:
    return any(path == one or path.startswith(f"{one}.") for one in others)


_GROWN: Mapping[str, Callable[[Any, Any], bool]] = {
    "filters": _lost,
    "ignore_unsupported_filters": _switched_on,
    "include_deleted": _switched_on,
    "anonymized_records": lambda before, now: before == "skip" != now,
    "start_date": _earlier,
    "deselected": lambda before, now: not all(_is_within(one, now or ()) for one in before or ()),
    "columns": operator.ne,
    "maps": operator.ne,
    "pseudonyms": lambda before, now: (before or "") != (now or ""),
}
"""Of each part, whether it asks for more than before."""
