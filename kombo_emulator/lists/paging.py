"""How a list is cut into pages: behind a record, by counting, or along a frozen list of ids.

What each way promises to a reader while records change between two pages:

- behind an id: what stays is read once, what appears is read or not;
- behind a time of change, upwards: what stays is read once, what changes once more at the end;
- behind a time of change, downwards: what stays is read once, what changes before it was read not
  at all, for it moved to the front;
- by counting records or pages: nothing, for whatever appears or leaves shifts the rest;
- along a frozen list: what was there at first and has not left is read once, as it is by then.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Literal, NamedTuple

from kombo_emulator.store.rows import Key, derive_id

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Paging = Literal["live", "snapshot", "offset", "page"]


class Cursor(NamedTuple):
    """Where a pass goes on.

    Attributes:
        scope: Digest of what the cursor is good for: integration, path and filters.
        paging: How the list is cut.
        after: The last place that was read, or how many records or pages were.
        page: Number of the page that it leads to, from 2 on.
        frozen: Number of the frozen list of ids, from 1; 0 if pages look at the data anew.
    """

    scope: str
    paging: Paging
    after: Key | int | None = None
    page: int = 1
    frozen: int = 0

    def cut(
        self, keys: Sequence[Key], size: int, matches: Callable[[Key], bool]
    ) -> tuple[list[Key], Cursor | None]:
        """Find the keys of the page that this leads to, and what leads to the next."""
        if self.paging in {"offset", "page"}:
            return self._count(list(filter(matches, keys)), size)
        start = bisect_right(keys, self.after) if isinstance(self.after, tuple) else 0
        found: list[Key] = []
        for place in range(start, len(keys)):
            if matches(keys[place]):
                if len(found) == size:
                    return found, self._replace(after=found[-1], page=self.page + 1)
                found.append(keys[place])
        return found, None

    def _count(self, keys: list[Key], size: int) -> tuple[list[Key], Cursor | None]:
        passed = self.after if isinstance(self.after, int) else 0
        step, start = (1, passed * size) if self.paging == "page" else (size, passed)
        following = self._replace(after=passed + step, page=self.page + 1)
        return keys[start : start + size], following if len(keys) > start + size else None


class Cursors:
    """The cursors given out and the lists frozen for them; the oldest lists are forgotten."""

    def __init__(self, room: int = 256) -> None:
        """Keep at most `room` frozen lists."""
        self._given: dict[str, tuple[Cursor, int]] = {}
        self._frozen: dict[int, list[Key]] = {}
        self._room = room
        self._serial = 0

    def give(self, cursor: Cursor, now: int) -> str:
        """Write a cursor as opaque text, always the same."""
        text = derive_id(repr(cursor))
        self._given[text] = (cursor, now)
        return text

    def take(self, text: str, scope: str) -> tuple[Cursor, int]:
        """Read a cursor, and when it was given out.

        Raises:
            ValueError: If it was made for another list or other filters, or by nobody.
        """
        cursor, at = self._given.get(text, (None, 0))
        if cursor is None or cursor.scope != scope:
            msg = "not a cursor of this list"
            raise ValueError(msg)
        return cursor, at

    def freeze(self, keys: list[Key]) -> int:
        """Keep a list and return its number."""
        self._serial += 1
        self._frozen[self._serial] = keys
        if len(self._frozen) > self._room:
            del self._frozen[min(self._frozen)]
        return self._serial

    def frozen(self, number: int) -> list[Key] | None:
        """A list kept before, or none if it was forgotten."""
        return self._frozen.get(number)
