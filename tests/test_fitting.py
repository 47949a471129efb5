"""The fast check against the cleaner: what it lets pass, the cleaner leaves unchanged."""

from __future__ import annotations

import calendar
import copy
import functools
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kombo_emulator import Emulator
from tap_kombo.api.endpoints import ENDPOINTS
from tap_kombo.fitting import compile_fits
from tap_kombo.records import compile_cleaner
from tap_kombo.schemas import load_schema

if TYPE_CHECKING:
    from collections.abc import Callable

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "at": {"type": ["string", "null"], "format": "date-time"},
        "day": {"type": ["string", "null"], "format": "date"},
        "count": {"type": ["integer", "null"]},
        "share": {"type": ["number", "null"]},
        "yes": {"type": ["boolean", "null"]},
        "free": {"type": ["object", "null"], "additionalProperties": True},
        "any": {"type": ["string", "number", "object", "null"]},
        "texts": {"type": ["array", "null"], "items": {"type": ["string", "null"]}},
        "inner": {
            "type": ["object", "null"],
            "properties": {"id": {"type": ["string", "null"]}, "at": {"type": "integer"}},
        },
    },
}
FITS = compile_fits(SCHEMA, "test")
MOMENTS = st.datetimes().map(lambda one: f"{one.isoformat()}Z") | st.from_regex(
    r"\A[0-9]{4}-[0-3][0-9]-[0-3][0-9](T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\.[0-9]{1,7})?(Z|\+00:00)?)?\Z"
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\0"), max_size=5)
    | MOMENTS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "at", "x"]), inner)
    ),
    max_leaves=4,
)
RECORDS = st.fixed_dictionaries(
    {"id": st.just("1")},
    optional={name: VALUES for name in [*SCHEMA["properties"], "unknown"] if name != "id"},
)


def cleaned(record: dict[str, Any]) -> tuple[dict[str, Any], Counter[Any]]:
    found: Counter[Any] = Counter()
    return compile_cleaner(SCHEMA, found)(copy.deepcopy(record)), found


@given(record=RECORDS)
def test_what_passes_needs_no_cleaning(record: dict[str, Any]) -> None:
    if FITS([record]):
        assert cleaned(record) == (record, Counter())


@given(
    record=st.fixed_dictionaries(
        {"id": st.text(min_size=1)},
        optional={
            "at": st.none() | st.just("2026-11-23T10:00:00.000Z"),
            "day": st.none() | st.just("2026-11-23"),
            "count": st.none() | st.integers(-(2**63), 2**63),
            "share": st.none() | st.integers(-(2**63), 2**63) | st.just(Decimal("1.10")),
            "yes": st.none() | st.booleans(),
            "free": st.none() | st.dictionaries(st.text(), VALUES),
            "any": VALUES,
            "texts": st.none() | st.lists(st.none() | st.text()),
            "inner": st.none() | st.fixed_dictionaries({}, optional={"at": st.integers(0, 9)}),
        },
    )
)
def test_a_usual_record_passes(record: dict[str, Any]) -> None:
    assert FITS([record])


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"id": None},
        {"id": ""},
        {"id": 1},
        {"id": "1", "unknown": None},
        {"id": "1", "inner": {"unknown": None}},
        {"id": "1", "count": True},
        {"id": "1", "count": Decimal(1)},
        {"id": "1", "share": "1"},
        {"id": "1", "yes": 1},
        {"id": "1", "free": []},
        {"id": "1", "texts": [1]},
        {"id": "1", "at": "2026-02-30T10:00:00Z"},
        {"id": "1", "at": "2026-11-23T10:00:00+00:00"},
        {"id": "1", "at": "2026-11-23T10:00:00Z\n"},
        {"id": "1", "at": "٢٠٢٦-11-23T10:00:00Z"},
        {"id": "1", "day": "0000-01-01"},
        {"id": "1", "day": "2026-11-23T00:00:00Z"},
    ],
)
def test_a_page_with_one_odd_record_is_cleaned(wrong: dict[str, Any]) -> None:
    assert not FITS([{"id": "1"}, wrong])


def test_leap_days_are_days() -> None:
    passed = [year for year in range(10_000) if FITS([{"id": "1", "day": f"{year:04}-02-29"}])]
    assert passed == [year for year in range(1, 10_000) if calendar.isleap(year)]


@functools.cache
def emulated() -> dict[str, list[dict[str, Any]]]:
    emulator = Emulator()
    return {
        name: records
        for category in ("ATS", "HRIS", "LMS", "ASSESSMENT")
        for integration in [emulator.add_integration(category, category)]
        for name in [one.model for one in ENDPOINTS if one.model and one.category == category]
        if (records := integration.records(name))
    }


@pytest.mark.parametrize(
    "endpoint", [one for one in ENDPOINTS if one.model], ids=lambda one: one.name
)
def test_every_list_of_the_emulator_passes(endpoint: Any) -> None:  # noqa: ANN401
    """Else the fast way would be a way that nobody takes."""
    fits: Callable[[list[dict[str, Any]]], bool]
    fits = compile_fits(load_schema(endpoint.name), endpoint.name)
    sent = msgspec.json.Decoder(float_hook=Decimal).decode(
        msgspec.json.encode(emulated()[endpoint.model])
    )
    assert fits(sent)
