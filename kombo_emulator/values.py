"""What the made-up properties of all categories have in common: chance, turns and people."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, TypeVar

from kombo_emulator.clock import stamp
from kombo_emulator.pools import pools
from kombo_emulator.rows import DAY, derive_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from kombo_emulator.rows import World

T = TypeVar("T")
Values = dict[str, Any]

_ANYTHING = ("Blue", 38, 1.5, True, {"code": 7, "name": "Growth"}, ["A", "B"], None)
"""A value of each JSON type, as the fields of a tool may hold."""


class MadeUp:
    """Draws the own properties of one record after the other. A category adds its models.

    What comes by turns comes for sure, however few records there are.
    """

    def __init__(self, integration_id: str, world: World, random: Random) -> None:
        """Take names from the pools of the world's seed."""
        self._id = integration_id
        self._site = f"https://{integration_id.partition(':')[0]}.example.com"
        self._world = world
        self._random = random
        self._pools = pools(world.seed)
        self._turns: Counter[str] = Counter()

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def _one(self, options: Sequence[T]) -> T:
        return options[int(self._random.random() * len(options))]

    def _number(self, end: int, start: int = 0) -> int:
        return start + int(self._random.random() * (end - start))

    def _turn(self, what: str, options: Sequence[T]) -> T:
        """One option after the other, again and again."""
        self._turns[what] += 1
        return options[(self._turns[what] - 1) % len(options)]

    def _mostly(self, what: str, value: T, *, every: int = 5) -> T | None:
        """The value, but null each n-th time."""
        self._turns[what] += 1
        return None if self._turns[what] % every == 0 else value

    def _person(self, domain: str) -> tuple[str, str, str]:
        first, plain_first = self._one(self._pools.first_names)
        last, plain_last = self._one(self._pools.last_names)
        return first, last, f"{plain_first}.{plain_last}@{domain}"

    def _day(self, *, ago: int = 0) -> str:
        """A calendar day as the older models write it: midnight in UTC."""
        return stamp((self._world.now() // DAY - ago) * DAY)

    def _remote_times(self) -> Values:
        now = stamp(self._world.now())
        updated = now if self._chance(0.8) else None
        return {"remote_created_at": now, "remote_updated_at": updated}

    def _integration_field(self, model: str, key: str, value: object) -> Values:
        return {
            "id": derive_id(self._id, "integration_fields", model, key),
            "key": key,
            "type": "CUSTOM",
            "label": key.replace("_", " ").capitalize(),
            "value": value,
        }

    def _extra_fields(self, model: str, key: str) -> Values:
        """Custom fields and integration fields, of every JSON type in turn, or none of them."""
        value = self._turn(f"{model} value", _ANYTHING)
        custom = self._turn(f"{model} custom", ({key: value}, {}, None))
        passed_through = [self._integration_field(model, key, value)]
        return {
            "custom_fields": custom,
            "integration_fields": self._turn(f"{model} fields", (passed_through, [])),
        }
