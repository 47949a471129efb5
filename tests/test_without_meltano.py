"""Every command of docs/without-meltano.md does what it says, against the emulator."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
from support import KEY
from test_readme import blocks, shell
from warm import WarmProject

from kombo_emulator import Size
from scripts.meltano_project import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

    from support import Kombo

    from scripts.embedded_postgres import PostgreSQL

A = "greenhouse:demo"
SCHEMA = "without_meltano"
INSTALL, CONFIGURE, FIRST, SECOND, *ELSEWHERE, CHOOSE = blocks("docs/without-meltano.md")
CHECK = CONFIGURE.splitlines()[-1]


def test_it_loads_and_goes_on(
    kombo: Kombo, postgres: PostgreSQL, worker_id: str, tmp_path: Path
) -> None:
    size = Size(candidates=10, applications=15, interviews=20, offers=5)
    kombo.emulator.add_integration(A, "ATS", size)
    kombo.emulator.clock.set(datetime.now(UTC) - timedelta(minutes=10))  # near the program's clock
    loader = WarmProject(CHECKOUT / ".demo" / f"tests-{worker_id}", {})
    loader.prepare()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "target-postgres").symlink_to(loader.loader)
    files = {
        "config": {"api_key": KEY, "integration_ids": [A], "api_url": kombo.url},
        "target": json.loads(postgres.target_config) | {"default_target_schema": SCHEMA},
    }
    (tmp_path / "output").mkdir()
    for name, content in files.items():
        assert f"> output/{name}.json\n" in CONFIGURE
        (tmp_path / "output" / f"{name}.json").write_text(json.dumps(content))

    def run(commands: str) -> str:
        return shell(f'PATH="$PWD/bin:$PATH"\n{commands}', tmp_path)

    def asked(query: str) -> list[tuple[int]]:
        with psycopg.connect(postgres.url, options=f"-c search_path={SCHEMA}") as connection:
            return connection.execute(query.encode()).fetchall()

    assert "Everything selected can be read." in run(CHECK)
    run(FIRST)
    before = asked("select count(*) from interviews")
    ats = kombo.emulator.integrations[A]
    kombo.emulator.clock.advance(seconds=600)
    ats.edit("ats_interviews", ats.records("ats_interviews")[0]["id"], title="Talk with the team")
    run(SECOND)

    assert (before, asked("select count(*) from interviews")) == ([(20,)], [(20,)])
    assert asked("select count(*) from interviews where title = 'Talk with the team'") == [(1,)]
    assert "updated_after" in kombo.asked()[-1].params


def test_streams_are_chosen(kombo: Kombo, tmp_path: Path) -> None:
    kombo.emulator.add_integration(A, "ATS", Size(interviews=7))
    (tmp_path / "output").mkdir()
    config = {"api_key": KEY, "integration_ids": [A], "api_url": kombo.url}
    (tmp_path / "output" / "config.json").write_text(json.dumps(config))

    assert "api_key" in shell(CHOOSE, tmp_path)

    lines = (tmp_path / "output" / "messages.jsonl").read_text().rstrip("\n").split("\n")
    sent = [json.loads(line).get("stream") for line in lines if '"RECORD"' in line]
    assert sent.count("interviews") == 7
