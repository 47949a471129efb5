"""Places among the requests in flight are given in order, given back, and taken away at the end."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import pytest
from made_up_time import START, Script, compute, ended, limits_of, made_up, never, now, play, start

from tap_kombo.api import limits as module
from tap_kombo.api.limits import Grant, StoppedError

if TYPE_CHECKING:
    from types import FrameType

# --- places


@made_up
async def test_leave_is_given_in_order_of_arrival() -> None:
    script = Script(limits_of(concurrency=3))
    script.limits.pause(2)  # one place from now on, which is two later
    tasks = start(*(script.ask(name=n + 1, seconds=1) for n in range(10)))
    await asyncio.sleep(2.5)
    await asyncio.wait(tasks + start(script.ask(name=11, seconds=1)))
    assert [name for name, _ in script.sent] == list(range(1, 12))


@made_up
async def test_who_comes_when_others_might_have_gone_already_comes_after_them() -> None:
    script = Script(limits_of(concurrency=1))
    script.limits.pause(2)
    early = start(script.ask(name="early", seconds=1))
    await asyncio.sleep(0)
    compute(2)
    await asyncio.wait(early + start(script.ask(name="late", seconds=1)))
    assert script.sent == [("early", 2), ("late", 3)]


@made_up
async def test_a_place_is_given_back_whatever_happens_to_its_request() -> None:
    async def fail(script: Script) -> None:
        async with script.limits.leave(None):
            await asyncio.sleep(1)
            raise ValueError

    script = Script(limits_of(concurrency=1))
    failing, cancelled, waiting = start(fail(script), script.ask(seconds=99), script.ask())
    await asyncio.sleep(2)
    cancelled.cancel()
    await asyncio.wait([failing, cancelled])
    assert isinstance(failing.exception(), ValueError)
    waited = await waiting
    assert isinstance(waited, float)
    assert waited == pytest.approx(2)


@pytest.mark.parametrize("just_let_go", [False, True])
@made_up
async def test_who_is_cancelled_while_waiting_leaves_no_trace(just_let_go: bool) -> None:  # noqa: FBT001
    """The cancelled one would be the first of those that are spread over the time left."""
    script = Script(limits_of(concurrency=1))
    await script.ask(Grant(100, 51, 60))

    async def first() -> None:
        await script.ask(seconds=1)
        if just_let_go:
            cancelled.cancel()

    busy, cancelled, waiting = start(first(), script.ask(), script.ask())
    await asyncio.sleep(0)
    if not just_let_go:
        cancelled.cancel()
    await asyncio.wait([busy, cancelled, waiting])
    assert cancelled.cancelled()
    await script.ask()
    assert [at for _, at in script.sent] == pytest.approx([0, 0, 1, 1 + 59 / 50])
    assert await script.places() == 0


# --- the end


@made_up
async def test_who_waits_is_sent_home_when_the_run_ends() -> None:
    """Whatever it waits for: a place, a window, a pause of all or of its integration, an answer."""
    for place in range(5):
        script = Script(limits_of(concurrency=1))
        busy = start(script.ask(seconds=100) if place == 0 else script.ask(Grant(9, 9, 9)))
        await asyncio.sleep(1)
        if place == 1:
            await script.ask(Grant(9, 0, 60))
        if place == 2:
            script.limits.pause(60)
        if place == 3:
            script.limits.pause(60, "a")
        tasks = start(*(script.ask(integration="a") for _ in range(3)))
        if place == 4:
            sent_at = now() + START
            tasks = start(*(script.limits.silence(sent_at, "HTTP 503", never) for _ in range(2)))
            await asyncio.sleep(1)
            tasks += start(script.ask(), script.limits.silence(sent_at, "HTTP 503", never))
        await asyncio.sleep(1)
        assert not any(task.done() for task in tasks), place
        script.limits.stop()
        assert await ended(tasks, StoppedError), place
        tasks = start(script.ask(), script.limits.silence(now() + START, "HTTP 503", never))
        assert await ended(tasks, StoppedError), place
        await asyncio.wait(busy)


@made_up
async def test_who_was_just_let_go_sends_nothing_any_more() -> None:
    script = Script(limits_of(concurrency=1))

    async def first() -> None:
        await script.ask(seconds=1)
        script.limits.stop()

    busy, late = start(first(), script.ask())
    await busy
    assert await ended([late], StoppedError)


def test_limits_can_be_stopped_before_they_are_used() -> None:
    limits = limits_of()
    limits.stop()
    with pytest.raises(StoppedError):
        play(Script(limits).ask())


# --- the cost


@made_up
async def test_a_page_costs_few_calls() -> None:
    calls: list[str] = []

    def count(frame: FrameType, kind: str, _: object) -> None:
        if kind == "call" and frame.f_code.co_filename == module.__file__:
            calls.append(frame.f_code.co_name)

    script = Script()
    await script.ask(Grant(300, 299, 60))
    sys.setprofile(count)
    await script.ask(Grant(300, 298, 60), integration="a")
    sys.setprofile(None)
    assert 2 <= len(calls) <= 8, calls
