"""The records themselves: one row each, a table per model, and how an id comes about."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from threading import RLock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kombo_emulator.behaviour import Behaviour, Order
    from kombo_emulator.clock import Clock
    from kombo_emulator.models import Model

DAY = 24 * 60 * 60 * 1000

_BASE58 = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_TO_BASE58 = bytes(_BASE58[byte % 58] for byte in range(256))

Key = tuple[int, str]
"""Place of a record in its list: what it is ordered by, then its id."""


def derive_id(*parts: str) -> str:
    """Make a Kombo id: 24 base58 characters that follow from integration, model and remote id."""
    digest = blake2b("\0".join(parts).encode(), digest_size=24).digest()
    return digest.translate(_TO_BASE58).decode()


@dataclass(eq=False)
class World:
    """What all integrations of an emulator share."""

    clock: Clock  # on which all stamps, limits and deletions depend
    behaviour: Behaviour  # how undocumented things are answered; may be replaced at any time
    seed: int  # the same seed, clock, sizes and integration ids give the same data
    lock: RLock = field(default_factory=RLock)  # for records: requests run in threads of their own


@dataclass(slots=True, eq=False)
class Row:
    """One record."""

    values: dict[str, Any]  # all that is known of it; replaced as a whole, never edited in place
    updated_at: int  # what `updated_after` is compared with
    kept: dict[str, Any] | None = None  # those before it was blanked, in case it reappears
    gone: bool = False  # whether it was removed for good after 14 days

    @property
    def id(self) -> str:
        """Its key."""
        return str(self.values["id"])

    @property
    def deleted(self) -> bool:
        """Whether it is a tombstone."""
        return self.values["remote_deleted_at"] is not None


@dataclass(slots=True, eq=False)
class Table:
    """All records of one model, with the orders in which a list can be read."""

    model: Model
    rows: dict[str, Row] = field(default_factory=dict)
    _sorted: dict[Order, list[Key]] = field(default_factory=dict)

    def touch(self, row: Row, at: int) -> None:
        """Let `updated_after` return a record from `at` on, never an earlier time."""
        row.updated_at = max(row.updated_at, at)
        self.rows[row.id] = row
        self._sorted.clear()

    def keys(self, order: Order) -> list[Key]:
        """The places of all records, by id, or by `updated_at` up or down."""
        if order not in self._sorted:
            step = {"id": 0, "changed": 1, "changed_down": -1}[order]
            keys = ((step * row.updated_at, key) for key, row in self.rows.items())
            self._sorted[order] = sorted(keys)
        return self._sorted[order]
