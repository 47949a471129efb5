"""Whatever bytes come as an answer: records that fit the schema, or the documented error."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from singer_sdk.contrib.msgspec import serialize_jsonl

from kombo_emulator import Emulator
from tap_kombo.api.endpoints import ENDPOINTS
from tap_kombo.api.problems import Action, KomboError, from_answer
from tap_kombo.fitting import compile_fits
from tap_kombo.api.pagination import EnvelopeError, read_page
from tap_kombo.records import compile_cleaner
from tap_kombo.schemas import load_schema
from tap_kombo.api.transport import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

INTERVIEWS = next(one for one in ENDPOINTS if one.name == "interviews")
SCHEMA = load_schema(INTERVIEWS.name)
FITS = compile_fits(SCHEMA, "interviews")
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


def read(body: bytes, clean: Callable[[Any], Any]) -> list[Any]:
    """As a pass does it."""
    page = read_page(Answer(200, {}, body, 0), INTERVIEWS.records_key, paginated=True)
    if page.may_hold_nul or not FITS(page.records):
        try:
            return [clean(record) for record in page.records]
        except RecursionError as error:
            raise EnvelopeError from error  # a pass fails then, too
    return page.records


def plain(value: Any) -> Any:  # noqa: ANN401
    """As the loader reads it: what is written must be JSON again."""
    return json.loads(bytes(serialize_jsonl(value)), parse_float=Decimal)


@settings(max_examples=400)
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
def test_an_answer_is_records_that_fit_or_the_documented_error(body: bytes) -> None:
    clean = compile_cleaner(SCHEMA, Counter())
    try:
        found = read(body, clean)
    except EnvelopeError:
        return
    for record in found:
        written = plain(record)
        if record.get("id"):  # a pass refuses a page with a record that has none
            assert list(VALIDATOR.iter_errors(written)) == []
        assert "\0" not in json.dumps(written, default=str, ensure_ascii=False)


@settings(max_examples=200)
@given(body=BODIES, status=st.integers(100, 599).filter(lambda status: status != 200))
def test_a_refusal_is_the_documented_error(body: bytes, status: int) -> None:
    error = from_answer(Answer(status, {}, body, 0), "interviews of a")

    assert isinstance(error, KomboError)
    assert isinstance(error.action, Action)
    assert str(error).startswith("interviews of a: ")


@pytest.mark.parametrize("name", [one.name for one in ENDPOINTS])
@settings(max_examples=15)
@given(record=st.dictionaries(TEXTS, JSON, max_size=5))
def test_each_streams_cleaner_makes_any_record_fit(name: str, record: dict[str, Any]) -> None:
    schema = load_schema(name)
    names = sorted(schema["properties"])
    changed = {names[at % len(names)]: value for at, value in enumerate(record.values())}

    cleaned = compile_cleaner(schema, Counter())(
        changed | record | {"id": "a", "integration_id": "b"}
    )

    errors = list(jsonschema.Draft7Validator(schema).iter_errors(plain(cleaned)))
    assert errors == []
