"""Waits for events, gathers them for some seconds, and lets Meltano read what they touch.

    python worker.py           # for ever
    python worker.py --once    # what is there now

One works at a time; a second one waits. Once a day, and first of all, it reads everything, as
events can be lost on their way.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

if TYPE_CHECKING:
    from collections.abc import Sequence

GATHER_SECONDS = float(os.environ.get("KOMBO_GATHER_SECONDS", "10"))
WHOLE_HOURS = float(os.environ.get("KOMBO_WHOLE_HOURS", "24"))

QUERY = os.environ.get(
    "KOMBO_INTEGRATIONS_QUERY",
    "select id from kombo_webhooks.integrations where deleted_at is null",
)
COMMAND = ("meltano", "run", "tap-kombo", "target-postgres")

# An event that failed is tried again after 1, 2, 4 ... minutes, and in the end left to the next
# whole run.
TO_DO = """
select id, event from kombo_webhooks.events
where done_at is null and attempts < 8 and try_at <= now() order by received_at limit 5000
"""
NOTE_EVENTS = """
update kombo_webhooks.events
set attempts = attempts + 1,
    try_at = now() + interval '1 minute' * power(2, attempts),
    done_at = case when %s then now() end
where id = any(%s)
"""
# A whole run that failed is repeated after an hour; between them events are gone by.
LAST_WHOLE_RUN = """
select from kombo_webhooks.runs
where events is null
and started_at > now() - interval '1 hour' * least(%s, case exit_code when 0 then %s else 1 end)
"""
NOTE_RUN = "insert into kombo_webhooks.runs (started_at, events, exit_code) values (%s, %s, %s)"

log = logging.getLogger("worker")


def work(connection: psycopg.Connection[Any]) -> bool:
    """Run once if there is anything to read; return whether that went well."""
    if not (is_whole_run_due(connection) or connection.execute(TO_DO).fetchone()):
        return True
    time.sleep(GATHER_SECONDS)
    started, is_whole = datetime.now(UTC), is_whole_run_due(connection)
    found = connection.execute(TO_DO).fetchall()
    code = run(connection, None if is_whole else [event for _, event in found])
    connection.execute(NOTE_RUN, [started, None if is_whole else len(found), code])
    connection.execute(NOTE_EVENTS, [code == 0, [one for one, _ in found]])
    log.info(
        "A run by %s ended with %d.", "no event" if is_whole else f"{len(found)} event(s)", code
    )
    return code == 0


def is_whole_run_due(connection: psycopg.Connection[Any]) -> bool:
    """Tell whether everything has to be read again."""
    return connection.execute(LAST_WHOLE_RUN, [WHOLE_HOURS, WHOLE_HOURS]).fetchone() is None


def run(connection: psycopg.Connection[Any], events: Sequence[Any] | None) -> int:
    """Let Meltano read what events touch, or everything; return its exit code."""
    ids = [one for (one,) in connection.execute(QUERY.encode()).fetchall()]
    variables = dict(os.environ)
    with tempfile.TemporaryDirectory() as name:
        if ids:  # else those of the environment
            path = Path(name) / "integrations"
            path.write_text("\n".join(ids))
            variables["TAP_KOMBO_INTEGRATION_IDS"] = f"@{path}"
        if events is not None:
            path = Path(name) / "events"
            path.write_text("\n".join(map(json.dumps, events)))
            variables["TAP_KOMBO_CHANGES"] = f"@{path}"
        return subprocess.run(COMMAND, env=variables, check=False).returncode  # noqa: S603


def main(arguments: Sequence[str]) -> int:
    """Work for ever, or once."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    with psycopg.connect(os.environ["KOMBO_WEBHOOKS_DATABASE"], autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(hashtext('kombo_webhooks'))")
        while True:
            went_well = work(connection)
            if "--once" in arguments:
                return 0 if went_well else 1
            time.sleep(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
