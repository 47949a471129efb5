"""A limit on requests per window of time, told in Kombo's `ratelimit-*` headers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kombo_emulator.behaviour import Behaviour


class RateLimit:
    """Counts requests in fixed windows of the emulator's clock."""

    def __init__(self) -> None:
        """Start with nothing counted."""
        self._window = -1
        self._used = 0

    def count(self, now: int, behaviour: Behaviour) -> tuple[bool, dict[str, str]]:
        """Count a request at `now` (milliseconds since 1970).

        Returns:
            Whether it is within the limit, and the headers that its answer carries.
        """
        length = behaviour.rate_window_seconds * 1000
        window = now // length
        if window != self._window:
            self._window, self._used = window, 0
        self._used += 1
        left = behaviour.rate_limit - self._used
        return left >= 0, {
            "ratelimit-limit": str(behaviour.rate_limit),
            "ratelimit-remaining": str(max(left, 0)),
            "ratelimit-reset": str(-((now - (window + 1) * length) // 1000)),
        }
