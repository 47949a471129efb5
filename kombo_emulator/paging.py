"""Cursors, and the search for the next page in a sorted list of keys."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_right
from hashlib import blake2b
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Key = tuple[int, str]
"""Place of a record in its list: (updated_at, id), or (0, id) where lists go by id."""

_CHECKSUM = 8


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """Where a pass goes on.

    Attributes:
        scope: Digest of what the cursor is good for: integration, path and filters.
        after: The last place that was read.
        page: Number of the page that it leads to, from 2 on.
        snapshot: Number of the frozen list of ids; none if pages look at the data anew.
    """

    scope: str
    after: Key
    page: int
    snapshot: int | None = None

    def encode(self) -> str:
        """Write it as opaque text."""
        body = msgspec.json.encode(self)
        return urlsafe_b64encode(_checksum(body) + body).decode()


def decode(text: str, scope: str) -> Cursor:
    """Read a cursor and check that it belongs here.

    Raises:
        ValueError: If it is malformed or was made for another list or other filters.
    """
    msg = "not a cursor of this list"
    try:
        raw = urlsafe_b64decode(text.encode())
        checksum, body = raw[:_CHECKSUM], raw[_CHECKSUM:]
        cursor = msgspec.json.decode(body, type=Cursor)
    except (binascii.Error, msgspec.DecodeError, UnicodeError) as error:
        raise ValueError(msg) from error
    if checksum != _checksum(body) or cursor.scope != scope:
        raise ValueError(msg)
    return cursor


def scope_of(*parts: object) -> str:
    """Digest of what a cursor is bound to."""
    return blake2b(repr(parts).encode(), digest_size=9).hexdigest()


def next_page(
    keys: Sequence[Key], after: Key | None, size: int, matches: Callable[[Key], bool]
) -> tuple[list[Key], bool]:
    """Find up to `size` matching keys behind `after`, and whether more follow."""
    start = 0 if after is None else bisect_right(keys, after)
    found: list[Key] = []
    for place in range(start, len(keys)):
        if matches(keys[place]):
            if len(found) == size:
                return found, True
            found.append(keys[place])
    return found, False


class Snapshots:
    """Lists of ids frozen when a pass began; the oldest are forgotten."""

    def __init__(self, room: int = 256) -> None:
        """Keep at most `room` lists."""
        self._room = room
        self._lists: dict[int, list[Key]] = {}
        self._serial = 0

    def freeze(self, keys: Iterable[Key]) -> int:
        """Keep a list and return its number."""
        self._serial += 1
        self._lists[self._serial] = sorted(keys)
        if len(self._lists) > self._room:
            del self._lists[min(self._lists)]
        return self._serial

    def get(self, number: int) -> list[Key]:
        """Return a list kept before.

        Raises:
            ValueError: If it was forgotten.
        """
        if number not in self._lists:
            msg = "the pass that this cursor belongs to is too old"
            raise ValueError(msg)
        return self._lists[number]


def _checksum(body: bytes) -> bytes:
    return blake2b(body, digest_size=_CHECKSUM).digest()
