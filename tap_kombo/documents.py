"""What is handed in as JSON or as text: read, or told what is wrong."""

from __future__ import annotations

import codecs
import json
import math
import re
from typing import Any, NoReturn

import msgspec

MAX_DEPTH = 100
"""Deeper nesting has no meaning here, and would reach Python's limit in the SDK."""

_ENCODINGS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""Editors on Windows put a mark before a text."""


class DocumentError(ValueError):
    """What is wrong with a document, as the end of a sentence, without any value of it."""


def decode(data: bytes) -> str:
    """Return a text in UTF-8, or in what a byte order mark says.

    Args:
        data: The file.

    Raises:
        DocumentError: If it is no text.
    """
    encoding = next((name for mark, name in _ENCODINGS.items() if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        msg = "is not UTF-8"
        raise DocumentError(msg) from None


def json_object(text: str) -> dict[str, Any]:
    """Return the JSON object of a text, fit to be copied and written again.

    Args:
        text: The document.

    Raises:
        DocumentError: If it is no JSON object, or one that cannot be copied and written again.
    """
    try:
        found = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_no_number, parse_float=_finite
        )
    except DocumentError:
        raise
    except RecursionError:
        _refuse_depth()
    except ValueError:
        found = None
    if not isinstance(found, dict):
        msg = "does not hold a JSON object"
        raise DocumentError(msg)
    if _is_deep(found):
        _refuse_depth()
    if _HALF.search(text) and not _can_be_written(found):
        msg = "holds half a character (`\\ud800` to `\\udfff`)"
        raise DocumentError(msg)
    return found


def shown(name: str) -> str:
    """Return a name that a user gave as it can stand in a line."""
    return ascii(name)[1:-1] if len(name) <= _SHOWN else f"{ascii(name[:_SHOWN])[1:-1]}..."


_SHOWN = 300

_HALF = re.compile(r"\\u[dD][89a-fA-F]")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a name that stands twice in one object: only one of the values would count."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        msg = f"holds '{shown(twice)}' twice in one object"
        raise DocumentError(msg)
    return found


def _no_number(_: str) -> NoReturn:
    msg = "holds NaN or Infinity, which JSON does not know"
    raise DocumentError(msg)


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        _no_number(text)
    return number


def _refuse_depth() -> NoReturn:
    msg = f"is nested over {MAX_DEPTH} levels deep"
    raise DocumentError(msg)


def _is_deep(value: object) -> bool:
    """Tell whether a value is nested too deep, level by level."""
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


def _can_be_written(value: object) -> bool:
    try:
        msgspec.json.encode(value)
    except UnicodeEncodeError:
        return False
    return True
