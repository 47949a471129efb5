from __future__ import annotations

import datetime as dt
import itertools
import json
import logging
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from emulator_client import values
from singer_sdk.testing import SuiteConfig, get_tap_test_class
from singer_sdk.testing.suites import tap_stream_tests
from starlette.responses import JSONResponse
from support import KEY, catalog, discovered
from test_emulator_records import formats
from test_output import FEW
from warm import warm_tap

from kombo_emulator import Behaviour, Emulator, serve
from tap_kombo.api.endpoints import LEDGER, STREAMS
from tap_kombo.tap import TapKombo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from singer_sdk.testing import TapTestRunner
    from syrupy.assertion import SnapshotAssertion

A = "greenhouse:demo"
WRONG = {
    "page_size": 251,
    "region": "mars",
    "colour": "red",
    "start_date": "soon",
    "filters": {"interviws": {}},
    "batch_config": {},
}


def tap_kombo(
    *arguments: str, config: dict[str, Any] | None = None, tmp_path: Path, **env: str
) -> subprocess.CompletedProcess[str]:
    """Run the tap as a user does."""
    command = [*warm_tap(), *arguments]
    if config is not None:
        file = tmp_path / "config.json"
        file.write_text(json.dumps(config))
        command += ["--config", str(file)]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | env, timeout=60
    )


def errors(done: subprocess.CompletedProcess[str]) -> list[str]:
    """The lines that the tap logs as errors."""
    return [line for line in done.stderr.splitlines() if "| ERROR" in line]


GOOD = {"api_key": "k", "integration_ids": [A]}
ADDING = {"users": {"other": "fake.name()"}}
FLAT = {"flattening_enabled": True, "flattening_max_depth": 2}
LISTS = ("/ats/users", "/ats/notes")
"""Of a stream that is selected by default, and of one that is not."""
SECRET = "the-salt-of-hashes"


@pytest.fixture
def command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int | str | None, str]]:
    """Run the tap's command in this process, and return its exit code and what it prints."""

    def run(*arguments: str) -> tuple[int | str | None, str]:
        monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # the SDK's command sets its own
        monkeypatch.setattr(logging, "captureWarnings", lambda **_: None)
        with pytest.raises(SystemExit) as ended:
            TapKombo.get_singer_command().main(arguments)
        return ended.value.code, capsys.readouterr().out

    return run


def named(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The settings that are named by errors, each of one line."""
    assert not [one for one in caplog.records if one.exc_info]
    lines = [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR]
    return [re.findall(r"^Setting '(\w+)'", line)[0] for line in lines]


@pytest.mark.parametrize(
    ("config", "names"),
    [
        ({}, ["api_key", "integration_ids"]),
        ({"api_key": "", "integration_ids": []}, ["api_key", "integration_ids"]),
        ({"api_key": "k", "integration_ids": [A], **WRONG}, [*WRONG]),
        (GOOD | {"faker_config": {"locale": "xx"}, "stream_maps": ADDING}, ["faker_config"]),
        (GOOD | FLAT | {"flattening_max_key_length": 1}, ["flattening_max_key_length"]),
        (GOOD | FLAT | {"flattening_separator": "_"}, ["flattening_separator"]),
        (GOOD | FLAT | {"stream_maps": {"interviews": {"application__id": "id"}}}, ["stream_maps"]),
        *(
            (GOOD | {"stream_maps": {"users": {"__alias__": alias}}}, ["stream_maps"])
            for alias in (f"other('{SECRET}')", f"int('{SECRET}')", "'a' + 1", "1 / 0")
        ),
    ],
)
def test_wrong_settings_are_named_in_one_line_each(
    command: Callable[..., tuple[int | str | None, str]],
    config: dict[str, Any],
    names: list[str],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps(config))
    for arguments in ((), ("--test",)):
        caplog.clear()

        assert command(*arguments, f"--config={file}") == (1, ""), arguments
        assert named(caplog) == names, arguments
        assert SECRET not in caplog.text


@pytest.mark.parametrize(
    ("config", "name"),
    [
        (
            {"stream_maps": {"notes": ADDING["users"]}, "faker_config": {"locale": "xx"}},
            "faker_config",
        ),
        ({"stream_maps": {"notes": {"author__id": "id"}}, **FLAT}, "stream_maps"),
    ],
)
@pytest.mark.parametrize("argument", ["--test=schema", "--doctor"])
def test_maps_that_are_made_late_are_refused_as_those_of_a_run(
    command: Callable[..., tuple[int | str | None, str]],
    argument: str,
    config: dict[str, Any],
    name: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By default `notes` is not selected: a test reads it anyway, and the doctor selects it."""
    monkeypatch.setenv("MELTANO_EXTRACTOR_NAME", "tap-kombo")
    monkeypatch.setenv("MELTANO_EXTRACT__SELECT", '["notes.*"]')
    file = tmp_path / "config.json"
    file.write_text(json.dumps(GOOD | config))

    code, _ = command(argument, f"--config={file}")

    assert code == 1
    assert named(caplog) == [name]


@pytest.mark.parametrize(
    ("expression", "what"),
    [
        (f"md5('{SECRET}' + nobody)", "MapExpressionError"),
        ("int(last_name)", "ValueError"),  # which quotes the name
        ("last_name + 1", "TypeError"),
    ],
)
@pytest.mark.parametrize("arguments", [(), ("--test",)])
def test_an_expression_that_fails_is_told_without_itself_and_without_a_value(
    arguments: tuple[str, ...],
    expression: str,
    what: str,
    emulator: Emulator,
    url: str,
    tmp_path: Path,
) -> None:
    people = emulator.add_integration(A).records("ats_users")
    maps = {"users": {"other": expression}}
    config = {"api_key": KEY, "integration_ids": [A], "api_url": url, "stream_maps": maps}

    done = tap_kombo(*arguments, config=config, tmp_path=tmp_path)

    assert done.returncode == 1
    assert [line for line in errors(done) if f"[{what} in column other]. Correct" in line]
    assert "Traceback" not in done.stderr
    assert not [
        one for one in (SECRET, *(one["last_name"] for one in people)) if one in done.stderr
    ]


def test_a_test_reads_what_a_run_reads(emulator: Emulator, url: str, tmp_path: Path) -> None:
    """An expression may name a property that Kombo leaves out of a record."""
    emulator.add_integration(A)
    page = {"status": "success", "data": {"results": [{"id": "1"}], "next": None}}
    emulator.intercept = lambda asked: (
        JSONResponse(page) if asked.path.endswith("/ats/users") else None
    )
    maps = {"users": {"other": "remote_id"}}
    config = {"api_key": KEY, "integration_ids": [A], "api_url": url, "stream_maps": maps}

    done = tap_kombo("--test", config=config, tmp_path=tmp_path)

    assert done.returncode == 0
    assert "Every stream can be read." in done.stderr  # it takes no catalog
    assert {*LISTS} <= {one.path for one in emulator.requests}


def test_wrong_environment_variables_are_named(
    command: Callable[..., tuple[int | str | None, str]],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TAP_KOMBO_API_KEY", "k")
    monkeypatch.setenv("TAP_KOMBO_INTEGRATION_IDS", A)
    wrong = {"page_size": "many", "concurrency": "0", "filters": "{", "stream_maps": "{"}
    for name, value in wrong.items():
        monkeypatch.setenv(f"TAP_KOMBO_{name.upper()}", value)

    assert command("--config=ENV") == (1, "")
    assert named(caplog) == [*wrong]


@pytest.mark.parametrize("arguments", [(), ("--test",)])
def test_a_wrong_key_is_one_line_and_appears_nowhere(
    arguments: tuple[str, ...], emulator: Emulator, url: str, tmp_path: Path
) -> None:
    emulator.add_integration(A)
    config = {"api_key": "ks_dev_of_another_region", "integration_ids": [A], "api_url": url}

    done = tap_kombo(*arguments, config=config, tmp_path=tmp_path, TAP_KOMBO_LOGLEVEL="DEBUG")

    assert done.returncode == 1
    told = [line for line in errors(done) if "PLATFORM.AUTHENTICATION_INVALID" in line]
    assert len(told) == 1
    assert "one region and one environment" in told[0]
    assert "Traceback" not in done.stderr
    assert "ks_dev_of_another_region" not in done.stderr + done.stdout
    assert len(emulator.requests) == 1


def test_the_whole_run_writes_singer_messages(emulator: Emulator, url: str, tmp_path: Path) -> None:
    ats = emulator.add_integration(A)
    config = {"api_key": KEY, "integration_ids": A, "api_url": url}

    done = tap_kombo(config=config, tmp_path=tmp_path)

    assert done.returncode == 0, done.stderr
    messages = [json.loads(line) for line in done.stdout.split("\n")[:-1]]
    sent = [one for one in messages if one["type"] == "RECORD" and one["stream"] == "interviews"]
    assert len(sent) == len(ats.records("ats_interviews"))
    assert messages[-1]["type"] == "STATE"


def test_about_lists_every_setting(
    command: Callable[..., tuple[int | str | None, str]],
) -> None:
    code, printed = command("--about", "--format=json")

    assert code == 0
    about = json.loads(printed)
    assert about["name"] == "tap-kombo"
    assert "batch" not in about["capabilities"]
    assert set(TapKombo.config_jsonschema["properties"]) == set(about["settings"]["properties"])


def outline(schema: dict[str, Any], path: str) -> Iterator[str]:
    """One line for each place in a schema, with all but its description."""
    facts = {
        key: value
        for key, value in schema.items()
        if key not in {"description", "properties", "items"}
    }
    yield f"{path}: {json.dumps(facts, sort_keys=True)}"
    for name, inner in schema.get("properties", {}).items():
        yield from outline(inner, f"{path}.{name}")
    if "items" in schema:
        yield from outline(schema["items"], f"{path}[]")


def test_the_catalog_is_as_before(snapshot: SnapshotAssertion) -> None:
    lines = [
        line
        for entry in discovered()["streams"]
        for line in (
            f"{entry['stream']} key {entry['key_properties']}, {entry['replication_method']}",
            *outline(entry["schema"], entry["stream"]),
            *(
                f"{'.'.join((entry['stream'], *one['breadcrumb']))} "
                + json.dumps(one["metadata"], sort_keys=True)
                for one in entry["metadata"]
                if set(one["metadata"]) != {"inclusion"}
            ),
        )
    ]

    assert "\n".join(lines) == snapshot


INTEGRATIONS = {A: "ATS", "personio:demo": "HRIS", "docebo:demo": "LMS", "tests:demo": "ASSESSMENT"}
FORMS = {
    "date-time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z",
    "date": r"\d{4}-\d\d-\d\d",
}
SUITE_CONFIG: dict[str, Any] = {
    "api_key": KEY,
    "integration_ids": list(INTEGRATIONS),
    "opt_in": ["*_attachments"],
}


def has_form(text: str, form: str) -> bool:
    """Whether a text is a moment in UTC or a day, as its format says, and of the calendar."""
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:
        return False
    return bool(re.fullmatch(FORMS[form], text))


@pytest.mark.xdist_group("suite")  # one worker, for tests share one run
class TestStandardSuite(
    get_tap_test_class(  # type: ignore[misc] # made at run time
        TapKombo,
        config=SUITE_CONFIG,
        catalog=catalog(*(endpoint.name for endpoint in STREAMS)),
        # A row for a pass is made when the pass is read, and a sample of one stream reads no other.
        suite_config=SuiteConfig(ignore_no_records_for_streams=[LEDGER.name]),
        include_stream_tests=False,  # a case for each stream and question; below is one for all
        include_stream_attribute_tests=False,  # a record's schema and the test below say more
    )
):
    """The SDK's own tests of every stream, against the emulator."""

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def _served(cls) -> Iterator[None]:
        emulator = Emulator(now="2026-11-23T10:00:00Z", behaviour=Behaviour(remote_data=True))
        for integration_id, category in INTEGRATIONS.items():
            emulator.add_integration(integration_id, category, FEW)
        with serve(emulator) as url:
            SUITE_CONFIG["api_url"] = url
            yield

    def test_every_stream_passes_the_tests_of_a_stream(
        self, config: SuiteConfig, runner: TapTestRunner
    ) -> None:
        streams = runner.new_tap().streams.values()
        wrong, skipped = {}, set()
        for test, stream in itertools.product(tap_stream_tests.tests, streams):
            try:
                test().run(config, None, runner, stream)
            except AssertionError as error:
                wrong[f"{stream.name} {test.name}"] = str(error)
            except pytest.skip.Exception:
                skipped.add(stream.name)
        assert len(tap_stream_tests.tests) > 5
        assert wrong == {}
        assert skipped == {LEDGER.name}

    def test_records_hold_what_their_schema_says(self, runner: TapTestRunner) -> None:
        """All columns, and at every depth moments in UTC and days of the calendar."""
        columns, moments = set(), set()
        for stream, made in runner.new_tap().streams.items():
            records, schema = runner.records[stream], made.stream_maps[-1].transformed_schema
            wanted = schema["properties"].keys()
            columns |= {f"{stream}.{name}" for row in records for name in row.keys() ^ wanted}
            moments |= {
                f"{stream}.{name}"
                for name, form in formats(schema)
                for one in (one for row in records for one in values(row, name))
                if one is not None and not has_form(one, form)
            }
        assert columns == set()
        assert moments == set()
