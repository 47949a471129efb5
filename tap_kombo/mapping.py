"""What stream maps make of the records of a stream, and what goes out of those that are blanked."""

from __future__ import annotations

import ast
from collections import Counter, deque
from dataclasses import replace
from decimal import Decimal
from fnmatch import fnmatch
from functools import cached_property
from itertools import groupby
from math import isfinite
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import msgspec
from singer_sdk.mapper import (
    NULL_STRING,
    DefaultStreamMap,
    PluginMapper,
    RemoveRecordTransform,
)
from singer_sdk.singerlib import (
    Catalog,
    MetadataMapping,
    RecordMessage,
    SchemaMessage,
    StreamMetadata,
)

from tap_kombo.api.endpoints import PRIMARY_KEY
from tap_kombo.api.mending import UNSTORABLE
from tap_kombo.api.problems import UNMAPPABLE, KomboError, Problem
from tap_kombo.documents import shown
from tap_kombo.records import LEFT_IN_A_TOMBSTONE, Clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from singer_sdk.singerlib.encoding.simple import Message

    from tap_kombo.api.answers import Record

OF_A_DELETION = (PRIMARY_KEY, "integration_id", "remote_deleted_at")
"""What is sent of a blanked record if its last values are to stay."""


class Maps:
    """The stream maps of one stream."""

    def __init__(self, stream: Any) -> None:  # noqa: ANN401 - a `KomboStream`, which knows this
        """Keep the stream; its maps are made when the first page is written."""
        self._stream = stream

    def mapped(self, records: list[Record], integration_id: str) -> Iterator[tuple[str, Record]]:
        """Yield what is sent of records, each with the name that it is sent under.

        Nothing is sent by another way: what is private goes here, and stream maps see the rest.
        Each has exactly the properties of its SCHEMA, in its order: loaders of CSV go by the first
        record, and flattening lets go of what is in an object that is null. One whose key a map
        takes from a property that is null is left out.

        Raises:
            KomboError: If a stream map fails.
        """
        self._stream.hide(records)
        for stream_map, made in zip(self._stream.stream_maps, self._made, strict=True):
            alias, transform = stream_map.stream_alias, stream_map.transform
            blank = dict.fromkeys(stream_map.transformed_schema["properties"])
            keys = stream_map.transformed_key_properties or ()
            is_plain = isinstance(stream_map, DefaultStreamMap)  # it has no expressions
            for record in records if is_plain else [self._nothing | one for one in records]:
                try:
                    mapped = transform(record)
                except Exception as error:  # noqa: BLE001 - an expression raises anything
                    self._stream.fitter.count()  # else it would be of the next page
                    raise _unmappable(self._stream, record, error, integration_id) from None
                if mapped is None:
                    continue
                whole = blank | mapped
                for name, fit in made.items():
                    if (one := whole[name]) is not None:
                        whole[name] = fit(one if type(one) is str else _as_json(one))
                if missing := [key for key in keys if whole.get(key) is None]:
                    self._stream.fitter.note_keyless(f"{missing[0]} of {alias}")
                else:
                    exact = len(whole) == len(blank)
                    yield alias, whole if exact else {name: whole[name] for name in blank}
            if made:
                self._stream.fitter.count()

    @cached_property
    def _made(self) -> list[dict[str, Clean]]:
        """Of each map, what makes the values fit of the columns that it makes.

        The SDK declares most of them as text, whatever an expression gives. Which columns
        flattening makes of an object of an expression is not known: any may be of it.
        """
        stream, found = self._stream, list[dict[str, Clean]]()
        applied = _applied_maps(stream.config, stream.name)
        for stream_map, columns in zip(stream.stream_maps, applied, strict=True):
            there, alias = stream_map.transformed_schema["properties"], stream_map.stream_alias
            made = {
                name
                for name, one in columns.items()
                if one not in (None, NULL_STRING) and not name.startswith("__")
            }
            found.append(
                {
                    name: stream.fitter.cleaner(there[name], f"{name} of {alias}")
                    for name in (made if made <= there.keys() else there)
                }
            )
        return found

    def tried(self, records: list[Record], integration_id: str) -> list[Record]:
        """Return records as the SDK is to map them, none of which its maps fail for.

        What it says of one that fails quotes the expression, or a value.

        Raises:
            KomboError: If a stream map fails.
        """
        deque(self.mapped(records, integration_id), maxlen=0)
        return [self._nothing | one for one in records]

    @cached_property
    def _nothing(self) -> Record:
        """Null for each property that is sent: an expression may name one that Kombo leaves out."""
        left_out, sent = set(self._stream.unwanted), self._stream.effective_schema["properties"]
        return {name: None for name in sent if (name,) not in left_out}

    def deletions(
        self, blanked: list[Record], integration_id: str, version: int | None, at: datetime
    ) -> Iterator[Message]:
        """Yield messages that records are gone, under a SCHEMA without the columns that stay.

        Raises:
            KomboError: If a stream map fails, and before the SCHEMA: others would follow under it.
        """
        mapped = [*self.mapped(blanked, integration_id)]
        for alias, records in groupby(mapped, itemgetter(0)):
            schema = self._deletion_schemas[alias]
            yield schema
            for _, record in records:
                short = {name: record[name] for name in schema.schema["properties"]}
                yield RecordMessage(alias, short, version, at)

    @cached_property
    def _deletion_schemas(self) -> dict[str, SchemaMessage]:
        """Return the SCHEMA of blanked records whose last values are to stay, by the name it has.

        It has the key, what tells of the deletion, and what stream maps make of nothing else.
        """
        found, stream = {}, self._stream
        applied = _applied_maps(stream.config, stream.name)
        for stream_map, made in zip(stream.stream_maps, applied, strict=True):
            alias, schema = stream_map.stream_alias, stream_map.transformed_schema
            keys = stream_map.transformed_key_properties or ()
            known = {*LEFT_IN_A_TOMBSTONE, "config", *getattr(stream_map, "functions", ())}
            columns = {
                name: one
                for name, one in schema["properties"].items()
                if name in (*OF_A_DELETION, *keys) or _uses_only(known, made.get(name))
            }
            found[alias] = SchemaMessage(alias, {**schema, "properties": columns}, keys)
        return found


def _as_json(value: object) -> object:
    """Return what JSON has for a value of Python that is no text, as an expression makes it."""
    try:
        value = msgspec.to_builtins(value, builtin_types=[Decimal], str_keys=True)
    except TypeError:
        return UNSTORABLE
    return UNSTORABLE if type(value) is float and not isfinite(value) else value


def selected_alone(catalog: Catalog, stream: str) -> Catalog:
    """Return a catalog of one stream that is selected, whatever its columns are."""
    whole = StreamMetadata(selected=True)
    metadata = MetadataMapping({**catalog[stream].metadata, (): whole})
    return Catalog([(stream, replace(catalog[stream], metadata=metadata))])


def name_complaints(streams: Iterable[Any]) -> Iterator[str]:
    """Yield a sentence for each name that is none, or that two of some streams would be sent under.

    A loader would take the records of one by the SCHEMA of the other.
    """
    maps = (one for stream in streams for one in stream.stream_maps)
    names = [one.stream_alias for one in maps if not isinstance(one, RemoveRecordTransform)]
    if not all(isinstance(name, str) and name for name in names):
        yield "Setting 'stream_maps': the name of a stream must be a text, and not empty."
        return
    for name, count in Counter(names).items():
        if count > 1:
            told = f"`{shown(name)}` would be the name of two streams"
            yield f"Setting 'stream_maps': {told}; choose another, or leave one of them out."


def concerned_maps(config: Mapping[str, Any], stream: str) -> Iterator[tuple[str, Any]]:
    """Yield the entries of `stream_maps` that a stream goes through."""
    maps = dict(config.get("stream_maps") or {})
    otherwise = {key: maps.pop(key) for key in ("__else__",) if key in maps}
    own = {}
    for key, columns in maps.items():
        source = columns.get("__source__", key) if isinstance(columns, dict) else key
        if fnmatch(stream, source):
            own[key] = columns
    yield from (own or otherwise).items()


def _applied_maps(config: Mapping[str, Any], stream: str) -> list[Mapping[str, Any]]:
    """Return what the settings say of each map that the SDK applies to a stream, in its order.

    The last entry for the stream itself comes first, then those that have it as `__source__`.
    """
    entries = [one if isinstance(one, dict) else {} for _, one in concerned_maps(config, stream)]
    own = [one for one in entries if "__source__" not in one]
    return [*(own[-1:] or [{}]), *(one for one in entries if "__source__" in one)]


def _unmappable(
    stream: Any,  # noqa: ANN401
    record: Mapping[str, Any],
    error: Exception,
    integration_id: str,
) -> KomboError:
    """Say which column's expression fails, without it and without the value."""
    what = type(error).__name__
    if column := _failing_column(stream, record):
        what = f"{what} in column {column}"
    return KomboError(Problem(UNMAPPABLE, what), f"{stream.name} of {integration_id}")


def _failing_column(stream: Any, record: Mapping[str, Any]) -> str | None:  # noqa: ANN401
    """Find the column whose expression fails for a record, by trying one after the other."""
    for key, columns in concerned_maps(stream.config, stream.name):
        for column, expression in columns.items() if isinstance(columns, dict) else ():
            if column.startswith("__") and column != "__filter__":
                continue
            alone: dict[str, Any] = {stream.name: {column: expression}}
            try:
                mapper = PluginMapper({**stream.config, "stream_maps": alone}, stream.logger)
                mapper.register_raw_stream_schema(stream.name, stream.schema, None)
                mapper.stream_maps[stream.name][0].transform(dict(record))
            except Exception:  # noqa: BLE001 - an expression raises anything
                return column if key == stream.name else f"{column} of {key}"
    return None


def _uses_only(known: set[str], expression: object) -> bool:
    """Tell whether something is an expression that uses no other names."""
    if not isinstance(expression, str):
        return False
    names = (one.id for one in ast.walk(ast.parse(expression)) if isinstance(one, ast.Name))
    return known.issuperset(names)
