"""Names, places and texts to draw from; Faker makes them once per seed."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from faker import Faker

_NAMES = 250
_PLACES = 60


@dataclass(frozen=True)
class Pools:
    """What records are made of. Names come with the form they take in an e-mail address."""

    first_names: list[tuple[str, str]]
    last_names: list[tuple[str, str]]
    companies: list[str]
    titles: list[str]
    sentences: list[str]
    phones: list[str]
    places: list[dict[str, Any]]


@lru_cache(maxsize=8)
def pools(seed: int) -> Pools:
    """Make the pools of a seed."""
    faker = Faker("de_DE")
    faker.seed_instance(seed)
    return Pools(
        first_names=[_with_ascii(faker.first_name()) for _ in range(_NAMES)],
        last_names=[_with_ascii(faker.last_name()) for _ in range(_NAMES)],
        companies=[faker.company() for _ in range(_PLACES)],
        titles=[faker.job() for _ in range(_PLACES)],
        sentences=[faker.sentence() for _ in range(_PLACES)],
        phones=[f"+49 30 {faker.random_number(7, fix_len=True)}" for _ in range(_PLACES)],
        places=[_with_gaps(at, _place(faker)) for at in range(_PLACES)],
    )


def _place(faker: Faker) -> dict[str, Any]:
    city, street = faker.city_name(), faker.street_address()
    return {
        "city": city,
        "country": "DE",
        "raw": f"{street}, {city}",
        "state": faker.administrative_unit() if faker.boolean() else None,
        "street_1": street,
        "street_2": None,
        "zip_code": faker.postcode(),
    }


def _with_gaps(number: int, place: dict[str, Any]) -> dict[str, Any]:
    """A place of which something may be unknown."""
    if number % 5 == 0:
        place["street_2"] = "2nd floor"
    unknown = number % 10
    return place | {name: None for at, name in enumerate(place) if at == unknown}


def _with_ascii(name: str) -> tuple[str, str]:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return name, "".join(filter(str.isalnum, plain)).lower() or "x"
