"""The budget in made-up time: waiting moves the clock, so no test sleeps."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import TYPE_CHECKING

import pytest
import time_machine

from kombo_emulator import Behaviour
from kombo_emulator.ratelimit import RateLimit
from tap_kombo import budget
from tap_kombo.budget import Budget, StoppedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

NOW = 1_000.0


@dataclass
class FakeTime:
    """A clock that moves when somebody waits."""

    now: float = NOW
    waits: list[float | None] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.now


@dataclass
class FakeCondition:
    """A condition whose waiters let time pass; who would wait for another worker never wakes."""

    time: FakeTime

    def __enter__(self) -> None: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def notify_all(self) -> None: ...

    def wait(self, seconds: float | None) -> None:
        assert seconds is not None
        self.time.waits.append(seconds)
        self.time.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    clock = FakeTime()
    monkeypatch.setattr(budget, "time", clock)
    monkeypatch.setattr(budget, "Condition", lambda: FakeCondition(clock))
    return clock


@pytest.fixture
def ask(clock: FakeTime) -> Callable[..., float]:
    """Send a request with a budget of eight workers, and return the seconds waited."""
    shared = Budget(8, logging.getLogger("test"))

    def send(refused: bool = False, **headers: str) -> float:  # noqa: FBT001, FBT002
        with shared.request() as waited:
            answered = {name.replace("_", "-"): value for name, value in headers.items()}
            shared.learn(answered, clock.now, refused=refused)
        return waited

    return send


def limit(remaining: int, reset: int, limit: int = 300) -> dict[str, str]:
    return {
        "ratelimit_limit": str(limit),
        "ratelimit_remaining": str(remaining),
        "ratelimit_reset": str(reset),
    }


def test_without_headers_nothing_is_held_back(ask: Callable[..., float]) -> None:
    assert [ask() for _ in range(1000)] == [0] * 1000


@pytest.mark.parametrize("value", ["", "many", "-1", "1.5.2"])
def test_headers_that_make_no_sense_are_ignored(ask: Callable[..., float], value: str) -> None:
    ask(ratelimit_limit=value, ratelimit_remaining="0", ratelimit_reset=value)
    ask(retry_after=value)
    assert ask() < budget.MAX_GUESS_SECONDS


def test_the_first_half_of_a_limit_is_used_at_once(ask: Callable[..., float]) -> None:
    ask(**limit(299, 60))
    assert [ask() for _ in range(149)] == [0] * 149


def test_the_rest_is_spread_over_the_time_left(ask: Callable[..., float]) -> None:
    ask(**limit(30, 60))
    assert ask() == 0
    assert ask() == pytest.approx(60 / 30)


def test_a_limit_that_is_used_up_is_waited_for(ask: Callable[..., float]) -> None:
    ask(**limit(0, 42))
    assert ask() == pytest.approx(42)


def test_an_old_answer_does_not_bring_requests_back(ask: Callable[..., float]) -> None:
    ask(**limit(10, 60))
    ask(**limit(200, 60))  # was on its way for longer
    assert ask() > 1


@pytest.mark.parametrize("length", [6, 60])
@pytest.mark.parametrize("step", [0.001, 0.02, 0.15])
def test_the_limit_is_used_up_and_not_overrun(clock: FakeTime, length: int, step: float) -> None:
    """`step` is how long an answer takes; with 0.15 seconds one worker cannot use the limit up."""
    shared = Budget(1, logging.getLogger("test"))
    server, behaviour = RateLimit(), Behaviour(rate_limit=300, rate_window_seconds=length)
    allowed = refused = 0
    ends = NOW + 10 * length
    while clock.now < ends:
        with shared.request():
            sent_at = clock.now
            clock.now += step / 2
            good, headers = server.count(round(clock.now * 1000), behaviour)
            clock.now += step / 2
            shared.learn(headers, sent_at, refused=not good)
        allowed += good
        refused += not good
    possible = min(300 * 10, 10 * length / step)
    assert allowed >= 0.95 * possible
    assert refused <= 0.01 * (allowed + refused)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "7"}, 7),
        ({"retry_after": formatdate(NOW + 9, usegmt=True)}, 9),
        ({"retry_after": "7", "ratelimit_reset": "50"}, 7),
        ({"ratelimit_reset": "50"}, 50),
        ({}, 2),
    ],
)
def test_a_refusal_makes_all_wait(
    ask: Callable[..., float], headers: dict[str, str], seconds: float
) -> None:
    with time_machine.travel(NOW, tick=False):
        ask(refused=True, **headers)
        assert ask() == pytest.approx(seconds)


def test_retry_after_counts_without_a_refusal_too(ask: Callable[..., float]) -> None:
    ask(retry_after="3")
    assert ask() == pytest.approx(3)


def test_refusals_without_a_hint_are_waited_out_ever_longer(ask: Callable[..., float]) -> None:
    waits = [ask(refused=True) for _ in range(8)]
    assert waits == pytest.approx([0, 2, 4, 8, 16, 32, 60, 60])


def test_fewer_requests_are_in_flight_until_it_goes_well(clock: FakeTime) -> None:
    shared = Budget(8, logging.getLogger("test"))

    def places() -> int:
        """How many requests get leave at the same time."""
        held = []
        while shared._delay(clock.now) == 0:
            held.append(shared.request())
            held[-1].__enter__()
        for one in held:
            one.__exit__(None, None, None)
        return len(held)

    def answer(*, refused: bool) -> None:
        with shared.request():
            shared.learn({}, clock.now, refused=refused)

    assert places() == 8
    answer(refused=True)
    clock.now += 100
    assert places() == 4
    answer(refused=True)
    clock.now += 100
    assert places() == 2
    for _ in range(2 + 3):
        answer(refused=False)
    assert places() == 4
    for _ in range(100):
        answer(refused=False)
    assert places() == 8


def test_waiting_is_told_once(ask: Callable[..., float], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    ask(**limit(2, 42))
    ask()
    ask()
    ask(refused=True, retry_after="5")
    assert [record.getMessage() for record in caplog.records] == [
        "Kombo's limit of 300 requests is used up: waiting 21.0 seconds.",
        "Kombo asks for a pause of 5.0 seconds; then at most 4 request(s) at a time.",
    ]


@pytest.mark.usefixtures("clock")
def test_who_waits_is_sent_home_when_the_run_ends() -> None:
    shared = Budget(1, logging.getLogger("test"))
    shared.stop()
    with pytest.raises(StoppedError), shared.request():
        pass
