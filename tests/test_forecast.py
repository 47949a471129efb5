"""How long a run takes at least, as it and `--doctor` tell."""

from __future__ import annotations

import logging
import math
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from made_up_time import START, limits_of, now, play

from tap_kombo.api.limits import Grant, Rate
from tap_kombo.replication.forecast import minutes_of

if TYPE_CHECKING:
    from starlette.responses import Response
    from support import Kombo

    from kombo_emulator.exchange import Received

A = "greenhouse:demo"
LIMIT = 300


async def seconds_for(requests: int, window: int, passed: float) -> float:
    """Send requests one after the other, the first when some of a window has passed."""
    limits, used = limits_of(), Counter[float]()
    for _ in range(requests):
        async with limits.leave(None):
            which, into = divmod(now() + passed, window)
            used[which] += 1
            grant = Grant(LIMIT, LIMIT - used[which], math.ceil(window - into))
            limits.learn(grant, now() + START)
    return now()


@pytest.mark.parametrize("passed", [0, 0.5, 0.99])
@pytest.mark.parametrize("window", [60, 600])
@pytest.mark.parametrize("requests", [33, 450, 600, 2863])
def test_a_run_takes_as_long_as_told_and_at_most_two_windows_longer(
    requests: int, window: int, passed: float
) -> None:
    told = minutes_of(requests, Rate(LIMIT, window / LIMIT))

    took = play(seconds_for(requests, window, passed * window))

    assert 60 * told <= took < 60 * (told + 1) + 2 * window + 1


@pytest.mark.parametrize(
    ("requests", "minutes"), [(0, 0), (450, 0), (749, 0), (750, 1), (9000, 28)]
)
def test_what_goes_at_once_and_less_than_a_minute_is_nothing(requests: int, minutes: int) -> None:
    assert minutes_of(requests, Rate(LIMIT, 60 / LIMIT)) == minutes


@pytest.mark.usefixtures("_no_waiting")
@pytest.mark.parametrize(
    ("limit", "told"),
    [(2, ["At Kombo's limit of 1 requests a minute: about 5 minute(s) or more."]), (6, [])],
)
def test_a_run_tells_the_same(
    kombo: Kombo, limit: int, told: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    streams = ("interviews", "jobs", "offers", "tags", "users", "roles", "notes")
    kombo.emulator.add_integration(A)
    state = kombo.run(A, streams=streams).state
    grant = {"limit": limit, "remaining": limit, "reset": 60 * limit}

    def tell(_: Received, right: Response) -> Response:
        right.headers.update({f"ratelimit-{name}": str(value) for name, value in grant.items()})
        return right

    kombo.emulator.alter = tell
    caplog.set_level(logging.INFO)

    kombo.run(A, streams=streams, state=state)  # of at least 8 requests

    assert [one for one in caplog.messages if "requests a minute" in one] == told
