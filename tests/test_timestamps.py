from __future__ import annotations

import re

import pendulum
import pytest

from tap_kombo.api.timestamps import to_kombo, to_moment

# Kombo's pattern for `updated_after` (kombo-api.md, section 2.8).
ACCEPTED = re.compile(r"^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?)?Z?$")


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York"])
def test_what_is_sent_is_utc_with_milliseconds_and_z(zone: str) -> None:
    moment = pendulum.datetime(2026, 11, 23, 10, 0, 0, 123456).in_timezone(zone)

    assert to_kombo(moment) == "2026-11-23T10:00:00.123Z"
    assert ACCEPTED.match(to_kombo(moment))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31", pendulum.datetime(2026, 1, 31)),
        ("2026-01-31T10:00:00", pendulum.datetime(2026, 1, 31, 10)),
        ("2026-01-31T10:00:00Z", pendulum.datetime(2026, 1, 31, 10)),
        ("2026-01-31T10:00:00+02:00", pendulum.datetime(2026, 1, 31, 8)),
        ("2026-01-31T10:00:00.123Z", pendulum.datetime(2026, 1, 31, 10, 0, 0, 123000)),
    ],
)
def test_dates_and_moments_are_read_in_utc(text: str, moment: pendulum.DateTime) -> None:
    assert to_moment(text) == moment


@pytest.mark.parametrize("text", ["soon", "", "12:00", "P1D", "2026-13-01"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the caller adds the sentence
        to_moment(text)
