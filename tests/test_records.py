"""How records become fit to store."""

from __future__ import annotations

import copy
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from support import each

from tap_kombo.api.answers import Page
from tap_kombo.api.mending import UNSTORABLE
from tap_kombo.records import (
    DEEPEST,
    LARGEST,
    Fitter,
    Found,
    Trouble,
    compile_cleaner,
    is_anonymized,
)
from tap_kombo.selection import compile_edits, deselected_paths

TEXT = {"type": ["string", "null"]}
MOMENT = {"type": ["string", "null"], "format": "date-time"}
DAY = {"type": ["string", "null"], "format": "date"}
NUMBER = {"type": ["number", "null"]}
INTEGER = {"type": ["integer", "null"]}
BOOLEAN = {"type": ["boolean", "null"]}
FREE = {"type": ["object", "null"], "additionalProperties": True}
INNER = {"type": ["object", "null"], "properties": {"id": TEXT, "at": INTEGER}}
USERS = {
    "type": ["array", "null"],
    "items": {"type": ["object", "null"], "properties": {"email": TEXT, "seen_at": MOMENT}},
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "at": MOMENT,
        "day": DAY,
        "count": INTEGER,
        "share": NUMBER,
        "yes": BOOLEAN,
        "free": FREE,
        "any": {"type": ["string", "number", "object", "null"]},
        "texts": {"type": ["array", "null"], "items": TEXT},
        "inner": INNER,
        "integration_id": {"type": "string"},
    },
}


def clean(schema: dict[str, Any], value: object) -> tuple[object, Found]:
    found: Found = Counter()
    cleaner = compile_cleaner({"type": "object", "properties": {"it": schema}}, found)
    return cleaner({"it": value})["it"], found


def nested(levels: int, inner: object = 1) -> Any:  # noqa: ANN401
    for level in range(levels):
        inner = {"a": inner} if level % 2 else [inner]
    return {"a": inner}


# --- values


def test_what_fits_stays_as_it_is() -> None:
    values: list[tuple[dict[str, Any], object]] = [
        *((TEXT, one) for one in ("Zoë", "", None)),
        *((NUMBER, one) for one in (1, Decimal("1.10"))),
        (BOOLEAN, False),
        *((FREE, one) for one in ({"a": {"b": [1, None, "x"]}}, {}, nested(DEEPEST - 1))),
        *((USERS, one) for one in ([{"email": "a"}, {}], [])),
        *(({}, one) for one in ({"a": 1}, "x")),
        *((MOMENT, one) for one in ("2026-11-23T10:00:00.000Z", "0001-01-01T00:00:00Z")),
        (DAY, "2026-11-23"),
    ]

    cleaned = [clean(schema, copy.deepcopy(value)) for schema, value in values]
    assert cleaned == [(value, Counter()) for _, value in values]


@each(
    (MOMENT, "2026-11-23T10:00:00+02:00", "2026-11-23T08:00:00Z"),
    (MOMENT, "2026-11-23T10:00:00.123456+00:00", "2026-11-23T10:00:00.123456Z"),
    (MOMENT, "2026-11-23 10:00:00", "2026-11-23T10:00:00Z"),
    (MOMENT, "2026-11-23", "2026-11-23T00:00:00Z"),
    (DAY, "2026-11-23T00:00:00.000Z", "2026-11-23"),
)
def test_other_spellings_of_a_moment_become_utc(
    schema: dict[str, Any], value: str, sent: str
) -> None:
    assert clean(schema, value) == (sent, Counter())


@each(
    (True, "true"),
    (False, "false"),
    (0, "0"),
    (-(2**70), "-1180591620717411303424"),
    (Decimal("4.50"), "4.50"),
    (Decimal("1e30"), "1E+30"),
)
def test_a_scalar_where_a_text_is_declared_becomes_text(value: object, text: str) -> None:
    assert clean(TEXT, value) == (text, Counter())


@each((Decimal("2.0"), 2), (2.0, 2), (Decimal(-LARGEST), -LARGEST))
def test_a_whole_number_is_one_however_it_is_written(value: object, number: int) -> None:
    assert clean(INTEGER, value) == (number, Counter())


NOT_STORABLE: dict[str, tuple[Trouble, list[tuple[dict[str, Any], object]]]] = {
    "another type": (
        Trouble.MISFIT,
        [
            *((TEXT, one) for one in ({"a": 1}, ["a"])),
            *((NUMBER, one) for one in ("1", True)),
            *((INTEGER, one) for one in (Decimal("1.5"), 1e300, LARGEST + 1, True, "1")),
            *((BOOLEAN, one) for one in ("yes", 1)),
            *((one, ["a"]) for one in (FREE, INNER)),
            (USERS, {"email": "a"}),
            (MOMENT, 1700000000),
        ],
    ),
    "a number beyond all exponents": (
        Trouble.MISFIT,
        [
            (one, UNSTORABLE)
            for one in (TEXT, MOMENT, DAY, NUMBER, INTEGER, BOOLEAN, FREE, INNER, USERS, {})
        ],
    ),
    "no moment": (
        Trouble.NO_MOMENT,
        [
            *((MOMENT, one) for one in ("soon", "", "2026-13-01T00:00:00.000Z", "0000-00-00")),
            (MOMENT, "0001-01-01T00:00:00+14:00"),
            *((DAY, one) for one in ("2026-11-23T10:00:00Z", "zz")),
        ],
    ),
    "too deep": (
        Trouble.DEEP,
        [(FREE, nested(DEEPEST)), (FREE, nested(5_000)), ({}, nested(DEEPEST))],
    ),
}


@each(*NOT_STORABLE)
def test_what_cannot_be_stored_becomes_null_and_is_counted(kind: str) -> None:
    trouble, values = NOT_STORABLE[kind]
    for schema, value in values:
        sent = clean(schema, value)

        assert sent == (None, Counter({("it", trouble): 1})), (schema, ascii(value)[:40])


@each(
    (TEXT, "a\0b", "ab", Trouble.NUL),
    (FREE, {"k\0": {"deep": ["x\0"]}}, {"k": {"deep": ["x"]}}, Trouble.NUL),
    ({}, ["\0"], [""], Trouble.NUL),
    (TEXT, "Anna \ufffd", "Anna \ufffd", Trouble.BROKEN),
    (FREE, {"k": {"deep": ["x\ufffd"]}}, {"k": {"deep": ["x\ufffd"]}}, Trouble.BROKEN),
    (FREE, {"k\ufffd": 1}, {"k\ufffd": 1}, Trouble.BROKEN),
    (FREE, {"a": [UNSTORABLE, 1]}, {"a": [None, 1]}, Trouble.MISFIT),
    ({}, [{"a": UNSTORABLE}], [{"a": None}], Trouble.MISFIT),
)
def test_what_is_broken_is_mended_at_any_depth_and_counted(
    schema: dict[str, Any], value: object, sent: object, trouble: Trouble
) -> None:
    cleaned, found = clean(schema, value)

    assert cleaned == sent
    assert set(found) == {("it", trouble)}


def test_troubles_name_the_path_and_are_counted() -> None:
    value = [{"email": [], "new": 1}, {"seen_at": "x", "new": 2}, "no object", None]

    cleaned, found = clean(USERS, value)

    assert cleaned == [{"email": None}, {"seen_at": None}]
    assert found == {
        ("it[].email", Trouble.MISFIT): 1,
        ("it[].new", Trouble.UNDECLARED): 2,
        ("it[].seen_at", Trouble.NO_MOMENT): 1,
        ("it[]", Trouble.MISFIT): 1,
        ("it[]", Trouble.GAP): 2,
    }


# --- pages


def fitter() -> Fitter:
    return Fitter(SCHEMA, "test")


@pytest.mark.parametrize("suspect", [False, True])
def test_each_record_is_given_its_integration(*, suspect: bool) -> None:
    page = Page([{"id": "1", "count": 1}, {"id": "2"}], suspect=suspect)

    assert fitter().fit(page, "a") == [
        {"id": "1", "count": 1, "integration_id": "a"},
        {"id": "2", "integration_id": "a"},
    ]


@each({"id": "1", "count": "x"}, {"id": "1", "count": "a\0"})
def test_a_page_is_cleaned_wherever_something_does_not_fit(record: dict[str, Any]) -> None:
    made = fitter()

    assert made.fit(Page([{"id": "0", "count": 7}, record]), "a") == [
        {"id": "0", "count": 7, "integration_id": "a"},
        {"id": "1", "count": None, "integration_id": "a"},
    ]
    assert made.troubles == {("count", Trouble.MISFIT): 1}


def test_a_suspect_page_is_cleaned_though_every_type_fits() -> None:
    made = fitter()

    [record] = made.fit(Page([{"id": "1\0", "texts": ["a\0b", "\ufffd"]}], suspect=True), "a")
    assert record == {"id": "1", "texts": ["ab", "\ufffd"], "integration_id": "a"}
    assert made.troubles == {
        ("id", Trouble.NUL): 1,
        ("texts[]", Trouble.NUL): 1,
        ("texts[]", Trouble.BROKEN): 1,
    }


@pytest.mark.parametrize(
    ("suspect", "keys"),
    [
        (False, [None, "", 7, ["1"], UNSTORABLE]),
        # another record may have come to the same as `a` and U+FFFD
        (True, [None, "", 7, ["1"], UNSTORABLE, "\0", "a\ufffd"]),
    ],
)
def test_a_record_without_a_key_is_left_out_and_counted(
    keys: list[object], *, suspect: bool
) -> None:
    for key in keys:
        made = fitter()
        page = Page([{"id": "1"}, {"id": key}, {"count": 1}, {"id": "2"}], suspect=suspect)

        assert [record["id"] for record in made.fit(page, "a")] == ["1", "2"], key
        assert made.troubles == {("id", Trouble.KEYLESS): 2}, key


@pytest.mark.parametrize("neighbours", [[], [{"id": "1"}], [{"id": "1", "unknown": 1}]], ids=str)
@pytest.mark.parametrize("key", [None, "", 7, "a\ufffd", "\ufffd", "\ufffda", "a\ufffd\n"])
def test_a_key_is_one_or_none_whatever_else_is_on_the_page(
    key: object, neighbours: list[dict[str, Any]]
) -> None:
    made = fitter()

    kept = made.fit(Page([{"id": key}, *copy.deepcopy(neighbours)]), "a")

    assert [record["id"] for record in kept] == ["1"] * len(neighbours)
    assert made.troubles["id", Trouble.KEYLESS] == 1


@pytest.mark.parametrize("suspect", [False, True])
@pytest.mark.parametrize("key", ["1", " ", "a\n", "\n", "\u00e9", "\U0001f600"])
def test_any_other_text_is_a_key(key: str, *, suspect: bool) -> None:
    assert fitter().fit(Page([{"id": key}], suspect=suspect), "a") != []


def test_deselected_columns_are_left_out_after_all_were_looked_at() -> None:
    selected = {("properties", "count"): False, ("properties", "inner", "properties", "id"): False}

    [record] = fitter().fit(Page([{"id": "1", "count": 1, "inner": {"id": "x", "at": 1}}]), "a")
    assert record["count"] == 1
    compile_edits(dict.fromkeys(deselected_paths(selected)))([record])
    assert record == {"id": "1", "inner": {"at": 1}, "integration_id": "a"}


TOMBSTONE = {"id": "1", "integration_id": "a", "remote_deleted_at": "2026-11-23T10:00:00.000Z"}


@each(
    TOMBSTONE | {"changed_at": "2026-11-23T10:00:00.000Z", "title": None},
    TOMBSTONE | {"changed_at": None, "title": None, "users": [], "location": {}},
    TOMBSTONE | {"interviews": [{"id": "2", "title": "Talk"}], "job": {"id": "3"}},
    TOMBSTONE | {"address": {"city": None, "lines": [None]}},
)
def test_a_blanked_tombstone_is_recognised(record: dict[str, Any]) -> None:
    assert is_anonymized(record) is True


@each(
    TOMBSTONE | {"address": {"city": "Bonn", "lines": []}},
    TOMBSTONE | {"title": "Interview"},
    TOMBSTONE | {"remote_deleted_at": None, "title": None},
)
def test_no_other_record_counts_as_blanked(record: dict[str, Any]) -> None:
    assert is_anonymized(record) is False
