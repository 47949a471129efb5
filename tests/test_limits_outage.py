"""An outage is waited out once, for all."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from made_up_time import START, Script, ended, limits_of, made_up, now, start
from starlette.responses import Response

from tap_kombo.api import kombo as api
from tap_kombo.api.limits import Grant, OutageError, StoppedError
from tap_kombo.api.problems import OUTAGE, KomboError

if TYPE_CHECKING:
    from kombo_emulator import Emulator


@dataclass
class Probe:
    """Asks; nobody answers but at the times given."""

    answers: int = 10_000
    seconds: float = 0
    asked: list[float] = field(default_factory=list)

    async def __call__(self) -> bool:
        self.asked.append(now())
        await asyncio.sleep(self.seconds)
        return len(self.asked) >= self.answers


@pytest.fixture
def _no_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.uniform", lambda low, _: low)


@pytest.mark.usefixtures("_no_jitter")
@made_up
async def test_one_asks_for_all_and_ever_later() -> None:
    script, probe, other = Script(limits_of(max_retries=9)), Probe(answers=9), Probe()
    tasks = start(script.limits.silence(START, "HTTP 503", probe))
    await asyncio.sleep(0)
    tasks += start(*(script.limits.silence(START, "HTTP 503", other) for _ in range(3)))
    tasks += start(*(script.ask() for _ in range(3)))
    await asyncio.gather(*tasks)
    assert probe.asked == pytest.approx([0, 1, 3, 7, 15, 31, 63, 123, 183])
    assert other.asked == []
    assert [at for _, at in script.sent] == pytest.approx([183] * 3)


@pytest.mark.parametrize("drawn", [0, 1])
@made_up
async def test_pauses_of_an_outage_hardly_differ_from_run_to_run(
    monkeypatch: pytest.MonkeyPatch, drawn: int
) -> None:
    monkeypatch.setattr("random.uniform", lambda *bounds: bounds[drawn])

    probe = Probe()
    with pytest.raises(OutageError):
        await limits_of(max_retries=8).silence(START, "HTTP 503", probe)
    assert max(later - sooner for sooner, later in pairwise(probe.asked)) <= 60
    assert 183 <= now() <= 183 * 1.1


@pytest.mark.parametrize("retries", [0, 1, 4])
@made_up
async def test_an_outage_that_does_not_end_fails_all_who_ask_now_and_later(retries: int) -> None:
    script, probe = Script(limits_of(max_retries=retries)), Probe(seconds=3)
    tasks = start(script.limits.silence(START, "HTTP 503", probe))
    await asyncio.sleep(1)
    tasks += start(script.ask(), script.limits.silence(START, "HTTP 503", probe))
    await asyncio.wait(tasks)
    later = start(script.ask(), script.limits.silence(START, "HTTP 503", probe))
    assert await ended([*tasks, *later], OutageError)
    assert len(probe.asked) == retries + 1
    assert len({id(task.exception()) for task in tasks}) == 3  # none keeps another's traceback
    script.limits.stop()
    assert await ended(start(script.ask()), StoppedError)


@pytest.mark.usefixtures("_no_jitter")
@made_up
async def test_each_question_but_the_first_is_told(caplog: pytest.LogCaptureFixture) -> None:
    await limits_of(max_retries=2).silence(START, "HTTP 503", Probe(answers=3))
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "Kombo is not available [HTTP 503]. Asking again in 1.0 seconds (1 of 2)."),
        ("WARNING", "Kombo is not available [HTTP 503]. Asking again in 2.0 seconds (2 of 2)."),
    ]


@made_up
async def test_who_was_not_answered_while_others_were_asks_nobody() -> None:
    script, probe = Script(), Probe()
    await asyncio.sleep(1)
    await script.ask()
    await script.limits.silence(START, "HTTP 503", probe)
    assert probe.asked == []
    assert now() == 1
    with pytest.raises(OutageError):  # an answer before it was sent says nothing
        await script.limits.silence(START + 1.5, "HTTP 503", probe)


@pytest.mark.parametrize("seconds", [0, 60])
@made_up
async def test_an_answer_that_was_under_way_ends_an_outage(seconds: float) -> None:
    """Between two probes, and while one is asking."""
    script, probe = Script(), Probe(seconds=seconds)
    tasks = start(script.ask(seconds=5))
    await asyncio.sleep(0)
    tasks += start(*(script.limits.silence(START, "HTTP 503", probe) for _ in range(2)))
    await asyncio.sleep(1)
    await asyncio.gather(*tasks, script.ask())
    assert now() == 5
    await asyncio.sleep(100)
    assert len(probe.asked) == (1 if seconds else 3)


@made_up
async def test_an_answer_in_the_same_moment_ends_an_outage_that_has_not_begun_to_ask() -> None:
    script, probe = Script(), Probe()
    silent = start(script.limits.silence(START, "HTTP 503", probe))
    asyncio.get_running_loop().call_soon(script.limits.learn, None, START)
    await asyncio.sleep(0)
    await asyncio.gather(*silent, script.ask())
    assert now() == 0


@made_up
async def test_a_probe_may_tell_of_its_answer_itself() -> None:
    script = Script()

    async def probe() -> bool:
        script.limits.learn(Grant(300, 299, 60), now() + START)
        return True

    await asyncio.gather(script.limits.silence(START, "HTTP 503", probe), script.ask())
    assert now() == 0


@made_up
async def test_the_next_outage_is_another_one() -> None:
    script = Script(limits_of(max_retries=2))
    for _ in range(4):
        probe = Probe(answers=3)
        await script.limits.silence(now() + START, "HTTP 503", probe)
        assert len(probe.asked) == 3
        await script.ask()


@pytest.mark.parametrize("answers", [3, 10_000])
@made_up
async def test_who_asks_for_all_may_be_cancelled(answers: int) -> None:
    script, probe = Script(limits_of(max_retries=4)), Probe(answers=answers)
    first, second = start(*(script.limits.silence(START, "HTTP 503", probe) for _ in range(2)))
    await asyncio.sleep(0.5)
    first.cancel()
    await asyncio.wait([first, second])
    assert first.cancelled()
    assert (second.exception() is None) == (answers == 3)


@made_up
async def test_what_a_probe_raises_fails_its_caller_alone() -> None:
    async def broken() -> bool:
        await asyncio.sleep(1)
        raise ValueError

    script = Script()
    first, second = start(*(script.limits.silence(START, "HTTP 503", broken) for _ in range(2)))
    await asyncio.wait([first, second, *start(script.ask())])
    assert isinstance(first.exception(), ValueError)
    assert second.exception() is None
    assert now() == 1


@pytest.mark.usefixtures("_no_waiting")
def test_who_waits_for_leave_is_not_let_go_before_the_outage_is_known(
    emulator: Emulator, url: str
) -> None:
    emulator.intercept = lambda _: Response(status_code=504)

    async def look_up(*ids: str) -> list[object]:
        access = api.Access(url, {"Authorization": "Bearer k"}, 1, 0, timeout_seconds=30)
        kombo = api.Kombo(access, logging.getLogger("test"))
        found = await asyncio.gather(*map(kombo.look_up, ids), return_exceptions=True)
        kombo.close()
        return [*found]

    errors = asyncio.run(look_up("a", "b", "c"))

    assert [isinstance(one, KomboError) and one.problem.rule for one in errors] == [OUTAGE] * 3
    assert [one.path for one in emulator.requests] == ["/integrations/a", "/check-api-key"]
