"""When a model is read again, or in full again: each integration at its own time."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pendulum


def is_due(
    integration_id: str,
    last: pendulum.DateTime,
    now: pendulum.DateTime,
    interval: pendulum.Duration,
) -> bool:
    """Return whether a pass is due again, or a full one, after the last that was of its kind.

    Each integration has its own moment within six sevenths of the interval, so that those that were
    read together are not all read together again. The last seventh makes sure that
    none follows at once upon another, and that none comes later than the interval allows.
    """
    length = interval.total_seconds()
    share = int.from_bytes(sha256(integration_id.encode()).digest()[:8]) / 2**64
    rest, slot = length / 7, length * 6 / 7
    since = (now.timestamp() - share * slot) % slot  # since its moment has come the last time
    return (now - last).total_seconds() - since >= rest
