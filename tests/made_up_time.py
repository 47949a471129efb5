"""Time that is made up: a loop that would wait moves its clock instead, so no test sleeps."""

from __future__ import annotations

import asyncio
import functools
import logging
import selectors
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from tap_kombo.api.limits import Grant, Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

P = ParamSpec("P")
T = TypeVar("T")
START = 1_000.0


class Leaping(selectors.DefaultSelector):
    """Waits by moving the clock; who waits for nothing at all would wait for ever."""

    now = START

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "everybody waits, and nobody will wake them"
        self.now += max(timeout, 0)
        return super().select(0)


class MadeUpLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.clock = Leaping()
        super().__init__(self.clock)

    def time(self) -> float:
        return self.clock.now


def play(scene: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=MadeUpLoop) as runner:
        return runner.run(scene)


def made_up(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Let a test run in made-up time."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        play(test(*args, **kwargs))

    return run


def now() -> float:
    return asyncio.get_running_loop().time() - START


def compute(seconds: float) -> None:
    """Let time go by without giving way to others."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, MadeUpLoop)
    loop.clock.now += seconds


def limits_of(concurrency: int = 8, max_retries: int = 5) -> Limits:
    return Limits(concurrency, max_retries, logging.getLogger("test"))


@dataclass
class Script:
    """Sends requests, each of which may take its time, and writes down when each was sent."""

    limits: Limits = field(default_factory=limits_of)
    sent: list[tuple[object, float]] = field(default_factory=list)

    async def ask(
        self,
        grant: Grant | None = None,
        *,
        integration: str | None = None,
        name: object = None,
        seconds: float = 0,
    ) -> float:
        async with self.limits.leave(integration) as waited:
            sent_at = now() + START
            self.sent.append((name or integration, now()))
            if seconds:
                await asyncio.sleep(seconds)
            self.limits.learn(grant, sent_at)
        return waited

    async def refused(self, seconds: float | None = None, integration: str | None = None) -> float:
        async with self.limits.leave(integration) as waited:
            sent_at = now() + START
            await asyncio.sleep(0)
            self.limits.learn(None, sent_at)
            self.limits.pause(seconds, integration)
        return waited

    async def places(self) -> int:
        """Return how many get leave at the same time."""
        async with AsyncExitStack() as stack:
            for held in range(100):
                try:
                    async with asyncio.timeout(0):
                        await stack.enter_async_context(self.limits.leave(None))
                except TimeoutError:
                    return held
        return 100


def start(*scenes: Coroutine[Any, Any, object]) -> list[asyncio.Task[object]]:
    return [asyncio.create_task(scene) for scene in scenes]


async def ended(tasks: list[asyncio.Task[object]], error: type[Exception]) -> bool:
    """Return whether all tasks end with an error, without time going by."""
    began = now()
    await asyncio.wait(tasks)
    return now() == began and all(type(task.exception()) is error for task in tasks)


async def never() -> bool:
    await asyncio.sleep(10_000)
    return False
