"""Chance, turns, people and links: what made-up values are drawn from."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, TypeVar

from kombo_emulator.clock import stamp
from kombo_emulator.made.words import ODD
from kombo_emulator.pools import pools
from kombo_emulator.rows import DAY

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from kombo_emulator.rows import World

T = TypeVar("T")


class Draw:
    """Draws for one integration, one record after the other.

    Attributes:
        id: The integration.
        site: Address of the integration's tool.
        known: Ids of the records made so far, by model.
        pools: Names, places and texts.
        now: When the present record comes about, in milliseconds since 1970.
        number: Number of the present record within its model, from 0.
        first: First name of the person that the present record is about.
        last: Last name of that person.
        address: Their e-mail address, up to the `@`.
    """

    def __init__(self, integration_id: str, world: World, random: Random) -> None:
        """Take names from the pools of the world's seed."""
        self.id = integration_id
        self.site = f"https://{integration_id.partition(':')[0]}.example.com"
        self.known: defaultdict[str, list[str]] = defaultdict(list)
        self.pools = pools(world.seed)
        self.now = self.number = 0
        self.first = self.last = self.address = ""
        self._world = world
        self._random = random
        self._turns: Counter[str] = Counter()
        self._bags: dict[str, list[object]] = {}

    def begin(self, model: str) -> None:
        """Turn to the next record of a model."""
        self.now, self.number = self._world.clock.millis(), self.turn(model)
        self.first, first = self.pick(self.pools.first_names)
        self.last, last = self.pick(self.pools.last_names)
        self.address = f"{first}.{last}"

    def turn(self, what: str) -> int:
        """How often this was called before."""
        self._turns[what] += 1
        return self._turns[what] - 1

    def chance(self, share: float) -> bool:
        """True in a share of the cases."""
        return self._random.random() < share

    def integer(self, end: int, start: int = 0) -> int:
        """A number below the end."""
        return start + int(self._random.random() * (end - start))

    def pick(self, options: Sequence[T]) -> T:
        """Any of the options."""
        return options[int(self._random.random() * len(options))]

    def deal(self, what: str, options: Sequence[T]) -> T:
        """One option after the other in no order, so that each comes for sure."""
        bag: list[T] = self._bags.get(what)  # type: ignore[assignment]
        if not bag:
            bag = self._random.sample(options, len(options))
            self._bags[what] = bag  # type: ignore[assignment]
        return bag.pop()

    def text(self) -> str:
        """A sentence, or now and then a text with odd characters."""
        turn = self.turn("text")
        odd = turn % 7 == 3  # noqa: PLR2004 - any share will do
        return ODD[turn // 7 % len(ODD)] if odd else self.pick(self.pools.sentences)

    def day(self, *, ago: int = 0) -> str:
        """A calendar day as the older models write it: midnight in UTC."""
        return stamp((self.now // DAY - ago) * DAY)

    def link(self, model: str) -> str | None:
        """Id of a record of a model, if there is one."""
        known = self.known[model]
        return self.pick(known) if known else None

    def links(self, model: str, count: int) -> tuple[str, ...]:
        """Ids of some records of a model."""
        picked = (self.link(model) for _ in range(count))
        return tuple(dict.fromkeys(one for one in picked if one))
