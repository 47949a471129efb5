"""What the integrations of all categories have in common: how they come by made-up records."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from random import Random
from typing import TYPE_CHECKING, Any

from kombo_emulator.integration import Integration
from kombo_emulator.rows import DAY

if TYPE_CHECKING:
    from collections.abc import Callable

    from kombo_emulator.rows import World
    from kombo_emulator.size import Size


class SeededIntegration(Integration, ABC):
    """An integration that can make up its records.

    A category's methods `add_*` fill what is not given: own properties by chance, links with
    records that exist. Like all that writes they also take `visible_after`, in seconds.
    """

    CATEGORY = ""

    def __init__(self, integration_id: str, world: World) -> None:
        """Connect a tool without any record."""
        super().__init__(integration_id, self.CATEGORY, world)
        self._random = Random(f"{world.seed} {integration_id}")  # noqa: S311 - made-up data
        self._known: defaultdict[str, list[str]] = defaultdict(list)

    @abstractmethod
    def seed(self, size: Size) -> None:
        """Make up so many records, changed between half a year ago and yesterday."""

    def _repeat(self, count: int, days_ago: tuple[int, int], add: Callable[[], str]) -> None:
        now, (earliest, latest) = self.world.now(), days_ago
        for _ in range(count):
            at = now - int((latest + self._random.random() * (earliest - latest)) * DAY)
            with self.world.clock.at(at):
                add()

    def _create(self, model: str, values: dict[str, Any]) -> str:
        record_id = self.add(model, **values)
        self._known[model].append(record_id)
        return record_id

    def _pick(self, model: str) -> str | None:
        known = self._known[model]
        return known[int(self._random.random() * len(known))] if known else None

    def _pick_some(self, model: str, count: int) -> tuple[str, ...]:
        picked = (self._pick(model) for _ in range(count))
        return tuple(dict.fromkeys(one for one in picked if one))
