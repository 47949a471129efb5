"""Places, Kombo's limit and its pauses."""

from __future__ import annotations

import asyncio
import logging

import pytest
from made_up_time import START, Script, limits_of, made_up, now, start

from tap_kombo.api import limits as module
from tap_kombo.api.limits import Grant

# --- the limit


@made_up
async def test_without_numbers_nothing_is_held_back() -> None:
    script = Script()
    assert [await script.ask() for _ in range(1000)] == [0] * 1000


@made_up
async def test_the_first_half_of_a_limit_is_used_at_once() -> None:
    script = Script()
    await script.ask(Grant(300, 299, 60))
    assert [await script.ask() for _ in range(149)] == [0] * 149


@made_up
async def test_the_rest_is_spread_over_the_time_left() -> None:
    script = Script()
    await script.ask(Grant(300, 30, 60))
    waits = [await script.ask() for _ in range(31)]
    assert waits == pytest.approx([0] + [60 / 30] * 30)


@made_up
async def test_a_limit_that_is_used_up_is_waited_for() -> None:
    script = Script()
    await script.ask(Grant(300, 0, 42))
    assert await script.ask() == pytest.approx(42)


@made_up
async def test_an_old_answer_does_not_bring_requests_back() -> None:
    script = Script()
    await script.ask(Grant(300, 10, 60))
    await script.ask(Grant(300, 200, 60))
    assert await script.ask() > 1


@made_up
async def test_what_is_in_flight_when_the_limit_is_learnt_is_taken_off() -> None:
    script = Script()
    tasks = start(*(script.ask(seconds=3) for _ in range(5)))
    await asyncio.sleep(1)
    await script.ask(Grant(10, 6, 30))
    tasks += start(*(script.ask(seconds=30) for _ in range(2)))
    await asyncio.wait(tasks)
    assert [at for _, at in script.sent] == pytest.approx([0, 0, 0, 0, 0, 1, 1, 31])


@made_up
async def test_others_who_use_the_same_limit_are_noticed() -> None:
    script = Script()
    await script.ask(Grant(300, 299, 60))
    await script.ask(Grant(300, 0, 50))
    assert await script.ask() == pytest.approx(50)


@made_up
async def test_a_slow_answer_of_the_old_window_holds_up_itself_only() -> None:
    """60 requests per 5 seconds, used up by one whose answer takes 40 seconds (fault 2.10)."""
    script = Script()
    await script.ask(Grant(60, 1, 5))
    slow = start(script.ask(Grant(60, 0, 5), seconds=40))
    await asyncio.sleep(0)
    waited = await script.ask(Grant(60, 59, 5))
    await asyncio.wait(slow)
    assert waited == pytest.approx(5)


@made_up
async def test_a_slow_answer_about_the_next_window_holds_up_itself_only() -> None:
    script = Script()
    await script.ask(Grant(60, 0, 5))
    slow = start(script.ask(Grant(60, 59, 5), seconds=40))
    await asyncio.sleep(0)
    await asyncio.sleep(5.5)
    waits = [await script.ask(Grant(60, 58 - n, 5 - n)) for n in range(3)]
    await asyncio.wait(slow)
    assert waits == pytest.approx([0.5, 0, 0])


@made_up
async def test_slow_answers_are_taken_off_one_window_only() -> None:
    script = Script()
    await script.ask(Grant(8, 7, 10))
    slow = start(*(script.ask(seconds=60) for _ in range(4)))
    await asyncio.sleep(10)
    await script.ask(Grant(8, 7, 10))
    assert [await script.ask() for _ in range(4)] == [0] * 4
    await asyncio.wait(slow)


@made_up
async def test_who_was_under_way_when_the_window_began_is_taken_off() -> None:
    script = Script()
    await script.ask(Grant(4, 1, 10))
    await asyncio.sleep(9.5)
    tasks = start(script.ask(seconds=3))
    await asyncio.sleep(0)
    await script.ask(Grant(4, 3, 10))
    await asyncio.wait(tasks + start(*(script.ask() for _ in range(3))))
    assert [at for _, at in script.sent] == pytest.approx([0, 9.5, 10, 10, 10 + 10 / 2, 20])


@made_up
async def test_the_shortest_of_windows_is_told_from_the_one_before() -> None:
    script = Script()
    await script.ask(Grant(300, 0, 5))
    waits = [await script.ask(Grant(300, 299, 1)), await script.ask(), await script.ask()]
    assert waits == pytest.approx([5, 0, 0])


@made_up
async def test_numbers_count_as_soon_as_they_are_there() -> None:
    script = Script()
    await script.ask(Grant(60, 0, 5))

    async def find() -> None:
        async with script.limits.leave(None):
            script.limits.learn(Grant(60, 59, 60), now() + START)
            await asyncio.sleep(100)

    finding, waiting = start(find(), script.ask())
    assert await waiting == 5
    await finding


@pytest.mark.parametrize(("limit", "pace"), [(300, 1), (2, 5)])
@made_up
async def test_while_nobody_tells_of_the_next_window_few_are_sent(limit: int, pace: float) -> None:
    script = Script()
    await script.ask(Grant(limit, 0, 10))
    await asyncio.wait(start(*(script.ask(seconds=60) for _ in range(4))))
    assert [at for _, at in script.sent][1:] == pytest.approx([10 + n * pace for n in range(4)])


@made_up
async def test_a_window_found_at_its_end_is_not_taken_for_a_short_one() -> None:
    script = Script()
    await script.ask(Grant(2, 0, 10))
    await script.ask(Grant(2, 0, 1))
    await asyncio.wait(start(*(script.ask(seconds=60) for _ in range(3))))
    assert [at for _, at in script.sent] == pytest.approx([0, 10, 11, 16, 21])


@made_up
async def test_later_answers_tell_better_when_a_window_ends() -> None:
    script = Script()
    await script.ask(Grant(8, 7, 10), seconds=8)
    await asyncio.sleep(4)
    await script.ask(Grant(8, 6, 3))
    slow = start(*(script.ask(seconds=60) for _ in range(2)))
    await asyncio.sleep(0)
    assert await script.ask(Grant(8, 0, 3)) == 0
    assert await script.ask(Grant(8, 7, 10)) == 3
    assert [await script.ask() for _ in range(4)] == [0] * 4
    await asyncio.wait(slow)


@pytest.mark.parametrize("reset", [1, 5])
@made_up
async def test_late_numbers_do_no_harm_to_the_present_window(reset: float) -> None:
    script = Script()
    await script.ask(Grant(60, 2, 5))
    late = start(script.ask(Grant(60, 0, reset), seconds=14))
    await asyncio.sleep(0)
    waits = [await script.ask() for _ in range(2)]
    await script.ask(Grant(60, 59, 60))
    await asyncio.wait(late)
    waits = waits + [await script.ask() for _ in range(28)]
    assert waits[-28:] == [0] * 28


@made_up
async def test_a_limit_that_is_not_told_any_more_holds_nothing_back() -> None:
    script = Script()
    await script.ask(Grant(300, 0, 10))
    assert [await script.ask() for _ in range(100)] == pytest.approx([10] + [0] * 99)


@pytest.mark.parametrize("reset", [0, -1])
@made_up
async def test_a_window_without_length_is_no_standstill(reset: float) -> None:
    script = Script()
    for _ in range(500):
        await script.ask(Grant(100, 99, reset))
    assert now() <= 11


@made_up
async def test_a_limit_of_nothing_is_asked_about_now_and_then() -> None:
    script = Script()
    assert [await script.ask(Grant(0, 0, 10)) for _ in range(4)] == pytest.approx([0, 10, 10, 10])


@made_up
async def test_a_wrong_clock_at_kombo_is_not_waited_for_all_day() -> None:
    script = Script()
    await script.ask(Grant(300, 0, 1e9))
    assert await script.ask() == module.MAX_PAUSE_SECONDS


# --- pauses


@pytest.mark.parametrize(
    ("asked", "seconds"), [(7, 7), (2.5, 2.5), (None, 2), (0, 1), (-1, 1), (1e9, 3600)]
)
@made_up
async def test_a_refusal_makes_all_wait(asked: float | None, seconds: float) -> None:
    script = Script()
    await script.refused(asked)
    assert [await script.ask(integration="a"), await script.ask()] == pytest.approx([seconds, 0])


@pytest.mark.parametrize("integration", [None, "a"])
@made_up
async def test_refusals_without_a_hint_are_waited_out_ever_longer(integration: str | None) -> None:
    script = Script()
    waits = [await script.refused(integration=integration) for _ in range(8)]
    waits += [await script.ask(integration=integration)]
    waits += [await script.refused(integration=integration)]
    assert [*waits, await script.ask(integration=integration)] == pytest.approx(
        [0, 2, 4, 8, 16, 32, 60, 60, 60, 0, 2]
    )


@made_up
async def test_an_answer_that_was_on_its_way_does_not_end_a_row_of_refusals() -> None:
    script = Script()
    slow = start(script.ask(integration="a", seconds=1), script.ask(seconds=1))
    await asyncio.sleep(0)
    await script.refused()
    await script.refused(integration="a")
    await asyncio.wait(slow)
    await script.refused(integration="a")
    began = now()
    await script.ask(integration="a")
    assert now() - began == pytest.approx(4)


@made_up
async def test_a_pause_is_never_shortened() -> None:
    script = Script()
    script.limits.pause(10)
    script.limits.pause(3)
    assert await script.ask() == pytest.approx(10)


@made_up
async def test_fewer_requests_are_in_flight_until_it_goes_well() -> None:
    script, places = Script(), []
    places.append(await script.places())
    await asyncio.gather(*(script.refused(1) for _ in range(8)))  # together: counts once
    await asyncio.sleep(1)
    places.append(await script.places())
    await script.refused(1)
    await asyncio.sleep(1)
    places.append(await script.places())
    for good in (2, 3, 100):
        for _ in range(good):
            await script.ask()
        places.append(await script.places())
    for _ in range(5):
        await script.refused(1)
    await asyncio.sleep(1)
    assert [*places, await script.places()] == [8, 4, 2, 3, 4, 8, 1]


@made_up
async def test_requests_that_nobody_answered_did_not_go_well() -> None:
    script = Script()
    await script.refused(1)
    await asyncio.sleep(1)
    for _ in range(100):
        async with script.limits.leave(None):
            pass
    assert await script.places() == 4


@made_up
async def test_a_pause_of_one_integration_delays_no_other_and_takes_no_place() -> None:
    script = Script(limits_of(concurrency=2))
    await script.refused(30, "a")
    await asyncio.gather(
        *(script.ask(integration="a", name=f"a{n}", seconds=1) for n in range(3)),
        *(script.ask(integration="b", seconds=1) for _ in range(6)),
        script.ask(name="none", seconds=1),
    )
    sent = script.sent
    assert sent[:7] == [*(("b", n // 2) for n in range(6)), ("none", 3)]
    assert sent[7:] == [("a0", 30), ("a1", 30), ("a2", 31)]


@made_up
async def test_whoever_queues_when_its_integration_is_paused_gives_way_and_keeps_its_turn() -> None:
    script = Script(limits_of(concurrency=1))
    names = ["x", "a1", "b1", "a2", "b2", "b3", "b4"]
    tasks = start(*(script.ask(integration=n[0], name=n, seconds=4) for n in names))
    await asyncio.sleep(1)
    script.limits.pause(5, "a")
    await asyncio.sleep(1)
    script.limits.pause(6, "a")  # until 8
    await asyncio.wait(tasks)
    assert script.sent == list(
        zip(["x", "b1", "a1", "a2", "b2", "b3", "b4"], range(0, 28, 4), strict=True)
    )


@made_up
async def test_it_can_be_asked_until_when_an_integration_is_paused() -> None:
    limits = limits_of()
    told = [limits.held_until("a")]
    limits.pause(10)
    told.append(limits.held_until("a"))
    limits.pause(5, "a")
    told += [limits.held_until("a"), limits.held_until("b")]
    await asyncio.sleep(5)
    assert [*told, limits.held_until("a")] == [0, 0, START + 5, 0, 0]


@made_up
async def test_waiting_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    script = Script()
    await script.ask(Grant(300, 2, 42))
    await script.ask()
    await script.ask()
    await asyncio.gather(*(script.ask() for _ in range(3)))
    await asyncio.gather(*(script.refused(5) for _ in range(4)))
    await script.refused(1)
    await script.refused(9, "i-1")
    await asyncio.gather(*(script.ask(integration="i-1") for _ in range(3)))
    await script.refused(1, "i-1")
    assert [record.getMessage() for record in caplog.records] == [
        "Kombo's limit of 300 requests is used up: waiting 21.0 seconds.",
        "Kombo asks for a pause of 5.0 seconds; then at most 4 request(s) at a time.",
        "Kombo asks for a pause of 1.0 seconds; then at most 2 request(s) at a time.",
        "Kombo asks for a pause of 9.0 seconds for integration i-1.",
    ]


@made_up
async def test_a_short_wait_is_not_told_and_neither_is_one_that_nobody_waits_for(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)

    script = Script()
    await script.ask(Grant(300, 0, 1))
    await script.ask(Grant(300, 0, 60))
    await asyncio.sleep(100)
    await script.refused(1)
    await script.ask()
    await script.refused(1, "a")
    assert caplog.records == []


@made_up
async def test_a_limit_is_not_told_while_a_pause_holds_all(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    script = Script()
    await script.ask(Grant(300, 0, 10))
    script.limits.pause(10)
    await script.ask()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
