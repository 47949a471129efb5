"""What a bookmark answers, and when more is asked for."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from tap_kombo.replication.question import Question, fingerprint

PLAIN = Question(
    filters={},
    ignore_unsupported_filters=False,
    include_deleted=False,
    anonymized_records="emit",
    start_date=None,
    deselected=(),
    columns="c1",
    maps="",
)
EARLY, LATE = "2025-01-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z"
GROWN = [
    ("filters", {"job_ids": "1"}, {}),
    ("filters", {"job_ids": "1"}, {"job_ids": "2"}),
    ("filters", {"job_ids": "1"}, {"ids": "1"}),
    ("filters", {"job_ids": "1", "ids": "1"}, {"job_ids": "1"}),
    ("ignore_unsupported_filters", False, True),
    ("include_deleted", False, True),
    ("anonymized_records", "skip", "emit"),
    ("start_date", LATE, EARLY),
    ("start_date", LATE, None),
    ("deselected", ("title",), ()),
    ("deselected", ("title",), ("users",)),
    ("deselected", ("location", "title"), ("location.city", "title")),
    ("deselected", ("title_de",), ("title",)),
    ("columns", "c1", "c2"),
    ("maps", "", "m1"),
    ("maps", "m1", ""),
    ("maps", "m1", "m2"),
]
SHRUNK = [
    ("filters", {}, {"job_ids": "1"}),
    ("filters", {"job_ids": "1"}, {"job_ids": "1", "ids": "1"}),
    ("ignore_unsupported_filters", True, False),
    ("include_deleted", True, False),
    ("anonymized_records", "emit", "skip"),
    ("start_date", EARLY, LATE),
    ("start_date", None, LATE),
    ("deselected", (), ("title",)),
    ("deselected", ("title",), ("location", "title")),
    ("deselected", ("location.city",), ("location",)),
]
FULL: dict[str, Any] = {
    "filters": {"job_ids": "1"},
    "ignore_unsupported_filters": True,
    "include_deleted": True,
    "anonymized_records": "skip",
    "start_date": LATE,
    "deselected": ("title",),
    "columns": "c1",
    "maps": "m1",
}


def remembered(question: Question) -> Any:  # noqa: ANN401
    """As a later run finds it in the state."""
    return json.loads(json.dumps(question.parts))


def asked(name: str, value: Any) -> Question:  # noqa: ANN401
    return replace(PLAIN, **{name: value})


def grown(name: str, before: object, now: object) -> list[str]:
    return asked(name, now).grown_since(remembered(asked(name, before)))


def test_what_asks_for_more_is_named() -> None:
    assert [(*one, grown(*one)) for one in GROWN] == [(*one, [one[0]]) for one in GROWN]


def test_what_asks_for_less_needs_no_full_pass() -> None:
    assert [one for one in SHRUNK if grown(*one)] == []


def test_the_same_question_has_not_grown() -> None:
    for question in (PLAIN, replace(PLAIN, **FULL)):
        assert question.grown_since(remembered(question)) == []


def test_all_that_has_grown_is_named() -> None:
    before = replace(
        PLAIN, **FULL | {"ignore_unsupported_filters": False, "include_deleted": False}
    )
    now = replace(PLAIN, include_deleted=True, ignore_unsupported_filters=True, columns="c2")

    assert now.grown_since(remembered(before)) == list(FULL)


def test_another_question_has_another_name() -> None:
    assert [
        (name, before, now)
        for name, before, now in GROWN + SHRUNK
        if asked(name, before).id == asked(name, now).id
    ] == []


def test_the_name_of_a_question_is_short_and_the_same_in_every_run() -> None:
    """Else every bookmark would be read in full after an update."""
    assert replace(PLAIN, **FULL).id == "cdc5d6eb2693db70"
    assert PLAIN.id == fingerprint({"anonymized_records": "emit", "columns": "c1"})


def test_the_order_of_columns_and_filters_does_not_matter() -> None:
    one, other = (
        replace(PLAIN, deselected=order, filters=dict.fromkeys(order, "1"))
        for order in (("a", "b.c"), ("b.c", "a"))
    )

    assert one.id == other.id
    assert other.grown_since(remembered(one)) == []


def test_a_part_that_was_not_remembered_is_taken_for_what_it_is_by_default() -> None:
    assert PLAIN.grown_since({"anonymized_records": "emit", "columns": "c1"}) == []


def test_a_part_that_is_lost_has_grown() -> None:
    for lost in ("columns", "maps"):
        before = remembered(replace(PLAIN, **FULL))
        del before[lost]

        assert replace(PLAIN, **FULL).grown_since(before) == [lost]


def test_a_part_that_only_a_later_version_knows_has_grown() -> None:
    """Whatever it was, it is not asked for any more: pseudonyms, for instance."""
    assert PLAIN.grown_since(remembered(PLAIN) | {"pseudonyms": "a1b2"}) == ["pseudonyms"]
