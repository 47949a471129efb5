"""The fast way of `tap_kombo.records` against the slow one, and the selection of columns."""

from __future__ import annotations

import calendar
import copy
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from singer_sdk.helpers._catalog import pop_deselected_record_properties
from singer_sdk.singerlib import SelectionMask
from singer_sdk.typing import DEFAULT_JSONSCHEMA_VALIDATOR
from support import only
from test_records import SCHEMA, fitter, nested

from kombo_emulator import Emulator
from tap_kombo.api.answers import Page
from tap_kombo.api.endpoints import ENDPOINTS
from tap_kombo.records import DEEPEST, LARGEST, compile_fits
from tap_kombo.schemas import load_schema
from tap_kombo.selection import compile_edits, deselected_paths

if TYPE_CHECKING:
    from support import Kombo

CATEGORIES = ("ATS", "HRIS", "LMS", "ASSESSMENT")
FITS = compile_fits(SCHEMA, "test")
MOMENTS = st.datetimes().map(lambda one: f"{one.isoformat()}Z") | st.from_regex(
    r"\A[0-9]{4}-[0-3][0-9]-[0-3][0-9](T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\.[0-9]{1,7})?(Z|\+00:00)?)?\Z"
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\0\ufffd"), max_size=5)
    | MOMENTS
    | st.integers(DEEPEST - 3, DEEPEST + 3).map(nested),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "at", "x"]), inner)
    ),
    max_leaves=4,
)
RECORDS = st.fixed_dictionaries(
    {},
    optional={"id": st.sampled_from(["1", "a\ufffd"]) | VALUES}
    | {name: VALUES for name in [*SCHEMA["properties"], "unknown"] if name != "id"},
)


TOLD = ": not of the declared type, sent as null."


@pytest.mark.parametrize(
    ("column", "expression", "value"),
    [
        ("made", "1", "1"),
        ("made", "canceled is None", "false"),
        ("made", "float(1) / 4", 0.25),
        ("made", "int(8) / 2", 4),
        ("made", "int(9) / 2", None),
        ("made", "int('9' * 30)", None),
        ("made", "float('nan')", None),
        ("made", "application['job']", None),
        ("made", "[1, 2]", None),
        ("made", "datetime.date(2026, 1, 2)", "2026-01-02"),
        ("made", "datetime.datetime(2026, 1, 2, 3)", "2026-01-02T03:00:00Z"),
        ("made", "None", None),
        ("starting_at", "'2026-01-02'[:10] or self", "2026-01-02T00:00:00Z"),
        ("users", "[1]", []),
        ("users", "({'id': '1'},)", [{"id": "1"}]),
        ("canceled", "bool(1)", True),
        ("title", "application['job']", None),
    ],
)
@pytest.mark.parametrize("stream_map", ["interviews", "talks"])
def test_what_an_expression_makes_fits_its_schema(
    kombo: Kombo,
    caplog: pytest.LogCaptureFixture,
    stream_map: str,
    column: str,
    expression: str,
    value: object,
) -> None:
    """The SDK declares most of it as text, and a loader ends at a record that does not fit."""
    kombo.emulator.add_integration("tool:any", "ATS", only(interviews=2, applications=2, jobs=1))
    more = {} if stream_map == "interviews" else {"__source__": "interviews"}

    sent = kombo.run("tool:any", stream_maps={stream_map: {**more, column: expression}})

    [schema] = [
        one["schema"]
        for one in sent.messages
        if (one["type"], one.get("stream")) == ("SCHEMA", stream_map)
    ]
    records = sent.records(stream_map)
    assert len(records) == 2
    for record in msgspec.json.decode(msgspec.json.encode(records)):
        DEFAULT_JSONSCHEMA_VALIDATOR(schema).validate(record)
        assert record[column] == value
    odd = value in (None, []) and expression != "None"
    assert (TOLD in caplog.text) is odd


def test_what_flattening_makes_of_an_object_of_an_expression_fits(kombo: Kombo) -> None:
    kombo.emulator.add_integration("tool:any", "ATS", only(interviews=1))
    made = "{'id': 5, 'candidate': {'id': [1]}}"

    sent = kombo.run(
        "tool:any",
        stream_maps={"interviews": {"application": made, "users": "__NULL__"}},
        flattening_enabled=True,
        flattening_max_depth=2,
    )

    [schema] = [one["schema"] for one in sent.messages if one["type"] == "SCHEMA"]
    [record] = sent.records()
    DEFAULT_JSONSCHEMA_VALIDATOR(schema).validate(record)
    assert record["application__id"] == "5"
    assert record["title"]


@given(record=RECORDS)
def test_what_passes_the_fast_way_needs_no_cleaning(record: dict[str, Any]) -> None:
    """Else what is sent would depend on which other records are on the page."""
    slow = fitter()
    if FITS([record]):
        cleaned = slow.fit(Page([copy.deepcopy(record)], suspect=True), "a")
        assert (cleaned, slow.troubles) == ([record | {"integration_id": "a"}], Counter())


@given(
    record=st.fixed_dictionaries(
        {"id": st.text(st.characters(exclude_characters="\ufffd"), min_size=1)},
        optional={
            "at": st.none() | st.just("2026-11-23T10:00:00.000Z"),
            "day": st.none() | st.just("2026-11-23"),
            "count": st.none() | st.integers(-LARGEST, LARGEST),
            "share": st.none() | st.integers(-(2**63), 2**63) | st.just(Decimal("1.10")),
            "yes": st.none() | st.booleans(),
            "free": st.none() | st.dictionaries(st.text(), st.text() | st.lists(st.none())),
            "any": st.none() | st.text() | st.integers() | st.just(nested(DEEPEST - 1)),
            "texts": st.none() | st.lists(st.text()),
            "inner": st.none() | st.fixed_dictionaries({}, optional={"at": st.integers(0, 9)}),
        },
    )
)
def test_a_usual_record_passes(record: dict[str, Any]) -> None:
    assert FITS([record])


def test_a_page_with_one_odd_record_is_cleaned() -> None:
    odd: list[dict[str, Any]] = [
        *({}, {"id": None}, {"id": ""}, {"id": 1}, {"id": "a\ufffd"}),
        {"id": "1", "unknown": None},
        {"id": "1", "inner": {"unknown": None}},
        *({"id": "1", "count": one} for one in (True, Decimal(1), LARGEST + 1)),
        {"id": "1", "share": "1"},
        {"id": "1", "yes": 1},
        {"id": "1", "free": []},
        {"id": "1", "free": nested(DEEPEST)},
        {"id": "1", "any": nested(5_000)},
        {"id": "1", "texts": [1]},
        *({"id": "1", "at": f"2026-{one}"} for one in ("02-30T10:00:00Z", "11-23T10:00:00Z\n")),
        {"id": "1", "at": "2026-11-23T10:00:00+00:00"},
        {"id": "1", "at": "٢٠٢٦-11-23T10:00:00Z"},
        *({"id": "1", "day": one} for one in ("0000-01-01", "2026-11-23T00:00:00Z")),
    ]

    assert [ascii(one)[:80] for one in odd if FITS([{"id": "1"}, one])] == []


def test_leap_days_are_days() -> None:
    passed = [year for year in range(10_000) if FITS([{"id": "1", "day": f"{year:04}-02-29"}])]
    assert passed == [year for year in range(1, 10_000) if calendar.isleap(year)]


def test_nearly_every_list_of_the_emulator_passes() -> None:
    """Else the fast way would be a way that nobody takes; two hold what has to become text."""
    emulator, exact = Emulator(), msgspec.json.Decoder(float_hook=Decimal)
    integrations = {one: emulator.add_integration(one, one) for one in CATEGORIES}
    lists = {
        one.name: integrations[one.category].records(one.model) for one in ENDPOINTS if one.model
    }

    assert [name for name, records in lists.items() if not records] == []
    assert [
        name
        for name, records in lists.items()
        if not compile_fits(load_schema(name), name)(exact.decode(msgspec.json.encode(records)))
    ] == ["jobs", "hris_performance_reviews"]


# --- selection


NAMES = st.sampled_from("abc")
PATHS = st.lists(NAMES, max_size=3).map(
    lambda names: tuple(part for name in names for part in ("properties", name))
)
INSIDE_LISTS = st.just(("properties", "a", "items", "properties", "b"))
TREES = st.recursive(
    st.none() | st.integers(0, 9),
    lambda inner: st.dictionaries(NAMES, inner) | st.lists(inner, max_size=2),
    max_leaves=12,
)


@given(
    records=st.lists(st.dictionaries(NAMES, TREES), max_size=3),
    selected=st.dictionaries(PATHS | INSIDE_LISTS, st.booleans()),
)
def test_what_the_sdk_takes_out_is_taken_out(
    records: list[dict[str, Any]], selected: dict[tuple[str, ...], bool]
) -> None:
    """Holds the private walk of the SDK, which `KomboStream` does not need any more."""
    expected = copy.deepcopy(records)
    for record in expected:
        pop_deselected_record_properties(record, {}, SelectionMask(selected | {(): True}))

    compile_edits(dict.fromkeys(deselected_paths(selected)))(records)

    assert records == expected
