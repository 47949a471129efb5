"""Makes the records of a page storable by every loader.

Nearly every page can be sent as it is; compiled code says so of a whole page. The others are
walked value by value, which costs many times more. Both follow one set of rules: declared
properties, fitting values, moments in UTC, no U+0000, no nesting beyond `DEEPEST`, no null in a
list; a number or a boolean where a text is declared becomes text, as some properties hold either.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import msgspec
from msgspec import Meta

from tap_kombo.api.endpoints import PRIMARY_KEY
from tap_kombo.api.mending import UNSTORABLE
from tap_kombo.documents import is_shallow

if TYPE_CHECKING:
    from tap_kombo.api.answers import Page, Record

DEEPEST = 64
"""Levels of a free-form value that are kept; loaders and interpreters give up somewhere beyond."""

REPLACEMENT = "\ufffd"

Clean: TypeAlias = Callable[[Any], Any]
"""Turns a value that is not null into one that can be stored."""


class Trouble(StrEnum):
    """What can be wrong with a value, and what is sent instead."""

    UNDECLARED = "not in the schema, left out"
    MISFIT = "not of the declared type, sent as null"
    NO_MOMENT = "neither date nor time, sent as null"
    NUL = "U+0000 removed"
    BROKEN = "broken text, replaced by U+FFFD"
    DEEP = f"nested more than {DEEPEST} levels deep, sent as null"
    GAP = "null in a list, which typed warehouses refuse, left out"
    KEYLESS = "no key, the record is left out"


Found: TypeAlias = Counter[tuple[str, Trouble]]
"""How often each trouble was found at each property path, e.g. `users[].email`."""

_NUMBERS: tuple[type, ...] = (int, float, Decimal)
_SCALARS: Mapping[str, tuple[type, ...]] = {"boolean": (bool,), "number": _NUMBERS}

LARGEST = 2**63 - 1
"""Of the whole numbers that every typed warehouse has."""

_LEAP_YEAR = r"(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
_DAY = (
    r"(?!0000)(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    r"|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    rf"|{_LEAP_YEAR}-02-29)"
)
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?Z"
_UTC = rf"{_DAY}T{_TIME}"
"""What Kombo sends, and every loader reads, as it is."""

LEFT_IN_A_TOMBSTONE = frozenset({"id", "integration_id", "changed_at", "remote_deleted_at"})


def compile_cleaner(schema: Mapping[str, Any], found: Found) -> Clean:
    """Return a function that cleans the records of a schema; `found` counts what was wrong."""
    return _Compiler(found).of(schema, "")


def is_anonymized(record: Mapping[str, Any]) -> bool:
    """Return whether a record is a tombstone of which Kombo has blanked every value.

    Kombo does so 14 days after it noticed the deletion (docs.kombo.dev, deletion policy). Whether
    it still nests records that point at the tombstone is not documented; they do not count.
    """
    return record.get("remote_deleted_at") is not None and not any(
        _is_left(value) for name, value in record.items() if name not in LEFT_IN_A_TOMBSTONE
    )


def _is_left(value: object) -> bool:
    """Return whether a value says anything of its own; a nested record does not."""
    if isinstance(value, dict):
        return "id" not in value and any(map(_is_left, value.values()))
    return any(map(_is_left, value)) if isinstance(value, list) else bool(value)


def survey(records: Sequence[Record]) -> tuple[str, list[Record]]:
    """Return the newest `changed_at`, if any record has one, and the records that are blanked."""
    newest = max((record.get("changed_at") or "" for record in records), default="")
    gone = [record for record in records if record.get("remote_deleted_at") is not None]
    return newest, [record for record in gone if is_anonymized(record)]


class Fitter:
    """Makes the pages of one stream fit the schema of all that Kombo sends.

    Attributes:
        troubles: What was found in all pages.
        misfits: How many values of the last page did not fit, by path.
        keyless: How many records of it were left out.
    """

    def __init__(self, schema: Mapping[str, Any], stream: str) -> None:
        """Compile what all pages share."""
        self.troubles: Found = Counter()
        self.misfits: Counter[str] = Counter()
        self.keyless = 0
        self._found: Found = Counter()
        self._clean = compile_cleaner(schema, self._found)
        self._fits = compile_fits(schema, stream)

    def fit(self, page: Page, integration_id: str) -> list[Record]:
        """Return the records of a page that have a key, as every loader can store them.

        Each says whose it is, which Kombo itself never does; deselected columns are still there.
        """
        records, self.misfits, self.keyless = page.records, Counter(), 0
        if page.suspect or not self._fits(records):
            records = [record for one in records if (record := self._cleaned(one))]
            self.count()
        for record in records:
            record["integration_id"] = integration_id
        return records

    def cleaner(self, schema: Mapping[str, Any], path: str) -> Clean:
        """Return what makes values fit that are made of those of a page; `count` keeps what was."""
        return _Compiler(self._found).of(schema, path)

    def count(self) -> None:
        """Keep what was found in a page, for the page and in all."""
        self.troubles.update(self._found)
        for (path, _), count in self._found.items():
            self.misfits[path] += count
        self._found.clear()

    def note_keyless(self, path: str) -> None:
        """Count a record that is left out, as the key that it has at a path is none."""
        self.keyless += 1
        self.troubles[path, Trouble.KEYLESS] += 1

    def _cleaned(self, record: Record) -> Record | None:
        """Clean a record; one without a key cannot be stored, nor found again."""
        key = record.get(PRIMARY_KEY)
        if type(key) is not str or not key.replace("\0", "") or REPLACEMENT in key:
            self.note_keyless(PRIMARY_KEY)
            return None
        cleaned: Record = self._clean(record)
        return cleaned


class _Compiler:
    """Builds one small function for each place in a schema."""

    def __init__(self, found: Found) -> None:
        self._found = found

    def of(self, schema: Mapping[str, Any], path: str) -> Clean:
        """Return the cleaner of the values at a path."""
        kind = _kind(schema)
        if kind == "object" and "properties" in schema:
            return self._object(schema["properties"], path)
        if kind == "object":
            return self._free_object(path)
        if kind == "array":
            return self._array(schema.get("items", {}), path)
        if kind == "string":
            return self._text(schema.get("format"), path)
        if kind == "integer":
            return self._integer(path)
        return self._scalar(_SCALARS[kind], path) if kind else self._anything(path)

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
            if not isinstance(value, list | tuple):  # a stream map may make the latter
                return misfit()
            cleaned = [inner(one) for one in value if one is not None]
            entries = [one for one in cleaned if one is not None]
            if gaps := len(value) - len(entries):
                self._found[f"{path}[]", Trouble.GAP] += gaps
            return entries

        return clean

    def _text(self, kind: str | None, path: str) -> Clean:
        misfit = self._misfit(path)
        read = {"date-time": _utc, "date": _day}.get(kind or "")

        def clean_text(value: Any) -> Any:  # noqa: ANN401
            if type(value) is str:
                return self._text_of(value, path)
            if type(value) is bool:
                return str(value).lower()
            return str(value) if type(value) in _NUMBERS else misfit()

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

    def _integer(self, path: str) -> Clean:
        misfit = self._misfit(path)

        def clean(value: Any) -> int | None:  # noqa: ANN401
            is_near = type(value) in _NUMBERS and abs(value) <= LARGEST
            return int(value) if is_near and value == int(value) else misfit()

        return clean

    def _free_object(self, path: str) -> Clean:
        misfit, free = self._misfit(path), self._anything(path)
        return lambda value: free(value) if type(value) is dict else misfit()

    def _anything(self, path: str) -> Clean:
        """Return a cleaner for free-form values, which looks at every depth."""

        def clean(value: Any) -> Any:  # noqa: ANN401
            if type(value) is str:
                return self._text_of(value, path)
            if type(value) is dict:
                return {clean(name): clean(one) for name, one in value.items()}
            if type(value) is list:
                return [clean(one) for one in value]
            if value is UNSTORABLE:
                self._found[path, Trouble.MISFIT] += 1
                return None
            return value

        def bounded(value: Any) -> Any:  # noqa: ANN401
            if is_shallow(value, DEEPEST):
                return clean(value)
            self._found[path, Trouble.DEEP] += 1
            return None

        return bounded

    def _text_of(self, value: str, path: str) -> str:
        if REPLACEMENT in value:
            self._found[path, Trouble.BROKEN] += 1
        if "\0" not in value:
            return value
        self._found[path, Trouble.NUL] += 1
        return value.replace("\0", "")

    def _misfit(self, path: str) -> Callable[[], None]:
        def note() -> None:
            self._found[path, Trouble.MISFIT] += 1

        return note


def _kind(schema: Mapping[str, Any]) -> str:
    """Return the one type of the values of a schema that are not null; empty if it has not one."""
    types = schema.get("type", [])
    kinds = {*([types] if isinstance(types, str) else types)} - {"null"}
    return str(kinds.pop()) if len(kinds) == 1 else ""


def _utc(value: str) -> str:
    """Return a moment in UTC; Kombo's own spelling stays as it is."""
    if re.fullmatch(_UTC, value):
        return value
    moment = datetime.fromisoformat(value)
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.replace(tzinfo=None).isoformat() + "Z"


def _day(value: str) -> str:
    """Return a calendar day; midnight is a day too, as Kombo's older models spell it.

    Raises:
        ValueError: If the value is no day, or a moment within one.
    """
    moment = datetime.fromisoformat(value)
    if moment.time() != time.min:
        msg = "a moment within a day"
        raise ValueError(msg)
    return moment.date().isoformat()


_TEXTS: Mapping[str | None, Any] = {
    "date": Annotated[str, Meta(pattern=rf"\A{_DAY}\Z")],
    "date-time": Annotated[str, Meta(pattern=rf"\A{_UTC}\Z")],
}
_KEY: Any = Annotated[str, Meta(pattern=rf"\A[^{REPLACEMENT}]+\Z")]
_SCALAR_TYPES: Mapping[str, Any] = {
    "boolean": bool,
    "integer": Annotated[int, Meta(ge=-LARGEST, le=LARGEST)],
    "number": int | Decimal,
}


class _FreeForm:
    """Stands for a value of any JSON type that is not too deep."""


class _FreeObject:
    """Stands for an object of which no property is declared."""


def _check_free(kind: type, value: Any) -> Any:  # noqa: ANN401
    """Let msgspec accept a free-form value; it calls this for each one.

    Raises:
        ValueError: If it is no object though it has to be, or too deep.
    """
    if (kind is _FreeObject and type(value) is not dict) or not is_shallow(value, DEEPEST):
        raise ValueError
    return kind()


def compile_fits(schema: Mapping[str, Any], stream: str) -> Callable[[list[Record]], bool]:
    """Return a function that tells whether the records of a page need no cleaning.

    It is true only if each has an id, no property but the declared ones, only values of the
    declared types, and moments in UTC. Texts are not looked into.
    """
    wanted: Any = list[_struct(schema["properties"], stream)]  # type: ignore[misc]

    def fits(records: list[Record]) -> bool:
        try:
            # Without `builtin_types` texts pass as numbers.
            msgspec.convert(records, wanted, builtin_types=[Decimal], dec_hook=_check_free)
        except msgspec.ValidationError:
            return False
        return True

    return fits


def _struct(properties: Mapping[str, Any], path: str) -> type[msgspec.Struct]:
    """Return a type for objects with no property but the declared ones, each of which may lack."""
    fields = []
    for name, schema in properties.items():
        if name == PRIMARY_KEY and "." not in path:
            fields.append((name, _KEY))
        else:
            fields.append((name, _type(schema, f"{path}.{name}") | None, None))  # type: ignore[arg-type]
    return msgspec.defstruct(path, fields, forbid_unknown_fields=True, kw_only=True, gc=False)


def _type(schema: Mapping[str, Any], path: str) -> Any:  # noqa: ANN401 - a type made at run time
    """Return what `records` takes for a fitting value."""
    kind = _kind(schema)
    if kind == "object":
        properties = schema.get("properties")
        return _FreeObject if properties is None else _struct(properties, path)
    if kind == "array":
        return list[_type(schema.get("items", {}), path)]  # type: ignore[misc]
    if kind == "string":
        return _TEXTS.get(schema.get("format"), str)
    return _SCALAR_TYPES[kind] if kind else _FreeForm
