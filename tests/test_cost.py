"""What a page costs: calls of the tap's own functions, counted and not timed."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support import Kombo, Measured, catalog

from kombo_emulator import Size
from tap_kombo.api.endpoints import LEDGER
from tap_kombo.api.limits import Limits
from tap_kombo.tap import TapKombo

if TYPE_CHECKING:
    from types import CodeType, FrameType

OWN = str(Path(sys.modules[TapKombo.__module__].__file__ or "").parent)
PER_PAGE = 77
INTERVIEWS = 60
ONE = Size(interviews=1, applications=1, candidates=1, jobs=1, offers=1, users=1)


class Calls(Counter[str]):
    """Counts the calls of own functions, those of list comprehensions and the like left out."""

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        code: CodeType = frame.f_code
        if event == "call" and code.co_filename.startswith(OWN) and code.co_name[0] != "<":
            self[code.co_qualname] += 1


def calls_of(kombo: Kombo, *integrations: str, **settings: Any) -> Calls:  # noqa: ANN401
    """Run the tap, and count from the moment at which it is made."""
    calls = Calls()
    catalog("interviews")  # made once, and not counted
    threading.setprofile(calls)
    sys.setprofile(calls)
    try:
        kombo.run(*integrations, **settings)
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    return calls


@pytest.fixture
def per_page(kombo: Kombo) -> Counter[str]:
    """Calls for each further page of 1 record, by function."""
    kombo.emulator.add_integration("tool:a", "ATS", Size(interviews=INTERVIEWS))
    calls_of(kombo, "tool:a")  # what is compiled and kept is compiled now
    few, many = (calls_of(kombo, "tool:a", page_size=size) for size in (2, 1))
    further = INTERVIEWS // 2
    rounded = {name: round((many[name] - few[name]) / further) for name in many}
    return Counter({name: count for name, count in rounded.items() if count})


def test_a_page_passes_through_few_calls(per_page: Counter[str], measured: Measured) -> None:
    measured(f"{per_page.total()} own calls a page, at most {PER_PAGE}")

    assert per_page.total() <= PER_PAGE, per_page.most_common()


def test_a_record_passes_through_one_call(kombo: Kombo) -> None:
    kombo.emulator.add_integration("tool:a", "ATS", Size(interviews=INTERVIEWS))
    kombo.emulator.add_integration("tool:b", "ATS", Size(interviews=2 * INTERVIEWS))
    calls_of(kombo, "tool:a")

    one, two = (calls_of(kombo, name).total() for name in ("tool:a", "tool:b"))

    assert round((two - one) / INTERVIEWS) == 1


def test_neither_streams_nor_integrations_make_a_page_dearer(kombo: Kombo) -> None:
    """Six integrations of six streams cost four times what three of three do, and no more."""
    names = [f"tool:{number}" for number in range(6)]
    streams = ("interviews", "applications", "candidates", "jobs", "offers", "users")
    for name in names:
        kombo.emulator.add_integration(name, "ATS", ONE)
    calls_of(kombo, names[0], streams=streams)

    one = calls_of(kombo, *names[:3], streams=streams[:3]).total()
    four = calls_of(kombo, *names, streams=streams).total()

    assert four < 4.2 * one


def test_the_version_is_not_looked_up_for_each_row_of_the_ledger(kombo: Kombo) -> None:
    """The SDK reads the metadata of the package each time: a millisecond."""
    names = [f"tool:{number}" for number in range(6)]
    for name in names:
        kombo.emulator.add_integration(name, "ATS", ONE)
    streams = ("interviews", LEDGER.name)

    def look_ups(*integrations: str) -> int:
        found = 0

        def count(frame: FrameType, event: str, _: object) -> None:
            nonlocal found
            found += event == "call" and frame.f_code.co_name == "get_package_version"

        sys.setprofile(count)
        try:
            kombo.run(*integrations, streams=streams)
        finally:
            sys.setprofile(None)
        return found

    assert 0 < look_ups(*names) == look_ups(names[0])


@pytest.mark.parametrize("paused", [0, 100])
def test_integrations_that_are_paused_make_no_request_dearer(paused: int) -> None:
    """Neither calls nor lines that are run grow with those who wait for the end of a pause."""

    async def lines_of_a_request() -> int:
        limits, lines = Limits(4, 0, logging.getLogger("limits")), 0

        async def ask(integration_id: str) -> None:
            async with limits.leave(integration_id):
                pass

        def count(*_: object) -> object:
            nonlocal lines
            lines += 1
            return count

        names = [f"tool:{number}" for number in range(paused)]
        for name in names:
            limits.pause(60, name)
        waiting = [asyncio.ensure_future(ask(name)) for name in names]
        await asyncio.sleep(0)
        sys.settrace(count)  # type: ignore[arg-type]
        try:
            await ask("tool:good")
        finally:
            sys.settrace(None)
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        return lines

    assert asyncio.run(lines_of_a_request()) < 100


WALKS = """
import gc
from tap_kombo.__main__ import main
walks = []
gc.callbacks.append(lambda phase, _: phase == "start" and walks.append(phase))
try:
    main()
finally:
    print(len(walks))
"""


def test_garbage_is_hardly_looked_for_while_the_program_is_imported() -> None:
    """That it was at each 700 new objects took a sixth of the start."""
    done = subprocess.run(
        [sys.executable, "-c", WALKS, "--version"], capture_output=True, text=True, check=True
    )

    assert int(done.stdout.splitlines()[-1]) <= 20  # else about 150
