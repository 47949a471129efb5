"""The errors that a reader meets first: each is provoked, and its page quotes what is seen."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from support import KEY
from warm import WarmProject

from kombo_emulator import Emulator, Size, serve
from scripts.meltano_project import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from scripts.embedded_postgres import PostgreSQL

A = "greenhouse:demo"
PAGE = (CHECKOUT / "docs" / "errors.md").read_text()
CHAPTER = PAGE.split("## First errors\n")[1].split("\n## ")[0]
SECTIONS: dict[str, list[str]] = {
    title: re.findall(r"```text\n(.*?)\n```", text, re.DOTALL)
    for title, _, text in (one.partition("\n") for one in CHAPTER.split("\n### ")[1:])
}
TAP = f"{sys.executable} -m tap_kombo --config=ENV"
SCHEMA = json.dumps(
    {"type": "SCHEMA", "stream": "any", "key_properties": [], "schema": {"properties": {"id": {}}}}
)
MELTANO_RUN, _, FILTER = CHAPTER.split("```bash\n")[1].split("\n")[0].partition(" 2>&1 | ")


def shown(title: str, block: int = 0) -> list[str]:
    """The lines that a section quotes; `...` stands for what differs each time."""
    return SECTIONS[title][block].splitlines()


def missing(quoted: list[str], output: str) -> list[str]:
    """The lines that are not in the output, whatever stands for `...` there."""
    patterns = {one: ".*".join(map(re.escape, re.split(r" ?\.\.\. ?", one))) for one in quoted}
    return [one for one, pattern in patterns.items() if not re.search(pattern, output)]


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def filtered(output: str) -> str:
    """What the command of the page leaves of it."""
    done = subprocess.run(
        ["bash", "-c", FILTER], input=output, capture_output=True, text=True, check=True
    )
    return done.stdout


@dataclass(frozen=True)
class Place:
    """A Meltano project with all it needs, in which one thing is made wrong at a time."""

    project: WarmProject
    address: str

    def run(self, loader: str = "target-postgres", **wrong: str) -> str:
        """Run the tap into a loader; return what Meltano prints, as it fails."""
        project = replace(self.project, settings={**self.project.settings, **wrong})
        command = [*MELTANO_RUN.split()[:-1], loader]
        return fails(command, project.folder, project.environment)

    def shell(self, command: str, **wrong: str) -> str:
        """Run a command without Meltano; return what it prints, as it fails."""
        settings = {name: one for name, one in self.project.settings.items() if "__" not in name}
        env = {**os.environ, **settings, **wrong}
        return fails(["bash", "-o", "pipefail", "-c", command], CHECKOUT, env)


def fails(command: Sequence[str | Path], folder: Path, env: Mapping[str, str]) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode != 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def place(postgres: PostgreSQL, worker_id: str) -> Iterator[Place]:
    emulator = Emulator(api_key=KEY)
    emulator.add_integration(A, "ATS", Size(interviews=7))
    with psycopg.connect(postgres.url, autocommit=True) as connection:  # who needs a password
        connection.execute("drop database if exists warehouse with (force)")  # test_rights
        connection.execute("drop role if exists loader")
        connection.execute("create role loader login password 'right'")
        ((path,),) = connection.execute("show hba_file").fetchall()
        rules, before = Path(path), Path(path).read_text()
        asks = "('host all loader 127.0.0.1/32 scram-sha-256'), ('host all all 127.0.0.1/32 trust')"
        connection.execute(f"copy (values {asks}) to '{rules}'".encode())
        connection.execute("select pg_reload_conf()")
    with serve(emulator) as address:
        settings = {
            "TAP_KOMBO_API_KEY": KEY,
            "TAP_KOMBO_API_URL": address,
            "TAP_KOMBO_INTEGRATION_IDS": A,
            "TAP_KOMBO_MAX_RETRIES": "1",
            "TAP_KOMBO__SELECT": '["interviews.*"]',
            **postgres.target_settings,
        }
        project = WarmProject(CHECKOUT / ".demo" / f"tests-{worker_id}", settings)
        project.prepare()
        yield Place(project, address)
    rules.write_text(before)  # other modules have a role of that name, without a password
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("select pg_reload_conf()")


def test_a_wrong_password(place: Place) -> None:
    title = "The database refuses the password"
    output = place.run(TARGET_POSTGRES_USER="loader", TARGET_POSTGRES_PASSWORD="wrong")

    assert missing(shown(title), filtered(output)) == []
    assert len(output.splitlines()) > 50
    assert len(filtered(output).splitlines()) < 10


def test_a_database_that_is_away(place: Place) -> None:
    title = "The database cannot be reached"
    refused = shown(title)[0].partition("target-postgres ")[2]
    host, database = shown(title, 1)
    load = f"echo '{SCHEMA}' | {place.project.loader} --config=ENV"

    assert missing([refused], place.shell(load, TARGET_POSTGRES_PORT=str(closed_port()))) == []
    assert missing([host], place.shell(load, TARGET_POSTGRES_HOST="db.invalid")) == []
    assert missing([database], place.shell(load, TARGET_POSTGRES_DATABASE="nowhere")) == []


def test_a_loader_that_is_not_in_the_project(place: Place) -> None:
    output = place.run("target-snowflake")

    assert missing(shown("The loader is missing"), filtered(output)) == []


def test_no_loader_at_all(place: Place) -> None:
    output = fails(["meltano", "run", "tap-kombo"], place.project.folder, place.project.environment)

    assert missing(shown("The loader is missing", 3), output) == []


def test_a_loader_that_cannot_be_installed(place: Place, tmp_path: Path) -> None:
    whole = (CHECKOUT / "meltano.yml").read_text()
    (tmp_path / "meltano.yml").write_text(whole.replace("meltanolabs-target-postgres", "a-target"))
    env = {**place.project.environment, "MELTANO_PROJECT_ROOT": str(tmp_path), "UV_OFFLINE": "1"}
    output = fails(["meltano", "install", "loader", "target-postgres"], tmp_path, env)

    assert missing(shown("The loader is missing", 1), output) == []
    assert "a-target" in output


def test_a_loader_that_the_shell_does_not_find(place: Place) -> None:
    output = place.shell(f"{TAP} | target-postgres")

    assert missing(shown("The loader is missing", 2), output) == []
    assert "the loader has ended" in output.splitlines()[-1]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk(place: Place, tmp_path: Path) -> None:
    (tmp_path / "interviews.jsonl").symlink_to("/dev/full")
    of_the_loader = place.run("target-jsonl", TARGET_JSONL_DESTINATION_PATH=str(tmp_path))
    of_the_tap = place.shell(f"{TAP} > /dev/full")

    assert missing(shown("The disk is full"), filtered(of_the_loader)) == []
    assert missing(shown("The disk is full", 1), of_the_tap.splitlines()[-1]) == []


def test_a_wrong_key(place: Place) -> None:
    output = place.run(TAP_KOMBO_API_KEY="ks_dev_of_another_region")

    assert missing(shown("The key or the region is wrong"), filtered(output)) == []


def test_no_network(place: Place) -> None:
    nobody = f"http://127.0.0.1:{closed_port()}/v1"
    output = place.shell(f"{TAP} > {os.devnull}", TAP_KOMBO_API_URL=nobody)
    of_the_tap = [one.partition("tap-kombo ")[2] for one in shown("There is no network")]

    assert len(of_the_tap) == 2
    assert missing(of_the_tap, output) == []


def test_a_host_that_nobody_knows(place: Place) -> None:
    nobody = {"TAP_KOMBO_API_URL": "https://kombo.invalid/v1", "TAP_KOMBO_MAX_RETRIES": "0"}
    output = place.shell(f"{TAP} > {os.devnull}", **nobody)

    assert "Kombo is not available, whatever is asked for [the host name is not known]. " in output
    assert "`the host name is not known`" in CHAPTER


def test_broken_json(place: Place) -> None:
    in_object, in_array = shown("A variable holds broken JSON")
    [expecting] = re.findall("- an object is expected .*", CHAPTER)
    objects = re.findall(r"`(TAP_\w+)`", expecting)
    tries = dict.fromkeys(objects, in_object) | {"TAP_KOMBO__SELECT": in_array}

    assert len(tries) == 5
    for variable, line in tries.items():
        output = place.run(**{variable: line.partition("string: ")[2].strip("'")})
        assert missing([line], filtered(output)) == []
        assert len(output.splitlines()) > 50
        assert not re.search(r"\] tap-kombo ", output)


def test_each_section_is_provoked_here() -> None:
    here = Path(__file__).read_text() + (Path(__file__).parent / "test_rights.py").read_text()
    assert len(SECTIONS) == 8
    assert [title for title in SECTIONS if f'"{title}"' not in here] == []


def test_a_line_that_is_not_there_is_missed() -> None:
    quoted = ["at port ... failed", "no such ... line"]
    assert missing(quoted, "[error] at port 5432 failed\nno such\nline") == quoted[1:]
