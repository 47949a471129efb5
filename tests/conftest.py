from __future__ import annotations

import functools
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from doctoring import Doctor
from emulator_client import ID, Client
from hypothesis import HealthCheck, settings
from privacy import Listener
from singer_sdk.configuration import _dict_config
from support import Kombo

from kombo_emulator import Emulator, Size, serve
from scripts.embedded_postgres import embedded_postgres
from tap_kombo.api import kombo as api
from tap_kombo.api import limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.types import Receive, Scope, Send
    from support import Measured

    from scripts.embedded_postgres import PostgreSQL

EXAMPLES = int(os.environ.get("EXAMPLES", "40"))
"""Of each test of random input; `make nightly` asks for 2,000."""

# How fast an example is made tells of the machine, not of the code.
settings.register_profile(
    "tests", deadline=None, max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("tests")


INSTALLING = {
    f"test_{name}"
    for name in ("dockerfile", "docs", "examples", "first_errors", "own_project", "plugin", "wheel")
}
"""Modules that install something, or that run Meltano without a database."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let one worker run all of a module that needs PostgreSQL, as its tests share their loads.

    What takes longest comes first, so that no worker is left alone with it at the end.
    """
    for item in items:
        if "postgres" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
            item.add_marker(pytest.mark.system)
        elif item.path.stem in INSTALLING:
            item.add_marker(pytest.mark.system)
    items.sort(key=lambda item: item.get_closest_marker("system") is None)


@pytest.hookimpl
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the tests have measured, from all workers."""
    lines = [
        str(line)
        for report in terminalreporter.getreports("passed")
        for name, line in report.user_properties
        if name == "measured"
    ]
    if lines:
        terminalreporter.section("measured")
        for line in lines:
            terminalreporter.line(line)


@pytest.fixture
def measured(record_property: Callable[[str, object], None]) -> Measured:
    """Where a test tells what it has measured, to be printed at the end."""
    return functools.partial(record_property, "measured")


FOREIGN = ("MELTANO_", "TAP_", "TARGET_")
"""What the variables begin with that would lead tests to the systems of whoever runs them."""

APART = Path(__file__).parent / "apart"


@pytest.hookimpl
def pytest_configure() -> None:
    """Let neither variables nor the `.env` of whoever runs the tests reach the tap or a loader."""
    for name in [one for one in os.environ if one.startswith(FOREIGN)]:
        del os.environ[name]
    os.environ.pop("UV_COMPILE_BYTECODE", None)  # what a test installs is started once or twice
    above = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(APART), *([above] if above else [])])
    vars(_dict_config)["find_dotenv"] = lambda *_, **__: ""


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Keep warnings only for the report: all that is heard at DEBUG would be gigabytes."""
    plugin = session.config.pluginmanager.getplugin("logging-plugin")
    plugin.report_handler.setLevel(logging.WARNING)
    # It names each column of each stream, which is nine of ten lines that a run tells at DEBUG.
    logging.getLogger("singer_sdk.singerlib.catalog").setLevel(logging.INFO)


@pytest.fixture(autouse=True)
def _no_personal_data_in_the_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever a test does, at level DEBUG neither the key nor a person is told of."""
    caplog.handler.setLevel(logging.INFO)
    root, listener = logging.getLogger(), Listener()
    level = root.level
    root.addHandler(listener)
    root.setLevel(logging.DEBUG)
    yield
    root.setLevel(level)
    root.removeHandler(listener)
    assert listener.heard == []


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgreSQL]:
    """An empty PostgreSQL server, the same for all tests of a process."""
    with embedded_postgres() as server:
        yield server


ENOUGH = Size(
    users=4, roles=3, tags=4, rejection_reasons=3, application_stages=4, jobs=4, candidates=24,
    applications=30, offers=5, notes=4, scorecards=4, attachments=20,
    employees=12, teams=5, absence_types=3, employee_document_categories=3, skills=3,
    employee_skill_proficiency_ratings=6, staffing_entities=6, absences=12, timesheets=8,
    performance_reviews=6, pay_runs=4, payslips=6, courses=6, course_progressions=12, orders=8,
)  # fmt: skip
"""Many interviews, and of all else few: to make records up takes longer than to read them."""


@pytest.fixture
def emulator() -> Emulator:
    """An emulator without integrations, whose clock stands still."""
    return Emulator(now="2026-11-23T10:00:00Z", size=ENOUGH)


class Stage:
    """A server's application: the emulator of the test that runs."""

    emulator: Emulator

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.emulator.app(scope, receive, send)


@pytest.fixture(scope="session")
def stage() -> Iterator[tuple[Stage, str]]:
    """A server for all tests of a process, as it takes longer to start one than to use it."""
    stage = Stage()
    with serve(stage) as address:
        yield stage, address


@pytest.fixture
def url(emulator: Emulator, stage: tuple[Stage, str]) -> str:
    """The address at which the emulator answers."""
    stage[0].emulator = emulator
    return stage[1]


@pytest.fixture
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry at once."""
    monkeypatch.setattr(api, "MAX_WAIT_SECONDS", 0)
    monkeypatch.setattr(limits, "MAX_GUESS_SECONDS", 0)
    monkeypatch.setattr(limits, "ROUNDING_SECONDS", 0)


@pytest.fixture
def kombo(emulator: Emulator, url: str) -> Kombo:
    """The emulator at its address, with the tap at hand."""
    return Kombo(emulator, url)


@pytest.fixture
def client(emulator: Emulator, url: str) -> Client:
    """Someone who asks the emulator for an integration with records of every model."""
    return Client(url, emulator.add_integration(ID))


@pytest.fixture
def doctor(
    kombo: Kombo,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> Doctor:
    """`tap-kombo --doctor` at the emulator."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # the SDK's command sets its own
    monkeypatch.setattr(logging, "captureWarnings", lambda **_: None)
    caplog.set_level(logging.INFO)
    return Doctor(kombo, tmp_path, capsys, caplog)
