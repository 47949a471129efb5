"""Chance, turns, people and links: what made-up values are drawn from."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from faker import Faker

from kombo_emulator.clock import stamp
from kombo_emulator.made.words import ODD
from kombo_emulator.rows import DAY

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from kombo_emulator.rows import World

T = TypeVar("T")


class Pools:
    """What records are made of. Names come with the form they take in an e-mail address."""

    def __init__(self, seed: int) -> None:
        """Let Faker make the names, places and texts of a seed."""
        faker = Faker("de_DE")
        faker.seed_instance(seed)
        self.first_names = [_with_ascii(faker.first_name()) for _ in range(250)]
        self.last_names = [_with_ascii(faker.last_name()) for _ in range(250)]
        self.companies = [faker.company() for _ in range(60)]
        self.sentences = [faker.sentence() for _ in range(60)]
        self.phones = [f"+49 30 {faker.random_number(7, fix_len=True)}" for _ in range(60)]
        self.places = [_place(faker, number) for number in range(60)]


pools = lru_cache(maxsize=8)(Pools)
"""The pools of a seed, made once."""


def _place(faker: Faker, number: int) -> dict[str, Any]:
    """A place of which something may be unknown."""
    city, street = faker.city_name(), faker.street_address()
    place = {
        "city": city,
        "country": "DE",
        "raw": f"{street}, {city}",
        "state": faker.administrative_unit() if faker.boolean() else None,
        "street_1": street,
        "street_2": None if number % 5 else "2nd floor",
        "zip_code": faker.postcode(),
    }
    return {name: None if at == number % 10 else place[name] for at, name in enumerate(place)}


def _with_ascii(name: str) -> tuple[str, str]:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return name, "".join(filter(str.isalnum, plain)).lower() or "x"


class Draw:
    """Draws for one integration, one record after the other."""

    def __init__(self, integration_id: str, world: World, random: Random) -> None:
        """Take names from the pools of the world's seed."""
        self.id = integration_id
        self.site = f"https://{integration_id.partition(':')[0]}.example.com"  # of its tool
        self.known: defaultdict[str, list[str]] = defaultdict(list)  # ids made so far, by model
        self.pools = pools(world.seed)
        self.now = 0  # when the present record comes about, in milliseconds since 1970
        self.model, self.number = "", 0  # its model, and its number within that
        self.first = self.last = ""  # names of the person that it is about
        self.address = ""  # their e-mail address, up to the `@`
        self._clock = world.clock
        self._random = random
        self._turns: Counter[str] = Counter()
        self._bags: defaultdict[str, list[Any]] = defaultdict(list)

    def begin(self, model: str) -> None:
        """Turn to the next record of a model."""
        self.model, self.number = model, self.turn(model)
        self.now = self._clock.millis()
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
        bag: list[T] = self._bags[what]
        if not bag:
            bag += self._random.sample(options, len(options))
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
