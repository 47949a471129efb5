"""What is handed in as JSON: a configuration, a catalog, a state. Read, or told what is wrong."""

from __future__ import annotations

import codecs
import json
import math
from functools import reduce
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeVar

import click
import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

T = TypeVar("T")

_CONTAINERS = (dict, list)

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


def content(path: str, at_most: int | None = None) -> str:
    """Return the text of a file, in UTF-8 or in what a byte order mark says.

    Args:
        path: Where it is; `-` is standard input.
        at_most: How many bytes it may have; `None` is any number.

    Raises:
        DocumentError: If it cannot be read, is larger, or is no text.
    """
    try:
        with click.open_file(path, "rb") as file:
            data: bytes = file.read(-1 if at_most is None else at_most + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "there is no such name"
        msg = f"cannot be read: {why}"
        raise DocumentError(msg) from None
    if at_most is not None and len(data) > at_most:
        msg = f"is larger than {at_most:,} bytes"
        raise DocumentError(msg)
    encoding = next((name for mark, name in _ENCODINGS.items() if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        msg = "is not UTF-8"
        raise DocumentError(msg) from None


def json_object(text: str) -> dict[str, Any]:
    """Return the JSON object of a text.

    Raises:
        DocumentError: If it is none, or one that cannot be copied and written again.
    """
    found = _loaded(text)
    if not isinstance(found, dict):
        msg = "does not hold a JSON object"
        raise DocumentError(msg)
    return found


def json_objects(text: str) -> list[dict[str, Any]]:
    """Return the JSON objects of a text: those of a list, the only one, or one a line.

    Raises:
        DocumentError: If it is neither.
    """
    found = _loaded(text)
    if isinstance(found, dict):
        return [found]
    if isinstance(found, list):
        if not all(isinstance(one, dict) for one in found):
            msg = "holds a list of something else than JSON objects"
            raise DocumentError(msg)
        return found
    lines = enumerate(text.split("\n"), 1)
    return [_of_line(number, line) for number, line in lines if line.strip()]


def last_state(text: str) -> dict[str, Any]:
    """Return the last state of what a tap or a loader has printed; most files hold no more.

    Raises:
        DocumentError: If there is none.
    """
    states = [one for one in json_objects(text) if one.get("type", "STATE") == "STATE"]
    if not states:
        msg = "holds no state"
        raise DocumentError(msg)
    return states[-1]


def unwrapped(state: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what is inside of what Meltano or a tap puts around a state.

    `meltano state get` prints `{"singer_state": ...}`, its state backends keep
    `{"completed": ..., "partial": ...}`, a tap prints `{"type": "STATE", "value": ...}`.
    """
    if "bookmarks" in state:
        return state
    if isinstance(inner := state.get("singer_state", state.get("value")), dict):
        return unwrapped(inner)
    halves = [state[one] for one in ("completed", "partial") if isinstance(state.get(one), dict)]
    return unwrapped(reduce(_merged, halves)) if halves else state


class _Context(msgspec.Struct, forbid_unknown_fields=True):
    integration_id: str


class _Entry(msgspec.Struct):
    context: _Context
    progress_markers: dict[str, Any] = {}


class _StreamState(msgspec.Struct):
    partitions: list[_Entry] = []
    progress_markers: dict[str, Any] = {}


def state_complaints(state: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each stream of an unwrapped state that the SDK could not read.

    Whether moments can be read, and whether an integration stands there twice, is not looked at:
    that concerns one model of one integration.
    """
    streams = state.get("bookmarks", {})
    if state and "bookmarks" not in state:
        yield "The state has no 'bookmarks', so it is not a state of this tap."
    if not isinstance(streams, dict):
        yield "The state cannot be used: 'bookmarks' is not an object that names streams."
        return
    for name, stream in streams.items():
        try:
            converted(f"bookmarks.{shown(name)}", stream, _StreamState)
        except DocumentError as error:
            yield (
                f"The state cannot be used: {error}. "
                "Correct it, or remove the stream from the state to read it in full."
            )


_Type = Literal["array", "boolean", "integer", "null", "number", "object", "string"]


class _Schema(msgspec.Struct):
    properties: dict[str, _Schema] | None = None
    items: _Schema | None = None
    type: _Type | list[_Type] | None = None
    required: list[str] | None = None


class _Facts(msgspec.Struct, rename="kebab"):
    selected: bool | None = None
    selected_by_default: bool | None = None
    inclusion: str | None = None
    table_key_properties: list[str] | None = None
    replication_key: str | None = None
    forced_replication_method: str | None = None


class _Metadata(msgspec.Struct):
    breadcrumb: list[str]
    metadata: _Facts


class _CatalogEntry(msgspec.Struct):
    tap_stream_id: str
    stream: str | None = None
    schema: _Schema = msgspec.field(default_factory=_Schema)
    metadata: list[_Metadata] = []
    key_properties: list[str] | None = None
    replication_key: str | None = None
    replication_method: str | None = None


class _Catalog(msgspec.Struct):
    streams: list[_CatalogEntry]


def catalog_complaints(catalog: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence that says where and what for each thing that the SDK could not read."""
    try:
        streams = converted("catalog", catalog, _Catalog).streams
    except DocumentError as error:
        yield f"The catalog cannot be used: {error}. `--discover` writes one."
        return
    for number, one in enumerate(streams):
        if one.stream and one.stream != one.tap_stream_id:  # the SDK would not find its maps
            yield (
                f"The catalog cannot be used: catalog.streams[{number}] names "
                f"'{shown(one.tap_stream_id)}' anew; `__alias__` in `stream_maps` does so."
            )


def shown(name: str, at_most: int = 300) -> str:
    """Return a name that a user gave as it can stand in a line."""
    return ascii(name[:at_most])[1:-1] + ("..." if len(name) > at_most else "")


def converted(name: str, value: object, type_: type[T]) -> T:
    """Return a value as a structure.

    Raises:
        DocumentError: If it has another shape; it says where and why.
    """
    try:
        return msgspec.convert(value, type_)
    except msgspec.ValidationError as error:
        what, _, where = str(error).replace("`str`", "`string`").partition(" - at `")
        what = shown(what[0].lower() + what[1:])  # it may name a field as the user wrote it
        msg = f"{name}{where.strip('$`')}: {what}".replace("`", "'")
        raise DocumentError(msg) from None


def _loaded(text: str) -> object:
    """Read JSON that can be copied and written again; `None` if it is none.

    Raises:
        DocumentError: If it cannot be.
    """
    deep = f"is nested over {MAX_DEPTH} levels deep"
    try:
        found = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_no_number, parse_float=_finite
        )
        msgspec.json.encode(found)
    except DocumentError:
        raise
    except RecursionError:
        raise DocumentError(deep) from None
    except UnicodeEncodeError:
        msg = "holds half a character (`\\ud800` to `\\udfff`)"
        raise DocumentError(msg) from None
    except ValueError:
        return None
    if not is_shallow(found, MAX_DEPTH):
        raise DocumentError(deep)
    return found


def is_shallow(value: Any, levels: int) -> bool:  # noqa: ANN401
    """Return whether a value is nested no deeper than so many levels."""
    if type(value) not in _CONTAINERS:
        return True
    level = [value]
    while level and levels:
        inner = (outer.values() if type(outer) is dict else outer for outer in level)
        level = [one for ones in inner for one in ones if type(one) in _CONTAINERS]
        levels -= 1
    return not level


def _of_line(number: int, line: str) -> dict[str, Any]:
    try:
        return json_object(line)
    except DocumentError as error:
        msg = f"is wrong in line {number:,}, which {error}"
        raise DocumentError(msg) from None


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Lay what a run has left unfinished over the last complete state, as Meltano does."""
    merged = dict(base)
    for name, value in over.items():
        below = merged.get(name)
        if isinstance(value, dict) and isinstance(below, dict):
            merged[name] = _merged(below, value)
        else:
            merged[name] = value
    return merged


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
