"""Write the column reference in docs/columns/: a page and a picture of the joins per category.

    python -m scripts.update_columns [--check]

What the pages say of columns is what `--about --format=markdown` says. The joins come from
`scripts/joins.py`, the records from the tap, which reads the emulator.
"""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from scripts.generated import CHECKOUT, run
from scripts.joins import joins
from scripts.picture import picture
from scripts.samples import records, sample
from scripts.update_readme import render
from tap_kombo.api.endpoints import STREAMS
from tap_kombo.privacy import OPT_IN
from tap_kombo.reference import HEADER, columns, facts, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from scripts.joins import Join
    from tap_kombo.api.endpoints import Category, Endpoint

FOLDER = CHECKOUT / "docs" / "columns"
KOMBO = "https://docs.kombo.dev"


class Title(NamedTuple):
    """What a category is called.

    Attributes:
        page: Name of the page.
        title: Its heading.
    """

    page: str
    title: str


TITLES: Mapping[Category, Title] = {
    "ATS": Title("recruiting", "Recruiting"),
    "HRIS": Title("human-resources", "Human resources"),
    "LMS": Title("learning", "Learning"),
    "ASSESSMENT": Title("assessment", "Assessment"),
    "GENERAL": Title("integrations", "Integrations"),
}

TOOLS = {
    "interviews": "Workday, SAP SuccessFactors, SmartRecruiters, Lever, Recruitee, Greenhouse, "
    "Ashby, Pinpoint, Zoho Recruit and Breezy HR",
    "hris_skills": "Workday and Oracle HCM, in a closed beta",
    "hris_employee_skill_assignments": "Workday and Oracle HCM, in a closed beta",
    "hris_timesheets": "Personio, Workday, SAP SuccessFactors, UKG Pro WFM, UKG Ready, BambooHR, "
    "Oracle HCM and others, in a beta",
    "attachments": "those of a beta for Kombo's enterprise plan",
}
"""What Kombo's documentation said in 2026 of streams that few tools have."""

BY_DEFAULT = CHECKOUT / "docs" / "assets" / "joins.svg"
"""The picture in the README: the streams of recruiting that are read by default."""

Found = dict[str, list[dict[str, Any]]]


def page(category: Category, found: Found) -> Iterator[str]:
    """Yield the lines of the page of a category.

    Args:
        category: The category.
        found: Records of its streams.
    """
    name, title = TITLES[category]
    streams = [one for one in STREAMS if one.category == category]
    yield "<!-- Written by scripts/update_columns.py: what to change stands in the code. -->"
    yield from ("", f"# {title}", "")
    yield f"{len(streams)} streams. [How to read this page](index.md#how-to-read-the-pages)."
    if drawn := joins_of(streams):
        yield from ("", "## How they join", "", f"![The joins of the table below]({name}.svg)", "")
        yield from ('<div class="joins-table" markdown>', "", *joins_table(drawn), "", "</div>")
        yield from alone(streams, drawn)
    for endpoint in streams:
        yield from ("", *section(endpoint, found[endpoint.name]))


def joins_of(streams: Iterable[Endpoint]) -> list[Join]:
    """Return the joins of some streams."""
    return [join for one in streams for join in joins(one)]


def joins_table(drawn: Iterable[Join]) -> Iterator[str]:
    """Yield the lines of a table of joins."""
    rows = ((f"`{one.stream}.{one.column}`", f"{linked(one.other)}`.{one.key}`") for one in drawn)
    return table(("Column", "Leads to"), rows)


def alone(streams: Iterable[Endpoint], drawn: Iterable[Join]) -> Iterator[str]:
    """Yield a sentence on the streams that are in no join."""
    tied = {name for one in drawn for name in (one.stream, one.other)}
    if rest := [f"`{one.name}`" for one in streams if one.name not in tied]:
        yield from ("", f"Only `integration_id` leads on from {', '.join(rest)}.")


def section(endpoint: Endpoint, found: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield the lines about a stream.

    Args:
        endpoint: The row of the table.
        found: Records of it.
    """
    stream = endpoint.name
    yield from (f"## `{stream}`", "", with_links(endpoint.about), "")
    yield from (f"- **{name}**: {fact}" for name, fact in facts(endpoint))
    if endpoint.category != "GENERAL":
        yield f"- **Tools**: {tools(endpoint)}"
    rows = (
        (anchor(stream, one.name), one.kind, one.privacy, with_links(one.about))
        for one in columns(stream)
    )
    yield from ("", *table(HEADER, rows), "")
    yield from ("<details markdown>", "<summary>A record</summary>", "", "```json")
    shown = json.dumps(sample(found), indent=2, ensure_ascii=False, default=float)
    yield from (shown, "```", "", "</details>")


def tools(endpoint: Endpoint) -> str:
    """Say which tools have a stream, or where Kombo says it."""
    below = re.sub(r"[/_]", "-", re.sub(r"[{}]", "", endpoint.path.split("/", 2)[2]))
    address = f"{KOMBO}/{endpoint.category.lower()}/v1/get-{below}"
    if known := TOOLS.get(endpoint.name):
        return f"{known}, says [Kombo]({address})"
    return f"as listed by [Kombo]({address})"


def anchor(stream: str, column: str) -> str:
    """Return the name of a column as a link to itself."""
    name = f"{stream}.{column}"
    return f'<a id="{name}" href="#{name}"><code>{column}</code></a>'


def with_links(text: str) -> str:
    """Return a text in which the name of a stream, after that word, leads to its section."""
    names = "|".join(one.name for one in STREAMS)
    return re.sub(rf"(?<=stream )`({names})`", lambda stream: linked(stream[1]), text)


def linked(stream: str) -> str:
    """Return a link to the section of a stream."""
    [category] = [one.category for one in STREAMS if one.name == stream]
    return f"[`{stream}`]({TITLES[category].page}.md#{stream})"


def streams() -> Iterator[str]:
    """Yield the lines of the table of all streams."""
    rows = (
        (linked(one.name), TITLES[one.category].title, one.about, facts_in_short(one))
        for one in STREAMS
    )
    return table(("Stream", "Category", "A row is", "Read"), rows)


def facts_in_short(endpoint: Endpoint) -> str:
    """Return when a stream is read."""
    return "if `opt_in` names it" if endpoint.parent else dict(facts(endpoint))["Read"]


def classes() -> Iterator[str]:
    """Yield the lines of the table of the classes of privacy."""
    counted: dict[str, int] = {}
    for one in STREAMS:
        for column in columns(one.name):
            counted[column.privacy] = counted.get(column.privacy, 0) + 1
    needed = {f"{one}, **opt-in**" for one in OPT_IN}
    rows = (
        (
            kind.split(",")[0] or "not personal: the cell is empty",
            str(number),
            "yes" if kind in needed else "no",
        )
        for kind, number in counted.items()
    )
    return table(("Class", "Columns", "Needs `opt_in`"), rows)


def files(found: Found) -> Iterator[tuple[Path, bytes]]:
    """Yield each file and what it has to hold.

    Args:
        found: Records of all streams.
    """
    index = FOLDER / "index.md"
    parts = {"streams": streams, "classes": classes}
    yield index, render(index.read_text(encoding="utf-8"), parts).encode()
    for category, (name, title) in TITLES.items():
        yield FOLDER / f"{name}.md", ("\n".join(page(category, found)) + "\n").encode()
        of = [one for one in STREAMS if one.category == category]
        if drawn := joins_of(of):
            yield FOLDER / f"{name}.svg", picture(drawn, f"Joins: {title}").encode()
    chosen = [one for one in STREAMS if one.category == "ATS" and one.selected_by_default]
    yield BY_DEFAULT, picture(joins_of(chosen), "Joins: streams read by default").encode()


if __name__ == "__main__":
    sys.exit(run(__doc__, files(records())))
