"""The receiver of webhook events over HTTP, and the worker with a stand-in for Meltano."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import requests
from test_changes import event

from kombo_emulator import Emulator, Size, serve
from kombo_emulator.events import data_changed, lifecycle, signature
from scripts.meltano_project import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from scripts.embedded_postgres import PostgreSQL

EXAMPLE = CHECKOUT / "examples" / "webhooks"
SECRET = "whsec_example"
A = "tool:a"
MELTANO = """\
#!/bin/sh
cat "${TAP_KOMBO_CHANGES#@}" > "$SEEN/events" 2>/dev/null || echo everything > "$SEEN/events"
cat "${TAP_KOMBO_INTEGRATION_IDS#@}" > "$SEEN/ids" 2>/dev/null || echo none > "$SEEN/ids"
echo "$@" >> "$SEEN/runs"
exit $(cat "$SEEN/code")
"""


@dataclass
class Hook:
    """The receiver at an address, and its tables."""

    url: str
    database: psycopg.Connection[Any]
    folder: Path

    def post(self, body: bytes, sign: str | None = None) -> int:
        """Deliver a body as Kombo would; return the status."""
        headers = {"X-Kombo-Signature": signature(body, SECRET) if sign is None else sign}
        return requests.post(self.url, body, headers=headers, timeout=30).status_code

    def tell(self, *events: dict[str, Any]) -> None:
        assert [self.post(json.dumps(one).encode()) for one in events] == [204] * len(events)

    def rows(self, query: str) -> Sequence[Any]:
        found = self.database.execute(query.encode()).fetchall()
        return [one[0] if len(one) == 1 else one for one in found]

    def work(self, code: int = 0, **variables: str) -> list[Any]:
        """Let the worker run once; return the events that it hands to Meltano, or what else."""
        (self.folder / "code").write_text(str(code))
        for name in ("events", "ids"):
            (self.folder / name).unlink(missing_ok=True)
        settings = {
            "KOMBO_GATHER_SECONDS": "0",
            "SEEN": str(self.folder),
            "PATH": f"{self.folder}:{os.environ['PATH']}",
            **variables,
        }
        with pytest.MonkeyPatch.context() as patch:
            for name, value in settings.items():
                patch.setenv(name, value)
            assert loaded("worker").main(["--once"]) == min(code, 1)
        file = self.folder / "events"
        if not file.exists():
            return []
        text = file.read_text()
        return [text] if text == "everything\n" else [json.loads(one) for one in text.splitlines()]

    @property
    def ids(self) -> list[str]:
        return (self.folder / "ids").read_text().split()


def loaded(name: str) -> Any:  # noqa: ANN401
    """A program of the example, made anew under the present environment."""
    spec = importlib.util.spec_from_file_location(name, EXAMPLE / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # a data class looks there
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def hook(postgres: PostgreSQL, tmp_path: Path) -> Iterator[Hook]:
    (tmp_path / "meltano").write_text(MELTANO)
    (tmp_path / "meltano").chmod(0o755)
    with (
        pytest.MonkeyPatch.context() as patch,
        psycopg.connect(postgres.url, autocommit=True) as database,
    ):
        database.execute(b"drop schema if exists kombo_webhooks cascade")
        for _ in range(2):
            database.execute((EXAMPLE / "tables.sql").read_bytes())
        patch.setenv("KOMBO_WEBHOOK_SECRET", SECRET)
        patch.setenv("KOMBO_WEBHOOKS_DATABASE", postgres.url)

        class Served:
            app = loaded("receiver").app()

        with serve(Served) as url:
            yield Hook(f"{url.removesuffix('/v1')}/kombo", database, tmp_path)


def whole(hook: Hook) -> None:
    """Let the run of everything be over that comes first."""
    assert hook.work() == ["everything\n"]


def test_an_event_is_stored_if_kombo_has_signed_these_bytes(hook: Hook) -> None:
    told = event(A, "ats_jobs")
    body = json.dumps(told).encode()
    right = signature(body, SECRET)
    again = json.dumps(told, separators=(",", ":")).encode()
    refused = {
        "forged": (body, signature(body, "another")),
        "unsigned": (body, ""),
        "with padding": (body, right + "="),
        "not ASCII": (body, "é" * 43),
        "written anew": (again, right),
        "changed": (body.replace(b"ats_jobs", b"ats_tags"), right),
    }

    assert {name: hook.post(*one) for name, one in refused.items()} == dict.fromkeys(refused, 401)
    assert hook.rows("select id from kombo_webhooks.events") == []
    assert hook.post(body) == 204
    assert hook.rows("select event from kombo_webhooks.events") == [told]


def test_an_event_that_comes_again_is_one_row_and_no_work(hook: Hook) -> None:
    told = event(A, "ats_jobs")
    hook.tell(told, told)
    whole(hook)
    hook.tell(told)

    assert hook.rows("select count(*) from kombo_webhooks.events") == [1]
    assert hook.work() == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"no JSON", 400),
        (b"[]", 400),
        (b'{"type": "data-changed", "data": {}}', 400),
        (b'{"id": 1, "type": "x", "data": {}}', 400),
        (b'{"id": "a\\u0000", "type": "x", "data": {}}', 400),
        (b'{"id": "a\\ud800", "type": "x", "data": {}}', 400),
        (b'{"id": "a", "type": "data-changed", "data": {"integration_id": "b"}}', 400),
        (b'{"id": "a", "type": "data-changed", "data": {"changed_models": []}}', 400),
        (b'{"id": "a", "type": "sync-finished", "data": {"integration_id": 5}}', 400),
        (b" " * 1_000_001, 413),
        (b'{"id": "a", "type": "something-new", "data": {"x": 1}}', 204),
    ],
    ids=lambda one: one if isinstance(one, int) else one[:70].decode(),
)
def test_what_is_signed_but_no_event_is_refused(hook: Hook, body: bytes, status: int) -> None:
    assert hook.post(body) == status


def test_kombo_is_told_to_come_again_if_the_table_cannot_be_written(hook: Hook) -> None:
    """It gets an answer while the table is locked."""
    with hook.database.transaction():
        hook.database.execute(b"lock table kombo_webhooks.events")
        assert hook.post(json.dumps(event(A, "ats_jobs")).encode()) == 503
    hook.tell(event(A, "ats_jobs"))


def test_no_one_is_named_in_the_tables(hook: Hook) -> None:
    ats = Emulator().add_integration(A, "ATS", Size.empty())
    created = lifecycle("integration-created", ats)
    order = event(A, kind="assessment:order-received")
    order["data"]["candidate"] = {"email": "jane@example.com"}
    assert "admin@example.com" in json.dumps(created) or "creator_email" in json.dumps(created)

    hook.tell(created, {**order, "id": "e2"})

    stored = json.dumps(hook.rows("select event from kombo_webhooks.events"))
    assert "@" not in stored
    assert "creator" not in stored


def test_the_list_of_integrations_follows_in_any_order(hook: Hook) -> None:
    emulator = Emulator()
    for name, kinds in {
        "tool:stays": ["created"],
        "tool:leaves": ["created", "deleted"],
        "tool:late": ["deleted", "created"],
    }.items():
        ats = emulator.add_integration(name, "ATS", Size.empty())
        hook.tell(*(lifecycle(f"integration-{one}", ats) for one in kinds))

    whole(hook)

    assert hook.ids == ["tool:stays"]
    assert hook.work() == []  # they tell of no data
    own = "select 'tool:mine' union all select 'tool:yours' order by 1"
    hook.tell(event(A, "ats_jobs"))
    assert len(hook.work(KOMBO_INTEGRATIONS_QUERY=own)) == 1
    assert hook.ids == ["tool:mine", "tool:yours"]
    hook.tell({**event(A, "ats_jobs"), "id": "e2"})
    hook.work(KOMBO_INTEGRATIONS_QUERY="select '' where false", TAP_KOMBO_INTEGRATION_IDS="x")
    assert hook.ids == ["none"]  # the variable stays as it is, and names no file


def test_a_burst_is_one_run(hook: Hook) -> None:
    whole(hook)
    events = [{**event(A, "ats_jobs"), "id": f"e{number}"} for number in range(500)]
    bodies = [json.dumps(one).encode() for one in events]

    def until_taken(body: bytes) -> int:
        while (status := hook.post(body)) == 503:
            pass
        return status

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(until_taken, reversed(bodies))) == {204}

    handed = hook.work()
    assert sorted(one["id"] for one in handed) == sorted(one["id"] for one in events)
    assert hook.rows("select events, exit_code from kombo_webhooks.runs order by id") == [
        (None, 0),
        (500, 0),
    ]
    assert hook.work() == []


def test_what_failed_is_kept_and_tried_again_with_what_came_since(hook: Hook) -> None:
    whole(hook)
    first, second = event(A, "ats_jobs"), {**event(A, "ats_tags"), "id": "e2"}
    hook.tell(first)
    assert hook.work(code=3) == [first]
    assert hook.work() == []  # it waits before it tries again
    hook.database.execute(b"update kombo_webhooks.events set try_at = now()")
    hook.tell(second)

    assert hook.work() == [first, second]
    assert hook.rows("select attempts from kombo_webhooks.events order by id") == [2, 1]
    assert hook.work() == []


def test_what_fails_for_ever_is_left_to_the_next_whole_run(hook: Hook) -> None:
    whole(hook)
    hook.tell(event(A, "ats_jobs"))
    for _ in range(8):
        assert len(hook.work(code=1)) == 1
        hook.database.execute(b"update kombo_webhooks.events set try_at = now()")

    assert hook.work() == []
    hook.database.execute(b"update kombo_webhooks.runs set started_at = now() - interval '1 day'")
    whole(hook)


def test_a_whole_run_that_fails_does_not_keep_events_waiting(hook: Hook) -> None:
    assert hook.work(code=1) == ["everything\n"]
    hook.tell(event(A, "ats_jobs"))

    assert len(hook.work()) == 1
    hook.database.execute(b"update kombo_webhooks.runs set started_at = now() - interval '1 hour'")
    whole(hook)


def test_a_change_at_kombo_becomes_what_the_tap_can_read(hook: Hook) -> None:
    ats = Emulator().add_integration(A, "ATS")
    told = data_changed(ats)
    assert told
    whole(hook)
    hook.tell(told)

    assert hook.work() == [told]


def test_what_the_readme_asks_the_database(hook: Hook) -> None:
    whole(hook)
    hook.tell(event(A, "ats_jobs"))
    assert hook.work(code=1)
    statements = re.findall(r"```sql\n(.*?)```", (EXAMPLE / "README.md").read_text(), re.DOTALL)
    add, look = statements
    runs, failed, tidy = look.strip().splitlines()

    hook.database.execute(add.encode())
    assert hook.rows("select id from kombo_webhooks.integrations") == ["greenhouse:AbC123"]
    assert len(hook.rows(runs)) == 2
    assert len(hook.rows(failed)) == 1
    hook.database.execute(b"update kombo_webhooks.events set received_at = '2026-01-01'")
    hook.database.execute(tidy.encode())
    assert hook.rows("select * from kombo_webhooks.events") == []
