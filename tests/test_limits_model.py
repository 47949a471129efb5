"""Limits against a model of Kombo, with answers as slow and as mixed up as can be."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass, field, replace
from itertools import cycle, pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from made_up_time import limits_of, play

from tap_kombo.api.limits import Grant, Limits

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Sent:
    """A request as Kombo and we saw it."""

    wanted_at: float
    at: float
    counted_at: float = 0
    window: int = -1
    refused: bool = False
    answered_at: float = math.inf


@dataclass
class Model:
    """Kombo counts requests in windows of fixed length, and refuses those beyond the limit.

    Its windows follow each other, or each begins with the first request after the last one.
    """

    limit: int
    length: float
    phase: float
    on_demand: bool
    began: float = -math.inf
    window: int = 0
    used: int = 0

    def count(self, time: float, sent: Sent) -> Grant:
        moment = round(time, 6)
        if moment >= round(self.began + self.length, 6):
            self.window, self.used = self.window + 1, 0
            place = (moment - self.phase) // self.length * self.length + self.phase
            self.began = moment if self.on_demand else place
        self.used += 1
        sent.counted_at, sent.window, sent.refused = moment, self.window, self.used > self.limit
        reset = math.ceil(round(self.began + self.length - moment, 6))
        return Grant(self.limit, max(self.limit - self.used, 0), reset)


@dataclass
class World:
    """Workers who send requests, each until it was answered; some give up waiting and return."""

    model: Model
    limits: Limits
    delays: Iterator[tuple[float, float]]
    patience: Iterator[float | None]
    sent: list[Sent] = field(default_factory=list)
    in_flight: int = 0
    most: int = 0
    moments: list[tuple[float, bool]] = field(default_factory=list)  # is a place free from then on?

    async def work(self, requests: int) -> None:
        for _ in range(requests):
            wanted_at = asyncio.get_running_loop().time()
            while (answered := await self.answered(wanted_at)) is not True:
                if answered is False:
                    wanted_at = asyncio.get_running_loop().time()

    def note(self) -> None:
        """Write down that a request was sent or answered."""
        is_free = self.in_flight < self.limits._allowed
        self.moments.append((asyncio.get_running_loop().time(), is_free))

    async def answered(self, wanted_at: float) -> bool | None:
        """Return whether there was an answer or a refusal; `None` if patience was lost."""
        try:
            async with (
                asyncio.timeout(next(self.patience)) as scope,
                self.limits.leave("a"),
            ):
                scope.reschedule(None)  # patient once it is sent
                return await self.ask(wanted_at)
        except TimeoutError:
            return None

    async def ask(self, wanted_at: float) -> bool:
        loop = asyncio.get_running_loop()
        self.sent.append(sent := Sent(wanted_at, loop.time()))
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)
        self.note()
        there, back = next(self.delays)
        await asyncio.sleep(there)
        grant = self.model.count(loop.time(), sent)
        await asyncio.sleep(back)
        sent.answered_at = loop.time()
        self.in_flight -= 1
        self.limits.learn(grant, sent.at)
        if sent.refused:
            self.limits.pause(grant.reset)
        self.note()
        return not sent.refused


def run_world(world: World, workers: int, requests: int) -> None:
    async def scene() -> None:
        await asyncio.gather(*(world.work(requests) for _ in range(workers)))

    play(scene())


def known_windows(world: World) -> dict[int, float]:
    """When the first answer out of each window came."""
    known: dict[int, float] = {}
    for sent in world.sent:
        known[sent.window] = min(known.get(sent.window, math.inf), sent.answered_at)
    return known


def check(world: World, workers: int, requests: int, concurrency: int) -> None:
    """What holds in any world, however slow and in whatever order answers come.

    - All get all their answers; never more are in flight than may be.
    - A window refuses at most as many requests as it counted that were sent before its first
      answer came: those that were in flight when it began, and those that found out about it.
    - While a place is free and somebody waits, never longer than a window (rounded up to seconds)
      goes by without a request that is sent or answered.
    """
    assert sum(not sent.refused for sent in world.sent) == workers * requests
    assert world.most <= concurrency
    known = known_windows(world)
    for window, learnt_at in known.items():
        counted = [sent for sent in world.sent if sent.window == window]
        blind = sum(sent.at <= learnt_at for sent in counted)
        assert sum(sent.refused for sent in counted) <= blind
    longest = math.ceil(world.model.length) + 1e-6
    for (since, is_free), (until, _) in pairwise(world.moments):
        if is_free and until - since > longest:
            assert not any(sent.wanted_at <= since < until <= sent.at for sent in world.sent)


lengths = st.integers(1, 12) | st.sampled_from([0.5, 2.5, 7.3])
milliseconds = st.integers(0, 3000).map(lambda number: number / 1000)
moments = st.sampled_from([0, 0, 0.001, 0.05, 0.3, 0.999, 1]) | milliseconds
halves = st.integers(0, 500).map(lambda number: number / 1000)
models = st.builds(
    Model,
    limit=st.integers(1, 30),
    length=lengths,
    phase=milliseconds,
    on_demand=st.booleans(),
)
crowds = st.tuples(st.integers(1, 20), st.integers(1, 12), st.integers(1, 10))


@given(
    model=models,
    crowd=crowds,
    delays=st.lists(st.tuples(moments, moments), min_size=1, max_size=20),
    slow=st.integers(1, 12),
    patience=st.lists(st.none() | st.sampled_from([0.01, 1, 5]), min_size=1, max_size=5),
)
def test_the_limit_holds_and_all_go_on_in_any_world(
    model: Model,
    crowd: tuple[int, int, int],
    delays: list[tuple[float, float]],
    slow: int,
    patience: list[float | None],
) -> None:
    workers, requests, concurrency = crowd
    delays = [(there * slow, back * slow) for there, back in delays]
    world = World(model, limits_of(concurrency), cycle(delays), cycle([*patience, None]))
    run_world(world, workers, requests)
    check(world, workers, requests, concurrency)
    event(f"refused: {any(sent.refused for sent in world.sent)}")


@given(
    model=models.map(lambda model: replace(model, length=model.length + 4)),
    crowd=crowds,
    delays=st.lists(st.tuples(halves, halves), min_size=1, max_size=20),
)
def test_once_the_limit_is_known_no_request_is_refused(
    model: Model, crowd: tuple[int, int, int], delays: list[tuple[float, float]]
) -> None:
    """If answers take a second at most: only those sent before the very first answer may be."""
    workers, requests, concurrency = crowd
    world = World(model, limits_of(concurrency), cycle(delays), cycle([None]))
    run_world(world, workers, requests)
    check(world, workers, requests, concurrency)
    first = min(sent.answered_at for sent in world.sent)
    assert all(sent.at <= first for sent in world.sent if sent.refused)


@pytest.mark.parametrize(
    ("length", "concurrency", "delay"),
    [(6, 8, 0.001), (60, 1, 0.001), (6, 1, 0.02), (60, 8, 0.02), (6, 1, 0.15), (60, 8, 0.15)],
)
def test_the_limit_is_used_up(length: float, concurrency: int, delay: float) -> None:
    """With 0.15 seconds an answer, one worker alone cannot use the limit up."""
    model = Model(150, length, phase=0, on_demand=False)
    world = World(model, limits_of(concurrency), cycle([(delay / 2, delay / 2)]), cycle([None]))
    possible = min(150 * 10, 10 * length / delay * concurrency)
    run_world(world, concurrency, int(possible / concurrency))
    assert not any(sent.refused for sent in world.sent)
    ends = max(sent.answered_at for sent in world.sent)
    assert ends - min(sent.at for sent in world.sent) <= 10 * length / 0.95
