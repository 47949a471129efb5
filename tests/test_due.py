"""Full passes come often enough, not too often, and not all in one run."""

from __future__ import annotations

from collections import Counter

import pendulum
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_kombo.replication.due import is_due

WEEK = pendulum.duration(days=7)
MONDAY = pendulum.datetime(2026, 11, 23, 12)
MOMENTS = st.integers(0, 4 * 10**9).map(pendulum.from_timestamp)


@given(st.text(min_size=1), st.integers(1, 365), MOMENTS, st.floats(0, 1))
def test_one_follows_within_the_interval_and_none_at_once(
    integration_id: str, days: int, last: pendulum.DateTime, share: float
) -> None:
    interval = pendulum.duration(days=days)

    assert is_due(integration_id, last, last.add(days=days), interval)
    early = last.add(seconds=share * days * 86_400 / 7 - 1)
    assert not is_due(integration_id, last, early, interval)


@given(st.text(min_size=1), MOMENTS, st.integers(0, 7 * 24), st.integers(0, 24))
def test_once_due_it_stays_due(
    integration_id: str, last: pendulum.DateTime, hours: int, more: int
) -> None:
    at = last.add(hours=hours)

    if is_due(integration_id, last, at, WEEK):
        assert is_due(integration_id, last, at.add(hours=more), WEEK)


@pytest.mark.parametrize("days", [1, 7])
def test_those_that_were_read_together_are_spread(days: int) -> None:
    ids = [f"tool:{number}" for number in range(100)]
    interval, last = pendulum.duration(days=days), dict.fromkeys(ids, MONDAY)
    per_run: Counter[int] = Counter()
    for hour in range(1, 3 * days * 24 + 1):
        now = MONDAY.add(hours=hour)
        due = [one for one in ids if is_due(one, last[one], now, interval)]
        last |= dict.fromkeys(due, now)
        per_run[hour] = len(due)

    average = len(ids) / (days * 24 * 6 / 7)
    assert max(per_run.values()) <= 4 * average + 4
    assert len(ids) * 3 <= per_run.total() <= len(ids) * 4
