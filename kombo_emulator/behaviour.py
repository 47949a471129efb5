"""What Kombo's documentation leaves open, as switches: both readings can be tried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Order = Literal["id", "changed", "changed_down"]


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """How the emulator answers where Kombo's behaviour is undocumented or adjustable."""

    updated_after_inclusive: bool = True  # whether a record changed at exactly that time matches
    order: Order = "id"  # or by the moment that `updated_after` compares with, up or down
    paging: Literal["live", "snapshot", "offset", "page"] = "live"
    """A page begins behind the last record of the one before, or after so many records or pages, or
    goes on along the ids that were there at the first page. `kombo_emulator.lists.pages` says what
    each promises."""
    cursor_seconds: float = 0  # age at which a cursor has expired; 0 for never
    expired_cursor: Literal["code", "no code", "empty"] = "code"
    """It is refused with a code, or without one, or answered with no record and no `next`."""
    undocumented_cursor: Literal["follow", "refuse", "ignore"] = "follow"
    """What two lists do with `cursor` and `page_size`, which they do not document though they
    answer `next`: follow them, refuse them as unknown parameters, or ignore them and so send the
    first page again and again."""
    after_14_days: Literal["blank", "remove"] = "blank"  # what becomes of an old tombstone
    blanking_updates: bool = False  # whether it moves `changed_at` and matches `updated_after`
    empty_pages: int = 0  # every n-th page is empty though `next` goes on; 0 for never
    rate_limit: int = 1_000_000  # requests allowed per window, for all integrations together
    rate_window_seconds: int = 60  # on the emulator's clock
    remote_data: bool = False  # whether it holds something; not every plan has it
