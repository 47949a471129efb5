"""What a body becomes that no decoder takes; test_answers.py holds what is read of it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_kombo.api.mending import DEEPEST, LONGEST_NUMBER, mend

HALVES = ["\\ud83d", "\\uD83D", "\\udbff", "\\ude00", "\\uDFFF"]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.sampled_from('ab"\\{}[]:,0\n😀é')),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=10,
)


@given(value=JSON, ascii=st.booleans())
def test_a_sound_body_stays_as_it_is(value: object, *, ascii: bool) -> None:  # noqa: A002
    body = json.dumps(value, ensure_ascii=ascii)
    assert mend(body.encode()) == body


@pytest.mark.parametrize(
    "body", ['"{0}"', '"a{0}b"', '"{0}\\n"', '{{"{0}":"{0}"}}', '"\\\\\\\\{0}"']
)
def test_half_a_pair_becomes_u_fffd(body: str) -> None:
    mended = {half: mend(body.format(half).encode()) for half in HALVES}

    assert mended == dict.fromkeys(HALVES, body.format("\\ufffd"))


def test_what_only_looks_like_half_a_pair_stays() -> None:
    texts = [
        r'"\ud83d\ude00"',
        r'"\uD83D\uDE00\ud83d\ude00"',
        r'"\\ud83d"',
        r'"\\\\ude00"',
        r'"\u00e9\ufffd\n\""',
        r'"\ud7ff\ue000"',
    ]

    assert [mend(text.encode()) for text in texts] == texts


def test_only_a_high_half_before_a_low_one_is_a_pair() -> None:
    mended = {
        r'"\ud83d\ud83d\ude00"': r'"\ufffd\ud83d\ude00"',
        r'"\ude00\ud83d"': r'"\ufffd\ufffd"',
        r'"\ud83dx\ude00"': r'"\ufffdx\ufffd"',
    }

    assert {text: mend(text.encode()) for text in mended} == mended


def test_bytes_that_are_no_utf8_become_u_fffd() -> None:
    broken = [b"\xff", b"\xc3", b"\x80", b"\xe2\x82", b"\xf0\x9f\x98"]
    mended = {one: mend(b'{"a":"Zo' + one + b'","b":"Zo\xc3\xab"}') for one in broken}

    assert mended == dict.fromkeys(broken, '{"a":"Zo\ufffd","b":"Zoë"}')


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize("beyond", [1, 2, 10_000])
def test_what_is_nested_too_deeply_becomes_null(opening: str, closing: str, beyond: int) -> None:
    def nested(levels: int, inner: str) -> str:
        return opening * levels + inner + closing * levels

    inner = '"}]\\"", 1'
    kept, deep = nested(DEEPEST - 1, "1"), nested(DEEPEST - 1 + beyond, f"[{inner}]")

    assert mend(f"[{kept},{deep},2]".encode()) == f"[{kept},{nested(DEEPEST - 1, 'null')},2]"


@pytest.mark.parametrize("sign", ["", "-"])
def test_a_number_without_end_becomes_one_that_nothing_can_hold(sign: str) -> None:
    digits = "9" * LONGEST_NUMBER

    mended = json.loads(mend(f'[1,{sign}{digits},"{digits}",2]'.encode()))

    assert [mended[0], abs(mended[1]), *mended[2:]] == [1, float("inf"), digits, 2]


def test_what_is_no_json_stays_none() -> None:
    bodies = [b"", b"<html>", b'{"a"', b'"a', b"[[", b"]]", b"\\ud83d"]

    assert [mend(body).encode() for body in bodies] == bodies
