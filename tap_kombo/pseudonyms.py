"""Pseudonyms: keyed hashes instead of personal values, the same wherever a value occurs."""

from __future__ import annotations

import hmac
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING, Any

from tap_kombo.api.endpoints import ENDPOINTS
from tap_kombo.privacy import Class, class_of, place, walk
from tap_kombo.schemas import load_schema
from tap_kombo.selection import ENTRIES, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from tap_kombo.selection import Edits, Path

DIGITS = 32
"""Hex digits of a pseudonym: half of what SHA-256 gives, and far more than there are people."""

CACHED = 50_000
"""So many pseudonyms are remembered; the same people stand in many records."""


class Treatment(StrEnum):
    """What becomes of a value."""

    HASH = "hashed"
    NULL = "nulled"
    CLEAR = "left readable"


PRESETS: Mapping[str, frozenset[Class]] = {
    "people": frozenset({Class.NAME, Class.EMAIL, Class.PHONE}),
    "strict": frozenset(Class) - {Class.PAY, Class.PLAIN},
}
"""Classes that are hidden."""

STRICT_ENDS = frozenset({"custom_fields", "remote_id", "employee_number"})
"""Ends of paths that `strict` hides too: the tool's own ids lead back to a person."""

_NEVER = frozenset({"id", "integration_id", "changed_at", "remote_deleted_at"}).union(
    *(endpoint.key for endpoint in ENDPOINTS)
)
"""What keys and bookmarks are made of stays; ids of Kombo name nobody."""


@dataclass(frozen=True)
class Plan:
    """What is hidden, and how.

    Attributes:
        preset: Name of the preset.
        keep: Patterns of what stays clear all the same.
        hash: Patterns of what is hashed besides.
        null: Patterns of what is nulled besides.
        email_domain: Whether the domain of an e-mail address stays.
    """

    preset: str = "people"
    keep: Sequence[str] = ()
    hash: Sequence[str] = ()
    null: Sequence[str] = ()
    email_domain: bool = False

    @classmethod
    def of(cls, setting: str | Mapping[str, Any]) -> Plan:
        """Read the setting `pseudonyms`."""
        return cls(preset=setting) if isinstance(setting, str) else cls(**setting)

    def treatment(self, stream: str, path: Sequence[str], schema: Mapping[str, Any]) -> Treatment:
        """Return what becomes of the values of a property."""
        one = place(stream, path)
        if path[-1] in _NEVER:
            return Treatment.CLEAR
        if _named(one, self.null):
            return Treatment.NULL
        is_hidden = _named(one, self.hash) or (
            class_of(stream, path) in PRESETS[self.preset]
            or (self.preset == "strict" and path[-1] in STRICT_ENDS)
        )
        if not is_hidden or _named(one, self.keep):
            return Treatment.CLEAR
        return Treatment.HASH if _is_text(schema) else Treatment.NULL


def _named(one: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(one, pattern) for pattern in patterns)


def _is_text(schema: Mapping[str, Any]) -> bool:
    """Tell whether a hash fits: a text that is no date."""
    return "string" in schema.get("type", ()) and "format" not in schema


def treatments(
    plan: Plan, stream: str, schema: Mapping[str, Any]
) -> Iterator[tuple[Path, Treatment]]:
    """Yield what becomes of each value of a stream, without those below one that is nulled."""
    nulled: list[Path] = []
    for path, one in walk(schema):
        if any(path[: len(above)] == above for above in nulled):
            continue
        items = one.get("items", {})
        values = items if items and "properties" not in items else one  # of a list of texts, these
        told = plan.treatment(stream, path, values)
        if told is Treatment.NULL:
            nulled.append(path)
            yield path, told
        elif "properties" not in one and "properties" not in items:
            yield (path if values is one else (*path, ENTRIES)), told


def hiding(config: Mapping[str, Any], stream: str, schema: Mapping[str, Any]) -> Edits:
    """Return what hides the personal values of a stream; nothing without `pseudonyms`.

    Args:
        config: The settings.
        stream: Name of the stream.
        schema: Its JSON Schema, without what is not sent.
    """
    if not config.get("pseudonyms"):
        return {}
    plan = Plan.of(config["pseudonyms"])
    hashed = _hashing(config["pseudonym_key"].encode(), email_domain=plan.email_domain)
    return {
        path: _none
        if told is Treatment.NULL
        else partial(hashed, class_of(stream, path) or Class.PLAIN)
        for path, told in treatments(plan, stream, schema)
        if told is not Treatment.CLEAR
    }


def pseudonym(key: bytes, kind: Class, value: str) -> str:
    """Return the pseudonym of a value; equal texts of two classes have two.

    It is the first 32 hex digits of HMAC-SHA256 over the class, a line end, and the value as
    `normalised` gives it.
    """
    message = f"{kind.value}\n{normalised(kind, value)}".encode("utf-8", "replace")
    return hmac.digest(key, message, "sha256").hex()[:DIGITS]


def normalised(kind: Class, value: str) -> str:
    """Return a value as it is hashed, so that two spellings of one thing are one."""
    if kind is Class.EMAIL:
        return value.strip().lower()
    if kind is Class.PHONE:
        return "".join(one for one in value if one.isdecimal() or one == "+")
    if kind is Class.NAME:
        return unicodedata.normalize("NFC", value).strip().casefold()
    return value


def _hashing(key: bytes, *, email_domain: bool) -> Callable[[Class, object], str | None]:
    """Return what makes a pseudonym of a value of a class; it has none unless it is a text."""

    @lru_cache(CACHED)
    def made(kind: Class, value: str) -> str:
        hashed = pseudonym(key, kind, value)
        local, at, domain = value.strip().lower().rpartition("@")
        keeps_domain = email_domain and kind is Class.EMAIL and local and at
        return f"{hashed}@{domain}" if keeps_domain else hashed

    return lambda kind, value: made(kind, value) if type(value) is str else None


def _none(_: object) -> None:
    """Hide a value that cannot be hashed."""


def pseudonym_complaints(
    value: str | Mapping[str, Any], config: Mapping[str, Any]
) -> Iterator[str]:
    """Yield one sentence for each mistake in the setting `pseudonyms`."""
    plan = {"preset": value} if isinstance(value, str) else value
    if plan.get("preset", "people") not in PRESETS:
        yield f"its preset must be one of {', '.join(PRESETS)}"
    key = config.get("pseudonym_key")
    if not key:
        yield "it needs 'pseudonym_key', as there are no hashes without a key"
    elif key == config.get("api_key"):
        yield "'pseudonym_key' must not be the API key, which others know"
    for name in ("keep", "hash", "null"):
        for number, pattern in enumerate(plan.get(name, ()), 1):
            found = [one for one in _all_places() if fnmatchcase(one, pattern)]
            if not found:
                hint = did_you_mean(pattern, _all_places())
                yield f"entry {number} of `{name}` names no property{hint}"
            elif name != "keep" and all(one.rpartition(".")[2] in _NEVER for one in found):
                yield f"entry {number} of `{name}` names a key or a mark, which is never hidden"


def key_complaints(_: str, config: Mapping[str, Any]) -> Iterator[str]:
    """Refuse a key of pseudonyms that there are none of: somebody takes what is sent for hashes."""
    if not config.get("pseudonyms"):
        yield "it has no effect without 'pseudonyms'; set that, or remove the key"


@cache
def _all_places() -> tuple[str, ...]:
    return tuple(
        place(one.name, path) for one in ENDPOINTS for path, _ in walk(load_schema(one.name))
    )
