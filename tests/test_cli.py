from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from settings_told import GOOD, short
from support import catalog
from test_tap import errors, tap_kombo
from warm import warm_tap

from tap_kombo.tap import TapKombo

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

WRONG = GOOD | {"page_size": 0}
"""A configuration that was read if the page size is refused."""


def run(*arguments: str, stdin: str = "") -> Result:
    return CliRunner().invoke(TapKombo.cli, arguments, input=stdin)


NO_OBJECTS = [
    *(b"nothing", b"[1]", b"", None, b"\xff\xfa", b'{"a": NaN}', b'{"a": 1, "a": 2}', b"[" * 10**5),
]
NO_FILES = ["/tmp", "a\0b", "a\nb", "x" * 5000, ""]  # noqa: S108


def test_a_file_without_a_json_object_is_named_in_one_line(tmp_path: Path) -> None:
    tried = [
        *(("--config", data) for data in NO_OBJECTS),
        *((option, data) for option in ("--state", "--catalog") for data in (b"[1]", None)),
    ]
    for number, (option, data) in enumerate(tried):
        file = tmp_path / f"{number}.json"
        if data is not None:
            file.write_bytes(data)

        done = run(option, str(file))

        assert done.exit_code == 2, (option, short(data))
        assert f"Invalid value for '{option}': '{file}'" in done.stderr, (option, short(data))
        assert not done.stdout, (option, short(data))


def test_what_is_no_file_is_told_in_one_line() -> None:
    tried = [*(("--config", name) for name in NO_FILES), ("--state", "a\0b"), ("--catalog", "a\nb")]
    for option, name in tried:
        done = run(option, name)

        assert done.exit_code == 2, (option, short(name))
        assert f"Error: Invalid value for '{option}': '" in done.stderr.splitlines()[-1]


def test_env_is_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAP_KOMBO_API_KEY", "k")

    done = run("--config", "ENV")

    assert done.exit_code == 1  # as `integration_ids` is missing


@pytest.mark.parametrize("name", ["-", "/dev/stdin"])
def test_a_configuration_comes_from_standard_input(name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [*warm_tap(), "--config", name],
        input=json.dumps(WRONG),
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.getcwd()},  # noqa: PTH109
    )

    assert done.returncode == 1
    assert ["'page_size'" in line for line in errors(done)] == [True]


def piped(file: Path, content: object) -> str:
    """The path of a pipe, as `<(cat FILE)` makes one."""
    os.mkfifo(file)
    text = json.dumps(content)
    threading.Thread(target=file.write_text, args=(text,), daemon=True).start()
    return str(file)


@pytest.mark.parametrize("wrong", ["config", "state", "catalog"])
def test_files_may_be_pipes(wrong: str, tmp_path: Path) -> None:
    handed: dict[str, Any] = {"config": GOOD, "state": {}, "catalog": catalog("jobs")}
    handed[wrong] = {"config": WRONG, "state": {"bookmarks": None}, "catalog": {}}[wrong]
    options = [f"--{name}={piped(tmp_path / name, one)}" for name, one in handed.items()]

    done = tap_kombo(*options, tmp_path=tmp_path)

    assert done.returncode == 1, done.stderr
    assert len(errors(done)) == 1
    assert {"config": "page_size", "state": "bookmarks", "catalog": "streams"}[wrong] in done.stderr
    assert "Traceback" not in done.stderr
    assert not done.stdout


def test_of_the_states_that_a_loader_has_printed_the_last_counts(tmp_path: Path) -> None:
    config, state = tmp_path / "config.json", tmp_path / "state.jsonl"
    config.write_text(json.dumps(GOOD))
    for last in ("null", "[]"):
        state.write_text(f'{{"bookmarks": {{}}}}\n{{"bookmarks": {last}}}')

        done = run(f"--config={config}", f"--state={state}")

        assert done.exit_code == 1, last


def test_a_later_file_wins_and_the_environment_over_all(tmp_path: Path) -> None:
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    first.write_text(json.dumps(GOOD | {"page_size": 0, "concurrency": 0, "region": "mars"}))
    second.write_text(json.dumps({"concurrency": 1, "max_retries": -1}))

    done = tap_kombo(
        *(f"--config={one}" for one in (first, "ENV", second)),
        tmp_path=tmp_path,
        TAP_KOMBO_PAGE_SIZE=" 10 ",
        TAP_KOMBO_REGION="EU",
        TAP_KOMBO_INCLUDE_DELETED="ture",
        TAP_KOMBO_PAGESIZE="10",
    )

    told = [line.partition("tap-kombo ")[2].strip("| ") for line in errors(done)]
    assert done.returncode == 1
    assert [line.split("'")[1] for line in told] == [
        "max_retries",
        "include_deleted",
        "TAP_KOMBO_PAGESIZE",
    ]


def test_the_key_is_stripped_and_told_nowhere(url: str, tmp_path: Path) -> None:
    """With a line end it would be no header, and `requests` would quote it."""
    config = GOOD | {"api_key": " ks_of_jane\n", "api_url": url}

    done = tap_kombo(config=config, tmp_path=tmp_path, TAP_KOMBO_LOGLEVEL="DEBUG")

    assert "PLATFORM.AUTHENTICATION_INVALID" in done.stderr
    assert "jane" not in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TAP_KOMBO_LOGLEVEL", "VERBOSE"),
        ("LOGLEVEL", "9"),
        ("SINGER_SDK_LOG_CONFIG", "version: ["),
        ("SINGER_SDK_LOG_CONFIG", "version: 2"),
        ("SINGER_SDK_LOG_CONFIG", "5"),
        ("SINGER_SDK_LOG_CONFIG", None),
    ],
)
def test_a_log_that_cannot_be_set_up_is_told_in_one_line(
    variable: str, value: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "logging.yml"
    if value is None:
        file.mkdir()
    else:
        file.write_text(value)
    is_file = variable == "SINGER_SDK_LOG_CONFIG"
    monkeypatch.setenv(variable, str(file) if is_file else str(value))

    with pytest.raises(SystemExit, match=variable):
        _ = TapKombo.cli


def test_a_closed_standard_output_is_told_in_one_line() -> None:
    """It was taken for a log that cannot be set up."""
    program = ["sh", "-c", '"$0" -m tap_kombo --version >&-', sys.executable]
    done = subprocess.run(program, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stderr == "tap-kombo: standard output or standard error is closed.\n"
