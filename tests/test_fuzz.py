"""Whatever bytes come as an answer: records that fit the schema, or the documented error."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

import jsonschema
from hypothesis import example, given
from hypothesis import strategies as st
from singer_sdk.contrib.msgspec import serialize_jsonl
from test_answers import answer

from kombo_emulator import Emulator
from tap_kombo.api.answers import (
    EnvelopeError,
    Page,
    is_suspect,
    next_of,
    problem_of,
    records_of,
)
from tap_kombo.api.endpoints import ENDPOINTS
from tap_kombo.api.problems import Action, Rule
from tap_kombo.records import Fitter, Trouble, compile_cleaner
from tap_kombo.schemas import load_schema

if TYPE_CHECKING:
    from collections.abc import Callable

KEYS = {one.name: one.key for one in ENDPOINTS}
INTERVIEWS = next(one for one in ENDPOINTS if one.name == "interviews")
SCHEMA = load_schema(INTERVIEWS.name)
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)

TEXTS = st.text(max_size=8) | st.sampled_from(
    ["2026-11-23T10:00:00.000Z", "2026-11-23", "2026-02-30T10:00:00Z", "\0", "", "0", "true"]
)
NUMBERS = st.integers() | st.floats() | st.sampled_from([2**63, 2**64, -(2**70), 10**400, 1e-400])
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)


@cache
def genuine() -> str:
    ats = Emulator(now="2026-11-23T10:00:00Z").add_integration("greenhouse:demo")
    return json.dumps(ats.records("ats_interviews")[0])


@st.composite
def records(draw: st.DrawFn) -> Any:  # noqa: ANN401
    """A genuine record of which some values, at any depth, are others."""
    record = json.loads(genuine())
    for _ in range(draw(st.integers(0, 4))):
        place: Any = record
        while isinstance(place, dict) and place:
            name = draw(st.sampled_from(sorted(place)))
            if not isinstance(place[name], dict) or draw(st.booleans()):
                place[name] = draw(JSON)
                break
            place = place[name]
    return record


@st.composite
def envelopes(draw: st.DrawFn) -> bytes:
    """An answer that is nearly Kombo's, or not at all."""
    data = {
        "results": draw(st.lists(records() | JSON, max_size=3) | JSON),
        "next": draw(st.none() | TEXTS | JSON),
    }
    status = draw(st.sampled_from(["success", "error"]) | JSON)
    answer = {"status": status, "data": draw(st.just(data) | JSON), "error": draw(JSON)}
    for name in draw(st.sets(st.sampled_from(sorted(answer)), max_size=1)):
        del answer[name]
    body = json.dumps(draw(st.just(answer) | JSON)).encode()
    if draw(st.booleans()):
        at = draw(st.integers(0, len(body)))
        body = body[:at] + draw(st.binary(max_size=3)) + body[at + draw(st.integers(0, 3)) :]
    return body


BODIES = envelopes() | st.binary(max_size=60)


def read(body: bytes) -> Page | None:
    """As a pass does it; nothing if a problem is told instead."""
    response = answer(body)
    if problem_of(response, key_works=True):
        return None
    try:
        records = records_of(response, INTERVIEWS.records_key)
        return Page(records, next_of(response), suspect=is_suspect(response))
    except EnvelopeError:
        return None


def plain(value: Any) -> Any:  # noqa: ANN401
    """As the loader reads it: what is written must be JSON again."""
    return json.loads(bytes(serialize_jsonl(value)), parse_float=Decimal)


@given(body=BODIES)
@example(body=b"[" * 100_000)
@example(body=b'{"status":"success","data":{"results":[{"id":"a","title":"\\ud800"}],"next":null}}')
@example(body=b'{"status":"success","data":{"results":[{"id":"a","x":1e999999999}],"next":null}}')
@example(body=b'{"status":"success","data":{"results":[{"x":1e9999999999999999999}],"next":null}}')
@example(body=b'{"status":"success","data":{"results":' + b"[" * 100_000)
@example(
    body=b'{"status":"success","data":{"next":null,"results":[{"id":"a","remote_data":{"x":'
    + b"9" * 5000
    + b"}}]}}"
)
@example(
    body=b'{"status":"success","data":{"next":null,"results":[{"id":"a","remote_data":'
    + b'{"a":' * 500
    + b'"\\u0000"'
    + b"}" * 500
    + b"}]}}"
)
def test_an_answer_is_records_that_fit_or_the_documented_problem(body: bytes) -> None:
    page = read(body)
    if page is None:
        return
    fitter, sent = Fitter(SCHEMA, "interviews"), len(page.records)
    found = fitter.fit(page, "greenhouse:demo")

    assert sent - len(found) == fitter.troubles["id", Trouble.KEYLESS]
    for record in found:
        written = plain(record)
        assert list(VALIDATOR.iter_errors(written)) == []
        assert written["id"]
        assert written["integration_id"] == "greenhouse:demo"
        assert "\0" not in json.dumps(written, default=str, ensure_ascii=False)


VALUES = st.sampled_from(
    [
        rb'"\ud83d"',
        rb'"\udc00x"',
        b'"\xff"',
        b'"\xed\xa0\x80"',
        rb'"a\u0000b"',
        b"1e9999999999999999999",
        b"9" * 5_000,
        b"[" * 500 + b"]" * 500,
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
        b"-0",
        b"1e400",
        b"[]",
        b"{}",
        b"true",
        b'"2026-02-30"',
    ]
)


@given(
    values=st.dictionaries(st.sampled_from(sorted({*SCHEMA["properties"], "x"} - {"id"})), VALUES)
)
def test_a_broken_value_costs_no_other_value(values: dict[str, bytes]) -> None:
    """Whatever is broken where: the record arrives, and so do its neighbours."""
    broken = b",".join(b'"' + name.encode() + b'":' + value for name, value in values.items())
    good = genuine().encode()
    one = b'{"id":"1"' + (b"," + broken if broken else b"") + b"}"
    page = read(b'{"status":"success","data":{"next":"n","results":[' + one + b"," + good + b"]}}")

    assert page
    assert page.next == "n"
    first, second = Fitter(SCHEMA, "interviews").fit(page, "a")
    assert first["id"] == "1"
    assert list(VALIDATOR.iter_errors(plain(first))) == []
    assert plain(second) == json.loads(good, parse_float=Decimal) | {"integration_id": "a"}


@given(
    body=BODIES,
    status=st.integers(100, 599).filter(lambda status: status != 200),
    key_works=st.booleans(),
)
def test_a_refusal_is_the_documented_problem(body: bytes, status: int, *, key_works: bool) -> None:
    problem = problem_of(answer(body, status), key_works=key_works)

    assert problem
    assert isinstance(problem.rule, Rule)
    assert isinstance(problem.action, Action)
    assert problem.sentence("interviews of a").startswith("interviews of a: ")
    assert problem.status == status


@cache
def cleaning(name: str) -> tuple[Callable[[Any], Any], jsonschema.Draft7Validator, list[str]]:
    """The cleaner of a stream, what holds it to the schema, and the columns."""
    schema = load_schema(name)
    clean, validator = compile_cleaner(schema, Counter()), jsonschema.Draft7Validator(schema)
    return clean, validator, sorted(schema["properties"])


@given(
    stream=st.sampled_from([one.name for one in ENDPOINTS]),
    record=st.dictionaries(TEXTS, JSON, max_size=5),
)
def test_each_streams_cleaner_makes_any_record_fit(stream: str, record: dict[str, Any]) -> None:
    clean, validator, names = cleaning(stream)
    changed = {names[at % len(names)]: value for at, value in enumerate(record.values())}

    keys = dict.fromkeys(KEYS[stream], "a") | {"id": "a", "integration_id": "b"}
    cleaned = clean(changed | record | keys)

    assert list(validator.iter_errors(plain(cleaned))) == []
