"""Date-times as Kombo reads and writes them."""

from __future__ import annotations

import pendulum


def to_kombo(moment: pendulum.DateTime) -> str:
    """Return a moment as Kombo reads and writes it: `2026-11-23T10:00:00.000Z`.

    Kombo refuses a numeric offset such as `+00:00` (pattern of `updated_after`).
    """
    text = moment.in_timezone("UTC").isoformat(
        timespec="milliseconds"
    )  # `format` takes 5 x as long
    return f"{text.removesuffix('+00:00')}Z"


def to_moment(value: str) -> pendulum.DateTime:
    """Read a moment; one without a zone is in UTC.

    Args:
        value: ISO 8601 date or date-time.

    Returns:
        The moment in UTC.

    Raises:
        ValueError: If it is no such moment.
    """
    moment = pendulum.parse(value, exact=True)
    if isinstance(moment, pendulum.DateTime):
        return moment.in_timezone("UTC")
    if isinstance(moment, pendulum.Date):
        return pendulum.datetime(moment.year, moment.month, moment.day)
    msg = f"not a date-time: {value}"
    raise ValueError(msg)
