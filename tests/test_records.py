from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from tap_kombo.records import Found, Trouble, compile_cleaner, is_anonymized

TEXT = {"type": ["string", "null"]}
MOMENT = {"type": ["string", "null"], "format": "date-time"}
DAY = {"type": ["string", "null"], "format": "date"}
NUMBER = {"type": ["number", "null"]}
BOOLEAN = {"type": ["boolean", "null"]}
FREE = {"type": ["object", "null"], "additionalProperties": True}
USERS = {
    "type": ["array", "null"],
    "items": {"type": ["object", "null"], "properties": {"email": TEXT, "seen_at": MOMENT}},
}


def clean(schema: dict[str, Any], value: object) -> tuple[object, Found]:
    found: Found = Counter()
    cleaner = compile_cleaner({"type": "object", "properties": {"it": schema}}, found)
    return cleaner({"it": value})["it"], found


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (TEXT, "Zoë"),
        (TEXT, ""),
        (TEXT, None),
        (NUMBER, 1),
        (NUMBER, Decimal("1.10")),
        (BOOLEAN, False),
        (FREE, {"a": {"b": [1, None, "x"]}}),
        (FREE, {}),
        (USERS, [{"email": "a"}, None, {}]),
        (USERS, []),
        ({}, {"a": 1}),
        ({}, "x"),
        (MOMENT, "2026-11-23T10:00:00.000Z"),
        (MOMENT, "0001-01-01T00:00:00Z"),
        (DAY, "2026-11-23"),
    ],
)
def test_what_fits_stays_as_it_is(schema: dict[str, Any], value: object) -> None:
    assert clean(schema, value) == (value, Counter())


@pytest.mark.parametrize(
    ("schema", "value", "sent"),
    [
        (MOMENT, "2026-11-23T10:00:00+02:00", "2026-11-23T08:00:00Z"),
        (MOMENT, "2026-11-23T10:00:00.123456+00:00", "2026-11-23T10:00:00.123456Z"),
        (MOMENT, "2026-11-23 10:00:00", "2026-11-23T10:00:00Z"),
        (MOMENT, "2026-11-23", "2026-11-23T00:00:00Z"),
        (DAY, "2026-11-23T00:00:00.000Z", "2026-11-23"),
    ],
)
def test_other_spellings_of_a_moment_become_utc(
    schema: dict[str, Any], value: str, sent: str
) -> None:
    assert clean(schema, value) == (sent, Counter())


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (TEXT, 1),
        (TEXT, {"a": 1}),
        (NUMBER, "1"),
        (NUMBER, True),
        (BOOLEAN, "yes"),
        (BOOLEAN, 1),
        (FREE, ["a"]),
        (USERS, {"email": "a"}),
        (MOMENT, 1700000000),
    ],
)
def test_what_does_not_fit_becomes_null_and_is_counted(
    schema: dict[str, Any], value: object
) -> None:
    assert clean(schema, value) == (None, Counter({("it", Trouble.MISFIT): 1}))


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (MOMENT, "soon"),
        (MOMENT, ""),
        (MOMENT, "2026-13-01T00:00:00.000Z"),
        (MOMENT, "0001-01-01T00:00:00+14:00"),
        (MOMENT, "0000-00-00"),
        (DAY, "2026-11-23T10:00:00Z"),
        (DAY, "zz"),
    ],
)
def test_a_malformed_moment_becomes_null_and_is_counted(schema: dict[str, Any], value: str) -> None:
    assert clean(schema, value) == (None, Counter({("it", Trouble.NO_MOMENT): 1}))


@pytest.mark.parametrize(
    ("schema", "value", "sent"),
    [
        (TEXT, "a\0b", "ab"),
        (FREE, {"k\0": {"deep": ["x\0"]}}, {"k": {"deep": ["x"]}}),
        ({}, ["\0"], [""]),
    ],
)
def test_u0000_is_removed_at_any_depth(schema: dict[str, Any], value: object, sent: object) -> None:
    cleaned, found = clean(schema, value)

    assert cleaned == sent
    assert set(found) == {("it", Trouble.NUL)}


def test_troubles_name_the_path_and_are_counted() -> None:
    value = [{"email": 1, "new": 1}, {"seen_at": "x", "new": 2}, "no object"]

    cleaned, found = clean(USERS, value)

    assert cleaned == [{"email": None}, {"seen_at": None}, None]
    assert found == {
        ("it[].email", Trouble.MISFIT): 1,
        ("it[].new", Trouble.UNDECLARED): 2,
        ("it[].seen_at", Trouble.NO_MOMENT): 1,
        ("it[]", Trouble.MISFIT): 1,
    }


TOMBSTONE = {"id": "1", "integration_id": "a", "remote_deleted_at": "2026-11-23T10:00:00.000Z"}


@pytest.mark.parametrize(
    ("record", "anonymized"),
    [
        (TOMBSTONE | {"changed_at": "2026-11-23T10:00:00.000Z", "title": None}, True),
        (TOMBSTONE | {"changed_at": None, "title": None, "users": [], "location": {}}, True),
        (TOMBSTONE | {"title": "Interview"}, False),
        (TOMBSTONE | {"remote_deleted_at": None, "title": None}, False),
    ],
)
def test_a_blanked_tombstone_is_recognised(record: dict[str, Any], *, anonymized: bool) -> None:
    assert is_anonymized(record) is anonymized
