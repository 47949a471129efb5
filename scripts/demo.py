"""What `make demo` shows: emulated Kombo data in PostgreSQL, then the same after some changes."""

from __future__ import annotations

import datetime as dt
import json
import sys
import textwrap
import time
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier

from kombo_emulator import Emulator, serve
from scripts.embedded_postgres import embedded_postgres
from scripts.meltano_project import CHECKOUT, MeltanoError, MeltanoProject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from kombo_emulator import Integration
    from scripts.embedded_postgres import PostgreSQL

API_KEY = "ks_dev_emulator"
STREAMS = ("interviews", "applications", "candidates", "jobs", "offers")
INTEGRATIONS = ("greenhouse:acme", "personio:globex")
WIDTH = 100
Rows = dict[str, dict[str, Any]]


def main() -> int:
    """Run the demo.

    Returns:
        Exit code: 1 if Meltano failed, and then the end of its log has been printed.
    """
    emulator = Emulator(api_key=API_KEY)
    acme, _ = (emulator.add_integration(name, category="ATS") for name in INTEGRATIONS)
    with serve(emulator) as url, embedded_postgres() as postgres:
        project = MeltanoProject(
            CHECKOUT / ".demo" / "project",
            {
                "TAP_KOMBO_API_KEY": API_KEY,
                "TAP_KOMBO_INTEGRATION_IDS": ",".join(INTEGRATIONS),
                "TAP_KOMBO_API_URL": url,
                "TAP_KOMBO__SELECT": json.dumps([f"{stream}.*" for stream in STREAMS]),
                **postgres.target_settings,
            },
        )
        say(f"Kombo emulator  {url}  with {' and '.join(INTEGRATIONS)}")
        say(f"PostgreSQL      {postgres.host}:{postgres.port}")
        say(f"Meltano's log   {project.log.relative_to(CHECKOUT)}")
        try:
            show(project, postgres, acme)
        except MeltanoError as error:
            say(f"\n{error}")
            return 1
    return 0


def show(project: MeltanoProject, postgres: PostgreSQL, integration: Integration) -> None:
    """Load, change data at Kombo, load again, and print what came of it."""
    heading("Install the plugins of meltano.yml (kept in .demo for the next time)")
    timed("meltano install", project.prepare)

    heading("First run: everything")
    timed("meltano run tap-kombo target-postgres", project.load)
    before = interviews(postgres)
    first_bookmarks = project.bookmarks("interviews")
    say()
    table(("table", "rows"), list(counts(postgres)))
    say()
    newest = sorted(before.values(), key=lambda row: row["changed_at"], reverse=True)[:6]
    columns = ("integration_id", "title", "starting_at", "changed_at")
    table(
        (*columns, "candidate"),
        [(*(row[name] for name in columns), full_name(row)) for row in newest],
    )
    say("\nNested data is kept as jsonb; application -> candidate of the first row:")
    say(textwrap.fill(json.dumps(newest[0]["application"]["candidate"]), WIDTH))

    heading("Now data changes at Kombo")
    for line in change(integration):
        say(f"- {line}")

    heading("Second run: only what changed")
    timed("meltano run tap-kombo target-postgres", project.load)
    after = interviews(postgres)
    sent = [
        key
        for key in after
        if after[key]["_sdc_sequence"] != before.get(key, {}).get("_sdc_sequence")
    ]
    say(f"\nIt sent {len(sent)} of {len(after)} interviews:")
    table(
        ("id", "column", "before", "after"),
        [line for key in sent for line in differences(key, before.get(key), after[key])],
    )

    heading("Bookmarks (meltano state get)")
    bookmarks = project.bookmarks("interviews")
    table(
        ("integration", "after the first run", "after the second run"),
        [(name, first_bookmarks[name], bookmarks[name]) for name in bookmarks],
    )

    heading("The same with a real key")
    say("TAP_KOMBO_API_KEY=... TAP_KOMBO_INTEGRATION_IDS=... TARGET_POSTGRES_HOST=... \\")
    say("TARGET_POSTGRES_USER=... TARGET_POSTGRES_PASSWORD=... TARGET_POSTGRES_DATABASE=... \\")
    say(".venv-meltano/bin/meltano run tap-kombo target-postgres")


def change(integration: Integration) -> Iterator[str]:
    """Change five things at Kombo; yield a line about each."""
    alive = integration.records("ats_interviews", include_deleted=False)
    one_each = {row["application"]["id"]: row["id"] for row in alive if in_play(row)}
    (application, edited), (declined, _), (_, cancelled), (_, deleted) = list(one_each.items())[:4]
    integration.edit("ats_interviews", edited, title="Talk with the team")
    yield f"interview {edited} gets another title"
    integration.edit("ats_applications", declined, outcome="DECLINED")
    yield f"application {declined} is declined; it is nested in its interviews"
    integration.edit("ats_interviews", cancelled, canceled=True)
    yield f"interview {cancelled} is cancelled"
    integration.delete("ats_interviews", deleted)
    yield f"interview {deleted} is deleted"
    new = integration.make("ats_interviews", application_id=application, title="Last talk")
    yield f"interview {new} is new"


def in_play(interview: Mapping[str, Any]) -> bool:
    """Tell whether an interview is still to be held for an open application."""
    return not interview["canceled"] and interview["application"]["outcome"] == "PENDING"


def interviews(postgres: PostgreSQL) -> Rows:
    """Read the table `tap_kombo.interviews`, by id."""
    with psycopg.connect(postgres.url, row_factory=dict_row) as connection:
        return {row["id"]: row for row in connection.execute("select * from tap_kombo.interviews")}


def counts(postgres: PostgreSQL) -> Iterator[tuple[str, int]]:
    """Count the rows of every table that the tap has filled."""
    with psycopg.connect(postgres.url) as connection:
        tables = "select tablename from pg_tables where schemaname = 'tap_kombo' order by 1"
        for (name,) in connection.execute(tables).fetchall():
            query = SQL("select count(*) from tap_kombo.{}").format(Identifier(name))
            [(rows,)] = connection.execute(query)
            yield f"tap_kombo.{name}", rows


def differences(
    key: str, before: Mapping[str, Any] | None, after: Mapping[str, Any]
) -> Iterator[tuple[object, ...]]:
    """Yield id, column, old and new value for each column of a row that differs."""
    if before is None:
        yield key, "(new row)", "", after["title"]
        return
    old, new = dict(leaves(before)), dict(leaves(after))
    changed = [name for name in old | new if old.get(name) != new.get(name)]
    for name in changed:
        yield key, name, old.get(name), new.get(name)
    if not changed:
        yield key, "(the same: within the lookback)", "", ""


def leaves(value: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, object]]:
    """Yield each value of a row with its dotted path, without the loader's own columns."""
    for name, child in value.items():
        if name.startswith("_sdc_"):
            continue
        if isinstance(child, dict):
            yield from leaves(child, f"{path}{name}.")
        else:
            yield f"{path}{name}", child


def full_name(row: Mapping[str, Any]) -> str:
    """Return the name of an interview's candidate."""
    candidate = row["application"]["candidate"]
    return f"{candidate['first_name']} {candidate['last_name']}"


def timed(what: str, action: Callable[[], None]) -> None:
    """Do something and say how long it took."""
    say(f"$ {what}")
    began = time.monotonic()
    action()
    say(f"  took {time.monotonic() - began:.0f} seconds")


def heading(text: str) -> None:
    """Print a heading."""
    say(f"\n{text}\n{'-' * len(text)}")


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows in columns that together fit the width."""
    cells = [header, *([cell(value) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    while sum(widths) + 2 * (len(widths) - 1) > WIDTH:
        widths[widths.index(max(widths))] -= 1
    for line in cells:
        fitted = (clip(text, width).ljust(width) for text, width in zip(line, widths, strict=True))
        say("  ".join(fitted).rstrip())


def cell(value: object) -> str:
    """Return a value as it is shown in a table."""
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return str(value)


def clip(text: str, width: int) -> str:
    """Shorten a text to a width."""
    return text if len(text) <= width else text[: width - 3] + "..."


def say(text: str = "") -> None:
    """Print a line at once."""
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
