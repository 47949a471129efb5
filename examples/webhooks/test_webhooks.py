"""From an edit at Kombo to a row in PostgreSQL: real server, real worker, real Meltano."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import requests

from kombo_emulator import Emulator, Size, serve
from kombo_emulator.events import data_changed, lifecycle, signature
from scripts.embedded_postgres import embedded_postgres
from scripts.meltano_project import CHECKOUT, MELTANO, MeltanoProject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kombo_emulator.integration import Integration

EXAMPLE = Path(__file__).parent
PAGE = (CHECKOUT / "docs" / "webhooks.md").read_text()
README = (EXAMPLE / "README.md").read_text()
SERVE, WORK = re.findall(r"^(?:uvicorn|python) .*", README, re.MULTILINE)
A, B = "greenhouse:0", "lever:1"
SECRET = "whsec_example"  # noqa: S105 - of the emulator


@dataclass(frozen=True)
class Scene:
    """A receiver that answers, and all that stands around it."""

    emulator: Emulator
    database: psycopg.Connection[Any]
    address: str
    env: dict[str, str]

    def deliver(self, event: dict[str, Any] | None, secret: str = SECRET) -> int:
        body = json.dumps(event).encode()
        headers = {"X-Kombo-Signature": signature(body, secret)}
        return requests.post(self.address, body, headers=headers, timeout=60).status_code

    def work(self) -> list[tuple[str, str | None]]:
        """Let the worker run once, and return what was asked of Kombo."""
        self.emulator.clear_requests()
        done = subprocess.run(
            ["bash", "-c", f"{WORK} --once"],
            cwd=CHECKOUT,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-5000:]
        return sorted((one.path, one.integration_id) for one in self.emulator.requests)

    def rename(self, integration_id: str, name: str) -> Integration:
        ats = self.emulator.integrations[integration_id]
        ats.edit("ats_jobs", next(iter(ats.table("ats_jobs").rows)), name=name)
        return ats

    def names(self) -> set[str]:
        return {one for (one,) in self.database.execute("select name from webhooks.jobs")}

    def runs(self) -> list[int | None]:
        query = "select events from kombo_webhooks.runs where exit_code = 0 order by id"
        return [one for (one,) in self.database.execute(query)]


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    emulator = Emulator()
    for one in (A, B):
        emulator.add_integration(one, "ATS", Size(interviews=5, jobs=3))
    with serve(emulator) as url, embedded_postgres() as postgres:
        settings = {
            "TAP_KOMBO_API_KEY": emulator.api_key,
            "TAP_KOMBO_API_URL": url,
            "TAP_KOMBO__SELECT": '["interviews.*", "jobs.*", "users.*"]',
            "TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": "webhooks",
            **postgres.target_settings,
        }
        project = MeltanoProject(CHECKOUT / ".demo" / "webhooks", settings)
        project.prepare()
        env = {
            **os.environ,
            **settings,
            "KOMBO_WEBHOOKS_DATABASE": postgres.url,
            "KOMBO_WEBHOOK_SECRET": SECRET,
            "KOMBO_GATHER_SECONDS": "0",
            "MELTANO_PROJECT_ROOT": str(project.folder),
            "PATH": f"{CHECKOUT}/.venv-webhooks/bin:{MELTANO.parent}:{os.environ['PATH']}",
        }
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = str(free.getsockname()[1])
        server = subprocess.Popen(
            ["bash", "-c", f"exec {SERVE.replace('8080', port)}"],
            cwd=CHECKOUT,
            env=env,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert server.stderr
        assert any("Uvicorn running" in line for line in server.stderr)
        with psycopg.connect(postgres.url, autocommit=True) as database:
            database.execute((EXAMPLE / "tables.sql").read_bytes())
            address = f"http://127.0.0.1:{port}/kombo"
            yield Scene(emulator, database, address, env)
        server.terminate()
        server.communicate()


def test_from_an_edit_to_a_row(scene: Scene) -> None:
    for one in (A, B):
        ats = scene.emulator.integrations[one]
        assert scene.deliver(lifecycle("integration-created", ats)) == 204
        ats.changed_models()  # that there is something at all is told by the first run

    everything = scene.work()
    assert {one for _, one in everything} == {A, B}
    assert scene.database.execute("select count(*) from webhooks.jobs").fetchone() == (6,)

    told = data_changed(scene.rename(B, "Gardener"))
    lost = data_changed(scene.rename(A, "Florist"))
    assert (scene.deliver(told), scene.deliver(lost, "forged")) == (204, 401)
    assert scene.work() == [("/ats/jobs", B), (f"/integrations/{B}", B)]
    assert "Gardener" in scene.names()
    assert "Florist" not in scene.names()

    assert scene.deliver(told) == 204  # it comes again, and nothing is to be done
    assert scene.work() == []
    assert scene.runs() == [None, 1]

    scene.database.execute("update kombo_webhooks.runs set started_at = now() - interval '1 day'")
    scene.work()
    assert "Florist" in scene.names()
    assert scene.runs() == [None, 1, None]


def test_a_burst_is_one_run(scene: Scene) -> None:
    before = scene.runs()
    events = [data_changed(scene.rename(A, f"Baker {number}")) for number in range(500)]

    def until_taken(event: dict[str, Any] | None) -> int:
        while (status := scene.deliver(event)) == 503:
            pass
        return status

    with ThreadPoolExecutor(20) as pool:  # in whatever order they arrive
        assert set(pool.map(until_taken, reversed(events))) == {204}

    assert scene.work() == [("/ats/jobs", A), (f"/integrations/{A}", A)]
    assert "Baker 499" in scene.names()
    assert scene.runs() == [*before, 500]


@pytest.mark.parametrize("command", re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL))
def test_the_page_hands_events_over_by_hand(scene: Scene, command: str) -> None:
    (shown,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    folder = Path(scene.env["MELTANO_PROJECT_ROOT"])
    (folder / "events.jsonl").write_text(shown.replace("greenhouse:AbC123", B))
    scene.emulator.clear_requests()

    done = subprocess.run(
        ["bash", "-c", command.replace(".venv-meltano/bin/meltano", str(MELTANO))],
        cwd=folder,
        env={**scene.env, "TAP_KOMBO_INTEGRATION_IDS": f"{A},{B}"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-5000:]
    asked = sorted((one.path, one.integration_id) for one in scene.emulator.requests)
    assert asked == [("/ats/jobs", B), (f"/integrations/{B}", B)]
