"""Puts values that loaders trip over into the emulator's answers, wherever a schema allows them."""

from __future__ import annotations

import json
import re
import zlib
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.responses import Response

from tap_kombo.api.endpoints import ENDPOINTS
from tap_kombo.schemas import load_schema

if TYPE_CHECKING:
    from kombo_emulator.exchange import Received

TEXTS = (
    "",
    " ",
    "a\0b",
    "\x01\x07\x0b\x1b\x7f\x85",
    "two\r\nlines\tand a tab\rand\n",
    r"\N",
    r"\.",
    "NULL",
    "null",
    "\u2028 and \u2029",
    "Zo\u00eb \U0001f469\u200d\U0001f4bb \u202eabc",
    "it's \"quoted\", 'twice', with, commas; and {braces} [too] %s $1 \\",
    "0001",
    "1e5",
    "NaN",
    "x" * 20_000,
)
MOMENTS = (
    "0001-01-01T00:00:00.000Z",
    "9999-12-31T23:59:59.999Z",
    "1969-12-31T23:59:59.999999Z",
    "2026-02-28T23:59:59.123456Z",
    "2026-07-01T12:00:00.000+05:30",
    "2026-03-29T02:30:00.000-08:00",
    "not a date",
)
DAYS = ("0001-01-01", "9999-12-31", "2024-02-29", "1582-10-10", "not a date")
BEYOND_64_BITS = "123456789012345678901234567890"
NUMBERS = tuple(
    map(
        Decimal,
        (
            "0",
            "-1",
            "0.1",
            "1E30",
            "9007199254740993",
            BEYOND_64_BITS,
            "12345678901234567890.1234567891",
            "-79228162514264337593543950335.9999999999",
            "0.000000001",
            "123456.789",
        ),
    )
)
FREE: tuple[Any, ...] = (
    {},
    {"a": {"b": [{"c": None}, [], {}]}, "": "no name", "a b\"'\\\n": True, "\u2028": "\0"},
    {"n": list(NUMBERS), "t": TEXTS[5], "m": MOMENTS[0], "k": {"\0x": TEXTS[10]}},
)
LEFT = {"id", "integration_id", "changed_at", "remote_deleted_at"}
ONE_IN = 4
"""So few values are replaced; the others stay as the emulator makes them."""

_ENCODER = msgspec.json.Encoder(decimal_format="number")
PATHS = {
    endpoint.name: re.compile(re.sub(r"\{\w+\}", "[^/]+", endpoint.path))
    for endpoint in ENDPOINTS
    if endpoint.category != "GENERAL"  # which tools there are is not to be changed
}


@dataclass(frozen=True)
class Spoiler:
    """Replaces values of one record; the same record is spoilt the same way in every answer."""

    record_id: str

    def pick(self, path: str, among: tuple[Any, ...]) -> Any:  # noqa: ANN401
        return among[zlib.crc32(f"{self.record_id} {path}".encode()) // ONE_IN % len(among)]

    def hits(self, path: str) -> bool:
        return zlib.crc32(f"{self.record_id} {path}".encode()) % ONE_IN == 0

    def inner(self, value: Any, schema: dict[str, Any], path: str) -> Any:  # noqa: ANN401
        """A value of which some at any depth are others; null stays null."""
        if isinstance(value, dict) and "properties" in schema:
            return self.object(value, schema, path)
        if isinstance(value, list) and "items" in schema:
            if self.hits(path):
                return self.pick(path, ([], None, value * 2))
            return [
                self.inner(one, schema["items"], f"{path}.{at}") for at, one in enumerate(value)
            ]
        if value is None or not self.hits(path):
            return value
        return self.pick(path, extremes(schema))

    def object(self, record: dict[str, Any], schema: dict[str, Any], path: str) -> Any:  # noqa: ANN401
        if path and self.hits(path):
            return self.pick(path, (None, {}))
        return {
            name: one
            if name in LEFT or name not in schema["properties"]
            else self.inner(one, schema["properties"][name], f"{path}.{name}")
            for name, one in record.items()
        }


def extremes(schema: dict[str, Any]) -> tuple[Any, ...]:
    """What may take the place of a value that is no object with declared properties."""
    if "anyOf" in schema:
        return (*TEXTS, *NUMBERS, *FREE, True, None, list(TEXTS[:9]), [1, "a", {"b": None}, [2]])
    by_format = {"date-time": MOMENTS, "date": DAYS}
    if schema.get("format") in by_format:
        return (*by_format[schema["format"]], None)
    return {
        "string": (*TEXTS, None),
        "number": (*NUMBERS, None),
        "boolean": (True, False, None),
        "object": (*FREE, None),
    }[schema["type"][0]]


def alter(asked: Received, right: Response) -> Response:
    """Spoil the records of a list; for `Emulator.alter`."""
    streams = [name for name, path in PATHS.items() if path.fullmatch(asked.path)]
    if not streams or right.status_code != 200:
        return right
    answer = json.loads(bytes(right.body), parse_float=Decimal)
    schema = load_schema(streams[0])
    for name, found in answer["data"].items():
        if isinstance(found, list):
            answer["data"][name] = [Spoiler(one["id"]).object(one, schema, "") for one in found]
    headers = {name: value for name, value in right.headers.items() if name != "content-length"}
    return Response(_ENCODER.encode(answer), right.status_code, headers)
