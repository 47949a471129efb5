"""A fault of a value or a record reaches no further than it must."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from starlette.responses import Response
from support import Kombo, expected, only

if TYPE_CHECKING:
    from collections.abc import Callable

    from kombo_emulator.exchange import Received

pytestmark = pytest.mark.timeout(120)

A, B, C = "greenhouse:demo", "lever:demo", "personio:demo"
FEW = only(interviews=10, applications=4, candidates=10, jobs=3, attachments=30)
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


def put_raw_each(
    kombo: Kombo, path: str, spoilt: dict[str, tuple[Callable[[dict[str, Any]], None], bytes]]
) -> None:
    """Put raw bytes into records of A, by id, where a change has left the mark."""

    def alter(asked: Received, right: Response) -> Response:
        if asked.path != path or asked.integration_id != A or right.status_code != 200:
            return right
        answer = json.loads(bytes(right.body))
        (record,) = answer["data"]["results"]  # one to a page: it must not mend another
        if record["id"] not in spoilt:
            return right
        change, raw = spoilt[record["id"]]
        change(record)
        return rewritten(right, json.dumps(answer).encode().replace(f'"{MARK}"'.encode(), raw))

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


def marking(name: str, value: Any = MARK) -> Callable[[dict[str, Any]], None]:  # noqa: ANN401
    """A change that puts a value into a column."""
    return lambda record: record.update({name: value})


IN_TITLE = marking("title")
PLACES = {
    "title": IN_TITLE,
    "list": marking("users", [{"id": "1", "first_name": MARK}]),
    "free form": marking("remote_data", {"deep": [{"er": MARK}]}),
    "nested object": marking("location", {"city": MARK}),
    "moment": marking("starting_at"),
    "unknown property": marking("brand_new"),
}


class Spoilt:
    """Forms of a fault, each in one record of a stream and on a page of its own.

    Attributes:
        ids: The record of each form.
        sent: What was sent; the run has ended well.
        rows: The rows of the stream, by form; those that were left alone are not among them.
    """

    def __init__(
        self,
        kombo: Kombo,
        stream: str,
        forms: dict[str, tuple[Callable[[dict[str, Any]], None], bytes]],
        deselected: tuple[str, ...] = (),
    ) -> None:
        size = only(interviews=20, applications=2, candidates=2, jobs=20)
        ats = kombo.emulator.add_integration(A, "ATS", size)
        whole = ats.records(f"ats_{stream}", include_deleted=False)
        self.ids = dict(zip(forms, (one["id"] for one in whole[1:]), strict=False))
        spoilt = {record_id: forms[form] for form, record_id in self.ids.items()}
        put_raw_each(kombo, f"/ats/{stream}", spoilt)
        streams = ("interviews", "jobs")

        self.sent = kombo.attempt(
            A, streams=streams, deselected=deselected, max_retries=0, page_size=1
        )

        assert self.sent.error is None
        assert all(self.sent.bookmark(A, one) for one in streams)
        rows = {one["id"]: one for one in self.sent.records(stream)}
        assert len(self.ids) == len(forms) < len(whole)
        assert rows.keys() == {one["id"] for one in ats.records(f"ats_{stream}")}
        assert len(self.sent.records()) == len(ats.records("ats_interviews"))
        self.rows = {form: rows[record_id] for form, record_id in self.ids.items()}

    def values(self, column: str) -> dict[str, Any]:
        """What has become of a column in each form."""
        return {form: row[column] for form, row in self.rows.items()}

    def changed(self, kombo: Kombo) -> dict[str, set[str]]:
        """The columns of each form's interview that differ from what Kombo has."""
        right = expected(kombo, A)
        return {
            form: {name for name, value in row.items() if right[row["id"]].get(name) != value}
            for form, row in self.rows.items()
        }


def test_a_broken_text_becomes_a_replacement_character_and_is_counted(
    kombo: Kombo, caplog: pytest.LogCaptureFixture
) -> None:
    spoilt = Spoilt(kombo, "interviews", {form: (IN_TITLE, raw) for form, raw in BROKEN.items()})

    assert {form for form, text in spoilt.values("title").items() if "\ufffd" in text} == set(
        BROKEN
    )
    assert spoilt.values("title")["high half"] == "Anna \ufffd"
    assert spoilt.changed(kombo) == {form: {"title"} for form in BROKEN}
    count = f"interviews: title in {len(BROKEN)} value(s): broken text, replaced by U+FFFD."
    assert count in told(caplog)
    assert "Anna" not in caplog.text


def test_a_broken_text_in_a_deselected_column_is_counted_too(
    kombo: Kombo, caplog: pytest.LogCaptureFixture
) -> None:
    forms = {form: (IN_TITLE, BROKEN[form]) for form in ("high half", "a character cut off")}

    spoilt = Spoilt(kombo, "interviews", forms, deselected=("title",))

    assert not [one for one in spoilt.sent.records() if "title" in one]
    assert any(one.startswith("interviews: title in 2 value(s): ") for one in told(caplog))


def test_a_broken_text_in_any_place_costs_nothing_but_itself(kombo: Kombo) -> None:
    spoilt = Spoilt(
        kombo, "interviews", {name: (put, BROKEN["high half"]) for name, put in PLACES.items()}
    )

    assert spoilt.changed(kombo) == {
        "title": {"title"},
        "list": {"users"},
        "free form": set(),
        "nested object": {"location"},
        "moment": {"starting_at"},
        "unknown property": set(),
    }


# --- 2.2: nesting and numbers beyond all bounds cost themselves

DEEPEST = 64


def nested(levels: int, kind: str) -> bytes:
    if kind == "objects":
        return b'{"a":' * levels + b"1" + b"}" * levels
    if kind == "objects around U+0000":
        return b'{"a":' * levels + b'"\\u0000"' + b"}" * levels
    if kind == "lists":
        return b'{"a":' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"
    return b'{"a":[' * (levels // 2) + b'"]}"' + b"]}" * (levels // 2)


KINDS = ("objects", "lists", "both, with brackets in a text")
TOO_DEEP = [
    *((levels, "objects") for levels in (65, 66, 400, 402, 975, 3_000, 100_000)),
    *((levels, "objects around U+0000") for levels in (65, 2_000, 100_000)),
    *((levels, "lists") for levels in (65, 975, 100_000)),
    *((levels, "both, with brackets in a text") for levels in (66, 976, 3_000)),
]


def test_a_value_nested_too_deeply_becomes_null_and_is_counted(
    kombo: Kombo, caplog: pytest.LogCaptureFixture
) -> None:
    """Where it is too deep depends neither on the interpreter nor on what stands around it."""
    mark = marking("custom_fields")

    spoilt = Spoilt(kombo, "jobs", {f"{one}": (mark, nested(*one)) for one in TOO_DEEP})

    assert spoilt.values("custom_fields") == dict.fromkeys(spoilt.ids)
    assert all(row["name"] for row in spoilt.rows.values())
    troubles = [one for one in told(caplog) if one.startswith("jobs: custom_fields in ")]
    count = f"jobs: custom_fields in {len(TOO_DEEP)} value(s)"
    assert troubles == [f"{count}: nested more than {DEEPEST} levels deep, sent as null."]


def test_a_value_nested_too_deeply_costs_nothing_else_where_nobody_stores_it(
    kombo: Kombo, caplog: pytest.LogCaptureFixture
) -> None:
    mark = marking("remote_data")

    spoilt = Spoilt(kombo, "interviews", {f"{one}": (mark, nested(*one)) for one in TOO_DEEP})

    assert spoilt.changed(kombo) == {form: set() for form in spoilt.ids}
    assert f"interviews: remote_data in {len(TOO_DEEP)} value(s): nested more" in caplog.text


def test_a_value_nested_as_deeply_as_is_kept_arrives_whole(kombo: Kombo) -> None:
    mark, deep = marking("custom_fields"), {kind: nested(DEEPEST, kind) for kind in KINDS}

    spoilt = Spoilt(kombo, "jobs", {kind: (mark, raw) for kind, raw in deep.items()})

    assert spoilt.values("custom_fields") == {kind: json.loads(raw) for kind, raw in deep.items()}


def test_nesting_where_none_is_expected_costs_its_value(kombo: Kombo) -> None:
    levels = {"title": 3_000, "location": 3_000, "users": 3_000, "canceled": 100_000}
    levels["brand_new"] = 3_000

    spoilt = Spoilt(
        kombo,
        "interviews",
        {name: (marking(name), nested(deep, "lists")) for name, deep in levels.items()},
    )

    assert {name: row.get(name, "left out") for name, row in spoilt.rows.items()} == {
        **dict.fromkeys(("title", "users", "canceled")),
        "location": {},
        "brand_new": "left out",
    }
    assert {name: its - {name} for name, its in spoilt.changed(kombo).items() if its - {name}} == {}


NUMBERS = {
    "an exponent beyond all": b"1e9999999999999999999",
    "a negative one": b"-1.5E+99999999999999999999",
    "5,000 digits": b"9" * 5_000,
    "5,000 digits below zero": b"-" + b"9" * 5_000,
    "100,000 digits": b"1" + b"0" * 100_000,
}


def test_a_number_that_nothing_holds_becomes_null_and_is_counted(
    kombo: Kombo, caplog: pytest.LogCaptureFixture
) -> None:
    places = {
        "weekly_hours": (marking("weekly_hours"), NUMBERS),
        "custom_fields": (
            marking("custom_fields", {"a": [1, MARK]}),
            ("5,000 digits", "an exponent beyond all"),
        ),
        "description": (marking("description"), ("5,000 digits",)),
    }

    spoilt = Spoilt(
        kombo,
        "jobs",
        {
            f"{column}: {form}": (mark, NUMBERS[form])
            for column, (mark, forms) in places.items()
            for form in forms
        },
    )

    assert {form: row[form.partition(":")[0]] for form, row in spoilt.rows.items()} == {
        form: {"a": [1, None]} if form.startswith("custom") else None for form in spoilt.rows
    }
    for column, (_, forms) in places.items():
        assert any(
            one.startswith(f"jobs: {column}") and f" in {len(forms)} value(s): " in one
            for one in told(caplog)
        ), column


# --- a record without a key is left out; all others arrive, and the pass is read again

KEYS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "missing": lambda record: record.pop("id"),
    "null": lambda record: record.update(id=None),
    "empty": lambda record: record.update(id=""),
    "number": lambda record: record.update(id=7),
    "list": lambda record: record.update(id=["7"]),
    "true": lambda record: record.update(id=True),
}


def test_a_record_without_a_key_is_left_out_and_all_others_arrive(
    kombo: Kombo, caplog: pytest.LogCaptureFixture
) -> None:
    """On the first page, on others, and on the last."""
    pages = {"missing": 1, "null": 4, "empty": 2, "number": 1, "true": 4, "list": 3}
    forms = {f"tool:{form}": form for form in pages}
    ids, streams, few = (*forms, B), ("interviews", "jobs"), only(interviews=12, applications=2)
    ats = {one: kombo.emulator.add_integration(one, "ATS", few) for one in ids}
    kombo.emulator.clock.advance(days=1)
    before = kombo.attempt(*ids, page_size=3)
    kombo.emulator.clock.advance(days=1)
    for its in ats.values():
        for record in its.records("ats_interviews"):
            its.edit("ats_interviews", record["id"], title="Second talk")
    keyless = {
        one: ats[one].records("ats_interviews")[3 * pages[form] - 3]["id"]
        for one, form in forms.items()
    }

    def alter(asked: Received, right: Response) -> Response:
        one = asked.integration_id or ""
        if asked.path != "/ats/interviews" or one not in forms:
            return right
        answer = json.loads(bytes(right.body))
        spoil(answer["data"]["results"], keyless[one], forms[one])
        return rewritten(right, json.dumps(answer).encode())

    kombo.emulator.alter = alter
    sent = kombo.attempt(*ids, page_size=3, state=before.state, streams=streams)

    assert f"{len(forms)} pass(es) of {len(forms)} integration(s) failed" in str(sent.error)
    right = expected(kombo, *ids)
    assert {one["id"] for one in sent.records()} == right.keys() - set(keyless.values())
    assert [one for one in ids if sent.bookmark(one) != before.bookmark(one)] == [B]
    assert (sent.bookmark(B) or "") > (before.bookmark(B) or "")
    assert [one for one in ids if not sent.bookmark(one, "jobs")] == []
    told = {one.partition(" of ")[2].partition(": ")[0]: one for one in failures(caplog)}
    assert told.keys() == forms.keys()
    assert len(failures(caplog)) == len(forms)
    assert [
        one for one in told.values() if "interviews of" not in one or "1 record" not in one
    ] == []

    kombo.emulator.alter = None
    kombo.emulator.clear_requests()
    after = kombo.attempt(*ids, page_size=3, state=sent.state)

    assert after.error is None
    first = {one.integration_id: one for one in reversed(kombo.asked())}
    assert [one for one in ids if "cursor" in first[one].params] == []
    assert {one["id"] for one in after.records()} >= set(keyless.values())
    assert [one for one in forms if after.bookmark(one) == before.bookmark(one)] == []


def spoil(records: list[dict[str, Any]], record_id: str, form: str) -> None:
    for one in records:
        if one["id"] == record_id:
            KEYS[form](one)
