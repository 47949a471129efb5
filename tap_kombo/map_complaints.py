"""What is wrong with `stream_maps`: what the SDK would end with, or would take without a word."""

from __future__ import annotations

import ast
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any

from tap_kombo.api.endpoints import STREAMS
from tap_kombo.config import NULL
from tap_kombo.documents import shown
from tap_kombo.schemas import load_schema
from tap_kombo.selection import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NOTHING = (None, NULL)
"""What takes a column or a stream out."""

_EMPTIED = f"is empty; write `{NULL}` to take something out, as Meltano drops `null`"


def map_complaints(maps: Mapping[str, Any]) -> Iterator[str]:
    """Yield one sentence for each mistake in the setting `stream_maps`.

    Meltano drops null, so an empty map may be one that was to hide something.
    """
    if not maps:
        yield f"it {_EMPTIED}"
    for key, one in maps.items():
        where = f"`{shown(key)}`"
        if one in ("", {}):
            yield f"{where} {_EMPTIED}"
        elif key.startswith("__"):
            if key != "__else__" or one not in _NOTHING:
                yield f"{where} is not a stream, and not an option with such a value"
        elif one not in _NOTHING and not isinstance(one, dict):
            yield f"{where} must be a map of its columns, or `{NULL}` to leave out the stream"
        else:
            yield from _bad_map(key, one if isinstance(one, dict) else {})
    yield from _without_effect(maps)


def _without_effect(maps: Mapping[str, Any]) -> Iterator[str]:
    """Yield the maps of which no stream takes any, as a later one that fits is taken in its place.

    What they were to hide would be sent.
    """
    later = set[str]()
    for key, one in reversed([*maps.items()]):
        if key.startswith("__") or (isinstance(one, dict) and "__source__" in one):
            continue
        streams = {stream.name for stream in STREAMS if fnmatch(stream.name, key)}
        if streams and streams <= later:
            yield f"`{shown(key)}` has no effect, as a later map fits too; move it to the end"
        later |= streams


def _bad_map(key: str, columns: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the map of a stream; one that is left out has no columns."""
    source = columns.get("__source__", key)
    if not isinstance(source, str):
        yield f"`{shown(key)}.__source__` must be a text"
        return
    streams = [one.name for one in STREAMS if fnmatch(one.name, source)]
    if not streams:
        hint = did_you_mean(source, [one.name for one in STREAMS])
        yield f"there is no stream '{shown(source)}'{hint}"
        return
    there = dict.fromkeys(name for one in streams for name in load_schema(one)["properties"])
    for name, value in columns.items():
        where = f"`{shown(key)}.{shown(name)}`"
        if name == "__alias__" and "__source__" in columns:
            yield f"{where} has no effect beside `__source__`; the name is `{shown(key)}`"
        elif complaint := _bad_entry(name, value):
            yield f"{where} {complaint}"
        elif value in _NOTHING and not name.startswith("__") and name not in there:
            # Columns that flattening makes are none yet: the SDK flattens what maps leave.
            hint = did_you_mean(name, there)
            yield f"{where} cannot be taken out, as there is no such column{hint}"


def _bad_entry(name: str, value: object) -> str:
    """Say what is wrong with an entry of a map; empty if nothing is."""
    if name == "__key_properties__":
        is_list = isinstance(value, list) and all(isinstance(one, str) for one in value)
        return "" if is_list else "must be a list of columns"
    if value in ("", {}, []):
        return _EMPTIED
    if value in _NOTHING:
        return "must be a text" if name.startswith("__") and name != "__else__" else ""
    if not isinstance(value, str) or name == "__else__":
        return f"must be {'' if name == '__else__' else 'an expression or '}`{NULL}`"
    if name == "__source__" or _is_expression(value):
        return ""
    return "is not a Python expression"


def _is_expression(text: str) -> bool:
    try:
        parsed = ast.parse(text).body
    except (MemoryError, RecursionError, SyntaxError, ValueError):
        return False
    return len(parsed) == 1 and isinstance(parsed[0], ast.Expr)
