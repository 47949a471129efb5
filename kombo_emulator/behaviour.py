"""What Kombo's documentation leaves open, as switches: both readings can be tried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Order = Literal["id", "changed", "changed_down"]


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """How the emulator answers where Kombo's behaviour is undocumented or adjustable.

    Attributes:
        updated_after_inclusive: Whether a record changed at exactly `updated_after` is returned.
        order: Lists go by id, or by the moment that `updated_after` compares with, up or down.
        paging: A page begins behind the last record of the one before (`live`), after so many
            records (`offset`), or goes on along the ids that were there at the first page
            (`snapshot`). `kombo_emulator.lists.pages` says what each promises.
        cursor_seconds: Age at which a cursor has expired; 0 for never.
        expired_cursor: It is refused with a code, or without one, or answered with no record and
            no `next`.
        undocumented_cursor: What two lists do with `cursor` and `page_size`, which they do not
            document though they answer `next`: follow them, refuse them as unknown parameters,
            or ignore them and so send the first page again and again.
        after_14_days: Whether an old tombstone is blanked or removed.
        blanking_updates: Whether blanking moves `changed_at` and matches `updated_after`.
        empty_pages: Every n-th page of a pass is empty though `next` goes on; 0 for never, and 1
            would never end.
        rate_limit: Requests allowed per window, for all integrations together.
        rate_window_seconds: Length of that window on the emulator's clock.
        remote_data: Whether `remote_data` holds something; not every plan has it.
    """

    updated_after_inclusive: bool = True
    order: Order = "id"
    paging: Literal["live", "snapshot", "offset"] = "live"
    cursor_seconds: float = 0
    expired_cursor: Literal["code", "no code", "empty"] = "code"
    undocumented_cursor: Literal["follow", "refuse", "ignore"] = "follow"
    after_14_days: Literal["blank", "remove"] = "blank"
    blanking_updates: bool = False
    empty_pages: int = 0
    rate_limit: int = 1_000_000
    rate_window_seconds: int = 60
    remote_data: bool = False
