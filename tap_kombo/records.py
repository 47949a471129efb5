"""Makes a record storable by every loader: declared properties, fitting values, UTC, no U+0000."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeAlias

Clean: TypeAlias = Callable[[Any], Any]
"""Turns a value that is not null into one that can be stored."""


class Trouble(StrEnum):
    """What can be wrong with a value, and what is sent instead."""

    UNDECLARED = "not in the schema, left out"
    MISFIT = "not of the declared type, sent as null"
    NO_MOMENT = "neither date nor time, sent as null"
    NUL = "U+0000 removed"


Found: TypeAlias = Counter[tuple[str, Trouble]]
"""How often each trouble was found at each property path, e.g. `users[].email`."""

# What Kombo sends, and every loader reads, as it is.
_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")
_SCALARS: Mapping[str, tuple[type, ...]] = {
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float, Decimal),
}

_LEFT_IN_A_TOMBSTONE = frozenset({"id", "integration_id", "changed_at", "remote_deleted_at"})


def compile_cleaner(schema: Mapping[str, Any], found: Found) -> Clean:
    """Return a function that cleans the records of a schema.

    Args:
        schema: JSON Schema of a stream, as `scripts/update_schemas.py` writes it.
        found: Counts what was wrong; no value gets there.

    Returns:
        A function from a record as Kombo sent it to one that every loader can store.
    """
    return _Compiler(found).of(schema, "")


def is_anonymized(record: Mapping[str, Any]) -> bool:
    """Return whether a record is a tombstone of which Kombo has blanked every value.

    Kombo does so 14 days after it noticed the deletion (docs.kombo.dev, deletion policy).
    """
    return bool(record.get("remote_deleted_at")) and not any(
        value for name, value in record.items() if name not in _LEFT_IN_A_TOMBSTONE
    )


class _Compiler:
    """Builds one small function for each place in a schema."""

    def __init__(self, found: Found) -> None:
        self._found = found

    def of(self, schema: Mapping[str, Any], path: str) -> Clean:
        """Return the cleaner of the values at a path."""
        kinds = {kind for kind in _as_list(schema.get("type", [])) if kind != "null"}
        if kinds == {"object"} and "properties" in schema:
            return self._object(schema["properties"], path)
        if kinds == {"array"}:
            return self._array(schema.get("items", {}), path)
        if kinds == {"string"}:
            return self._text(schema.get("format"), path)
        if kinds == {"object"}:
            return self._free_object(path)
        if len(kinds) == 1:
            return self._scalar(_SCALARS[kinds.pop()], path)
        return self._anything(path)

    def _object(self, properties: Mapping[str, Any], path: str) -> Clean:
        inner = {
            name: self.of(schema, f"{path}.{name}" if path else name)
            for name, schema in properties.items()
        }
        misfit, prefix = self._misfit(path), f"{path}." if path else ""

        def clean(value: Any) -> Any:  # noqa: ANN401
            if type(value) is not dict:
                return misfit()
            out = {}
            for name, one in value.items():
                if name not in inner:
                    self._found[prefix + name.replace("\0", ""), Trouble.UNDECLARED] += 1
                else:
                    out[name] = None if one is None else inner[name](one)
            return out

        return clean

    def _array(self, items: Mapping[str, Any], path: str) -> Clean:
        inner, misfit = self.of(items, f"{path}[]"), self._misfit(path)

        def clean(value: Any) -> Any:  # noqa: ANN401
            if type(value) is not list:
                return misfit()
            return [None if one is None else inner(one) for one in value]

        return clean

    def _text(self, kind: str | None, path: str) -> Clean:
        misfit = self._misfit(path)
        without_nul = self._anything(path)
        read = {"date-time": _utc, "date": _day}.get(kind or "")

        def clean_text(value: Any) -> Any:  # noqa: ANN401
            return without_nul(value) if type(value) is str else misfit()

        def clean_moment(value: Any) -> Any:  # noqa: ANN401
            if type(value) is not str:
                return misfit()
            try:
                return read(value)  # type: ignore[misc] # only used if there is one
            except (ValueError, OverflowError):
                self._found[path, Trouble.NO_MOMENT] += 1
                return None

        return clean_moment if read else clean_text

    def _scalar(self, types: tuple[type, ...], path: str) -> Clean:
        misfit = self._misfit(path)
        return lambda value: value if type(value) in types else misfit()

    def _free_object(self, path: str) -> Clean:
        misfit, without_nul = self._misfit(path), self._anything(path)
        return lambda value: without_nul(value) if type(value) is dict else misfit()

    def _anything(self, path: str) -> Clean:
        """Return a cleaner for free-form values, which takes U+0000 out at any depth."""

        def clean(value: Any) -> Any:  # noqa: ANN401
            if type(value) is str:
                if "\0" not in value:
                    return value
                self._found[path, Trouble.NUL] += 1
                return value.replace("\0", "")
            if type(value) is dict:
                return {clean(name): clean(one) for name, one in value.items()}
            if type(value) is list:
                return [clean(one) for one in value]
            return value

        return clean

    def _misfit(self, path: str) -> Callable[[], None]:
        def note() -> None:
            self._found[path, Trouble.MISFIT] += 1

        return note


def _utc(value: str) -> str:
    """Return a moment in UTC; Kombo's own spelling stays as it is."""
    moment = datetime.fromisoformat(value)
    if _UTC.fullmatch(value):
        return value
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.replace(tzinfo=None).isoformat() + "Z"


def _day(value: str) -> str:
    """Return a calendar day; midnight is a day too, as Kombo's older models spell it.

    Raises:
        ValueError: If the value is no day, or a moment within one.
    """
    moment = datetime.fromisoformat(value)
    if moment.replace(tzinfo=None) != datetime.combine(moment.date(), datetime.min.time()):
        msg = "a moment within a day"
        raise ValueError(msg)
    return date.isoformat(moment.date())


def _as_list(types: str | list[str]) -> list[str]:
    return [types] if isinstance(types, str) else types
