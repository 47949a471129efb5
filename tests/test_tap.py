from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.testing import get_tap_test_class
from support import KEY, catalog, discovered

from kombo_emulator import Behaviour, Emulator, serve
from tap_kombo.api.endpoints import ENDPOINTS
from tap_kombo.tap import TapKombo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from syrupy.assertion import SnapshotAssertion

A = "greenhouse:demo"


def tap_kombo(
    *arguments: str, config: dict[str, Any] | None = None, tmp_path: Path, **env: str
) -> subprocess.CompletedProcess[str]:
    """Run the tap as a user does."""
    command = [sys.executable, "-m", "tap_kombo", *arguments]
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


@pytest.mark.parametrize("arguments", [(), ("--test",)])
@pytest.mark.parametrize(
    ("config", "names"),
    [
        ({}, ["api_key", "integration_ids"]),
        ({"api_key": "", "integration_ids": [A]}, ["api_key"]),
        ({"api_key": "k", "integration_ids": []}, ["integration_ids"]),
        ({"api_key": "k", "integration_ids": [A], "page_size": 251}, ["page_size"]),
        ({"api_key": "k", "integration_ids": [A], "region": "mars"}, ["region"]),
        ({"api_key": "k", "integration_ids": [A], "colour": "red"}, ["colour"]),
        ({"api_key": "k", "integration_ids": [A], "start_date": "soon"}, ["start_date"]),
        ({"api_key": "k", "integration_ids": [A], "filters": {"interviws": {}}}, ["filters"]),
        ({"api_key": "k", "integration_ids": [A], "batch_config": {}}, ["batch_config"]),
    ],
)
def test_wrong_settings_are_named_in_one_line_each(
    arguments: tuple[str, ...],
    config: dict[str, Any],
    names: list[str],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # the SDK's command sets its own
    monkeypatch.setattr(logging, "captureWarnings", lambda **_: None)
    file = tmp_path / "config.json"
    file.write_text(json.dumps(config))

    with pytest.raises(SystemExit) as ended:
        TapKombo.get_singer_command().main([*arguments, "--config", str(file)])

    assert ended.value.code == 1
    lines = [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR]
    assert len(lines) == len(names)
    assert all(f"'{name}'" in line for name, line in zip(names, lines, strict=True))
    assert not [one for one in caplog.records if one.exc_info]
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [("PAGE_SIZE", "many"), ("PAGE_SIZE", "0"), ("FILTERS", "{"), ("STREAM_MAPS", "{")],
)
def test_wrong_environment_variables_are_named(name: str, value: str, tmp_path: Path) -> None:
    done = tap_kombo(
        "--config=ENV",
        tmp_path=tmp_path,
        TAP_KOMBO_API_KEY="k",
        TAP_KOMBO_INTEGRATION_IDS=A,
        **{f"TAP_KOMBO_{name}": value},  # type: ignore[arg-type]
    )

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert [name.lower() in line for line in errors(done)] == [True]


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


def test_about_lists_every_setting(tmp_path: Path) -> None:
    done = tap_kombo("--about", "--format=json", tmp_path=tmp_path)

    about = json.loads(done.stdout)
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


@pytest.mark.parametrize("name", [endpoint.name for endpoint in ENDPOINTS])
def test_the_catalog_is_as_before(name: str, snapshot: SnapshotAssertion) -> None:
    entry = next(one for one in discovered()["streams"] if one["stream"] == name)
    lines = [
        f"key {entry['key_properties']}, {entry['replication_method']}",
        *outline(entry["schema"], name),
        *(
            f"{'.'.join(one['breadcrumb'])}: {json.dumps(one['metadata'], sort_keys=True)}"
            for one in entry["metadata"]
            if set(one["metadata"]) != {"inclusion"}
        ),
    ]

    assert "\n".join(lines) == snapshot


INTEGRATIONS = {A: "ATS", "personio:demo": "HRIS", "docebo:demo": "LMS", "tests:demo": "ASSESSMENT"}
SUITE_CONFIG: dict[str, Any] = {"api_key": KEY, "integration_ids": list(INTEGRATIONS)}


class TestStandardSuite(
    get_tap_test_class(  # type: ignore[misc] # made at run time
        TapKombo,
        config=SUITE_CONFIG,
        catalog=catalog(*(endpoint.name for endpoint in ENDPOINTS)),
    )
):
    """The SDK's own tests of every stream, against the emulator."""

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def _served(cls) -> Iterator[None]:
        emulator = Emulator(now="2026-11-23T10:00:00Z", behaviour=Behaviour(remote_data=True))
        for integration_id, category in INTEGRATIONS.items():
            emulator.add_integration(integration_id, category)
        with serve(emulator) as url:
            SUITE_CONFIG["api_url"] = url
            yield
