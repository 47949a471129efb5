"""A fault of a value or a record reaches no further than it must."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from starlette.responses import Response
from support import Kombo, expected

from kombo_emulator import Size

if TYPE_CHECKING:
    from collections.abc import Callable

    from kombo_emulator.received import Received

pytestmark = pytest.mark.timeout(120)

A, B, C = "greenhouse:demo", "lever:demo", "personio:demo"
FEW = Size(interviews=10, applications=10, candidates=10, jobs=3, attachments=30)
MARK = "#mark#"


def put(kombo: Kombo, path: str, change: Callable[[list[dict[str, Any]]], None]) -> None:
    """Change the records of A in each answer of a list."""

    def alter(asked: Received, right: Response) -> Response:
        if asked.path != path or asked.integration_id != A or right.status_code != 200:
            return right
        answer = json.loads(bytes(right.body))
        change(answer["data"]["results"])
        return rewritten(right, json.dumps(answer).encode())

    kombo.emulator.alter = alter


def rewritten(right: Response, body: bytes) -> Response:
    headers = {name: value for name, value in right.headers.items() if name != "content-length"}
    return Response(body, right.status_code, headers)


def put_raw(
    kombo: Kombo, path: str, mark: Callable[[list[dict[str, Any]]], None], raw: bytes
) -> None:
    """Put raw bytes where a change has left the mark, with its quotation marks."""
    put(kombo, path, mark)
    marking = kombo.emulator.alter
    assert marking

    def alter(asked: Received, right: Response) -> Response:
        marked = marking(asked, right)
        return (
            marked
            if marked is right
            else rewritten(marked, bytes(marked.body).replace(f'"{MARK}"'.encode(), raw))
        )

    kombo.emulator.alter = alter


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What is told at the end: unusable values, and what was skipped or failed."""
    heard = [one for one in caplog.records if one.levelno >= logging.WARNING]
    return [one.getMessage() for one in heard]


def failures(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one for one in told(caplog) if one.startswith("Failed: ")]


# --- 2.1: a broken text costs itself

BROKEN = {
    "high half": rb'"Anna \ud83d"',
    "low half": rb'"\ude00 Anna"',
    "halves the wrong way round": rb'"Anna \ude00\ud83d"',
    "high half before another escape": rb'"Anna \ud83d\n"',
    "high half in capitals": rb'"Anna \uD83D "',
    "a byte that is no UTF-8": b'"Anna \xff"',
    "a character cut off": b'"Anna \xe2\x82"',
    "a half as bytes": b'"Anna \xed\xa0\xbd"',
    "overlong": b'"Anna \xc0\xaf"',
    "Latin-1": "caf\xe9".join('""').encode("latin-1"),
}


def in_title(record: dict[str, Any]) -> None:
    record["title"] = MARK


def in_a_list(record: dict[str, Any]) -> None:
    record["users"] = [{"id": "1", "first_name": MARK}]


def in_free_form(record: dict[str, Any]) -> None:
    record["remote_data"] = {"deep": [{"er": MARK}]}


def in_a_nested_object(record: dict[str, Any]) -> None:
    record["location"] = {"city": MARK}


def in_a_moment(record: dict[str, Any]) -> None:
    record["starting_at"] = MARK


def in_an_unknown_property(record: dict[str, Any]) -> None:
    record["brand_new"] = MARK


PLACES = (
    in_title,
    in_a_list,
    in_free_form,
    in_a_nested_object,
    in_a_moment,
    in_an_unknown_property,
)


@pytest.mark.parametrize(
    ("form", "deselected"),
    [*((one, False) for one in BROKEN), ("high half", True), ("a character cut off", True)],
)
def test_a_broken_text_becomes_a_replacement_character_and_is_counted(
    kombo: Kombo, caplog: pytest.LogCaptureFixture, form: str, *, deselected: bool
) -> None:
    kombo.emulator.add_integration(A, "ATS", FEW)
    put_raw(kombo, "/ats/interviews", lambda records: in_title(records[4]), BROKEN[form])

    out = ("title",) if deselected else ()
    sent = kombo.attempt(A, streams=("interviews", "jobs"), deselected=out, max_retries=0)

    assert sent.error is None
    assert len(sent.records()) == 10
    assert len(sent.records("jobs")) == 3
    assert sent.bookmark(A)
    assert sent.bookmark(A, "jobs")
    if deselected:
        assert all("title" not in one for one in sent.records())
    else:
        (broken,) = (one for one in sent.records() if "\ufffd" in (one["title"] or ""))
        assert {**broken, "title": None} == {**expected(kombo, A)[broken["id"]], "title": None}
    assert any(one.startswith("interviews: title in 1 value(s): ") for one in told(caplog))
    assert "Anna" not in caplog.text


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("form", ["high half"])
def test_a_broken_text_in_any_place_costs_nothing_but_itself(
    kombo: Kombo, form: str, place: Callable[[dict[str, Any]], None]
) -> None:
    kombo.emulator.add_integration(A, "ATS", FEW)
    put_raw(kombo, "/ats/interviews", lambda records: place(records[0]), BROKEN[form])

    sent = kombo.attempt(A, streams=("interviews", "jobs"), max_retries=0)

    assert sent.error is None
    assert {one["id"] for one in sent.records()} == set(expected(kombo, A))
    assert len(sent.records("jobs")) == 3
    whole = [one for one in sent.records() if one == expected(kombo, A)[one["id"]]]
    assert len(whole) >= 9


# --- 2.2: nesting and numbers beyond all bounds cost themselves


def nested(levels: int, kind: str) -> bytes:
    if kind == "objects":
        return b'{"a":' * levels + b"1" + b"}" * levels
    if kind == "lists":
        return b'{"a":' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"
    return b'{"a":[' * (levels // 2) + b'"]}"' + b"]}" * (levels // 2)


@pytest.mark.parametrize(
    ("levels", "kind"),
    [
        *((levels, "objects") for levels in (65, 66, 400, 402, 975, 3_000, 100_000)),
        *((levels, "lists") for levels in (65, 975, 100_000)),
        *((levels, "both, with brackets in a text") for levels in (66, 976, 3_000)),
    ],
)
def test_a_value_nested_too_deeply_becomes_null_and_is_counted(
    kombo: Kombo, caplog: pytest.LogCaptureFixture, levels: int, kind: str
) -> None:
    """Where it is too deep depends neither on the interpreter nor on what stands around it."""
    kombo.emulator.add_integration(A, "ATS", FEW)

    def mark(records: list[dict[str, Any]]) -> None:
        records[1]["custom_fields"] = MARK

    put_raw(kombo, "/ats/jobs", mark, nested(levels, kind))

    sent = kombo.attempt(A, streams=("jobs", "interviews"), max_retries=0)

    assert sent.error is None
    assert [one["custom_fields"] for one in sent.records("jobs")].count(None) == 1
    assert len(sent.records("jobs")) == 3
    assert sent.bookmark(A, "jobs")
    assert len(sent.records()) == 10
    assert any(one.startswith("jobs: custom_fields in 1 value(s): ") for one in told(caplog))


@pytest.mark.parametrize("kind", ["objects", "lists", "both, with brackets in a text"])
def test_a_value_nested_as_deeply_as_is_kept_arrives_whole(kombo: Kombo, kind: str) -> None:
    kombo.emulator.add_integration(A, "ATS", FEW)

    def mark(records: list[dict[str, Any]]) -> None:
        records[1]["custom_fields"] = MARK

    put_raw(kombo, "/ats/jobs", mark, nested(64, kind))

    sent = kombo.attempt(A, streams=("jobs",), max_retries=0)

    assert sent.error is None
    assert json.loads(nested(64, kind)) in [one["custom_fields"] for one in sent.records("jobs")]


@pytest.mark.parametrize(
    ("name", "levels"),
    [
        ("title", 3_000),
        ("location", 3_000),
        ("users", 3_000),
        ("canceled", 100_000),
        ("brand_new", 3_000),
    ],
)
def test_nesting_where_none_is_expected_costs_its_value(
    kombo: Kombo, name: str, levels: int
) -> None:
    kombo.emulator.add_integration(A, "ATS", FEW)

    def mark(records: list[dict[str, Any]]) -> None:
        records[3][name] = MARK

    put_raw(kombo, "/ats/interviews", mark, nested(levels, "lists"))

    sent = kombo.attempt(A, max_retries=0)

    assert sent.error is None
    assert {one["id"] for one in sent.records()} == set(expected(kombo, A))
    assert sent.bookmark(A)


NUMBERS = {
    "an exponent beyond all": b"1e9999999999999999999",
    "a negative one": b"-1.5E+99999999999999999999",
    "5,000 digits": b"9" * 5_000,
    "5,000 digits below zero": b"-" + b"9" * 5_000,
    "100,000 digits": b"1" + b"0" * 100_000,
}


@pytest.mark.parametrize(
    ("form", "place"),
    [
        *((form, "typed") for form in NUMBERS),
        ("5,000 digits", "in a list of free form"),
        ("an exponent beyond all", "in a list of free form"),
        ("5,000 digits", "where a text belongs"),
    ],
)
def test_a_number_that_nothing_holds_becomes_null_and_is_counted(
    kombo: Kombo, caplog: pytest.LogCaptureFixture, form: str, place: str
) -> None:
    kombo.emulator.add_integration(A, "ATS", FEW)
    column = {
        "typed": "weekly_hours",
        "in a list of free form": "custom_fields",
        "where a text belongs": "description",
    }[place]

    def mark(records: list[dict[str, Any]]) -> None:
        records[1][column] = {"a": [1, MARK]} if column == "custom_fields" else MARK

    put_raw(kombo, "/ats/jobs", mark, NUMBERS[form])

    sent = kombo.attempt(A, streams=("jobs", "interviews"), max_retries=0)

    assert sent.error is None
    assert len(sent.records("jobs")) == 3
    spoilt = [
        one[column] for one in sent.records("jobs") if one[column] in (None, {"a": [1, None]})
    ]
    assert spoilt
    assert len(sent.records()) == 10
    assert any(one.startswith(f"jobs: {column}") for one in told(caplog))


# --- a record without a key is left out; all others arrive, and the pass is read again

KEYS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "missing": lambda record: record.pop("id"),
    "null": lambda record: record.update(id=None),
    "empty": lambda record: record.update(id=""),
    "number": lambda record: record.update(id=7),
    "list": lambda record: record.update(id=["7"]),
    "true": lambda record: record.update(id=True),
}


@pytest.mark.parametrize(
    ("form", "page"),
    [*((form, 2) for form in KEYS), ("missing", 1), ("missing", 4), ("number", 1), ("null", 4)],
)
def test_a_record_without_a_key_is_left_out_and_all_others_arrive(
    kombo: Kombo, caplog: pytest.LogCaptureFixture, form: str, page: int
) -> None:
    ats = kombo.emulator.add_integration(A, "ATS", Size(interviews=12, applications=5))
    kombo.emulator.add_integration(B, "ATS", FEW)
    kombo.emulator.clock.advance(days=1)
    before = kombo.attempt(A, B, page_size=3)
    kombo.emulator.clock.advance(days=1)
    for one in ats.records("ats_interviews"):
        ats.edit("ats_interviews", one["id"], title="Second talk")
    keyless = [one["id"] for one in ats.records("ats_interviews")][3 * page - 3]

    put(kombo, "/ats/interviews", lambda records: spoil(records, keyless, form))
    streams = ("interviews", "jobs")
    sent = kombo.attempt(A, B, page_size=3, state=before.state, streams=streams)

    assert "1 pass(es) of 1 integration(s) failed" in str(sent.error)
    arrived = {one["id"] for one in sent.records() if one["integration_id"] == A}
    assert arrived == set(expected(kombo, A)) - {keyless}
    assert sent.bookmark(A) == before.bookmark(A)
    assert sent.bookmark(A, "jobs")
    assert (sent.bookmark(B) or "") > (before.bookmark(B) or "")
    (failed,) = failures(caplog)
    assert f"interviews of {A}: " in failed
    assert "1 record" in failed

    kombo.emulator.alter = None
    kombo.emulator.clear_requests()
    after = kombo.attempt(A, B, page_size=3, state=sent.state)

    assert after.error is None
    first, *_ = [one for one in kombo.asked() if one.integration_id == A]
    assert "cursor" not in first.params
    assert keyless in {one["id"] for one in after.records()}
    assert (after.bookmark(A) or "") > (before.bookmark(A) or "")


def spoil(records: list[dict[str, Any]], record_id: str, form: str) -> None:
    for one in records:
        if one["id"] == record_id:
            KEYS[form](one)
