"""Mends a body that no decoder takes, so that what is broken in one value costs that value only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

DEEPEST = 400
"""Levels of a body that are kept. Where a decoder gives up depends on the interpreter."""

LONGEST_NUMBER = 4000
"""Characters of a number that are read. Python's own limit can be set from outside."""


class Unstorable:
    """Stands where a number was that nothing can hold."""


UNSTORABLE = Unstorable()

_TOKEN = re.compile(
    rf'"(?:[^"\\]|\\.)*"|[\[{{]|[\]}}]|-?\d[\d.eE+-]{{{LONGEST_NUMBER - 1},}}', re.DOTALL
)
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
_BEYOND_ALL_NUMBERS = "1e9999999999999999999"


def mend(body: bytes) -> str:
    """Return a body that can be decoded, if what is broken lies within values.

    Bytes that are no UTF-8, and halves of surrogate pairs, which JavaScript writes when it cuts a
    text within an emoji, become U+FFFD; what is nested too deeply becomes null, and a number
    of thousands of digits one that stands for `UNSTORABLE`.
    """
    return "".join(_pieces(body.decode("utf-8", "replace")))


def _pieces(text: str) -> Iterator[str]:
    depth = at = 0
    for token in _TOKEN.finditer(text):
        one = token[0]
        if one in "[{":
            depth += 1
            if depth == DEEPEST + 1:
                yield text[at : token.start()] + "null"
        elif one in "]}":
            depth -= 1
            if depth == DEEPEST:
                at = token.end()
        elif depth <= DEEPEST and (whole := _mended(one)) != one:
            yield text[at : token.start()] + whole
            at = token.end()
    if depth <= DEEPEST:
        yield text[at:]


def _mended(token: str) -> str:
    if not token.startswith('"'):
        return _BEYOND_ALL_NUMBERS
    return _ESCAPE.sub(lambda found: r"\ufffd" if found["half"] else found[0], token)
