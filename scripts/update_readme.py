"""Write the parts of README.md and of the pages in docs/ that follow from the code.

    python scripts/update_readme.py [--check]

Each part stands between `<!-- NAME -->` and `<!-- /NAME -->`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from kombo_emulator import Emulator, serve
from scripts.generated import CHECKOUT, run
from tap_kombo.api import problems
from tap_kombo.api.endpoints import ENDPOINTS, LEDGER, STREAMS, Endpoint
from tap_kombo.api.problems import RULES, Action
from tap_kombo.privacy import OPT_IN, Class, class_of, place, sensitive_paths
from tap_kombo.pseudonyms import Plan, Treatment, treatments
from tap_kombo.reference import requests, table
from tap_kombo.schemas import load_schema
from tap_kombo.settings import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from tap_kombo.api.endpoints import Category

    Parts = Mapping[str, Callable[[], Iterable[str]]]

ANYWHERE = {"custom_fields", "integration_fields", "remote_data", "remote_id"}
"""What almost every stream has; the page says once what becomes of it."""


CATEGORIES: Mapping[Category, str] = {
    "ATS": "recruiting (ATS)",
    "HRIS": "human resources (HRIS)",
    "LMS": "learning (LMS)",
    "ASSESSMENT": "assessment",
    "GENERAL": "about integrations",
}
"""What the categories of streams are called for readers."""

ACTIONS: Mapping[Action, str] = {
    Action.WAIT: "The tap waits",
    Action.SKIP_MODEL: "A stream of the integration is skipped",
    Action.SKIP_INTEGRATION: "The integration is skipped",
    Action.RETRY: "Retried, then the stream of the integration fails",
    Action.RETRY_INTEGRATION: "Retried, then the integration fails",
    Action.FAIL_MODEL: "The stream of the integration fails",
    Action.FAIL_INTEGRATION: "The integration fails",
    Action.STOP_RUN: "The run stops",
}
"""What the tap does about errors, in words for readers."""

COMMON = ("api_key", "integration_ids", "region", "start_date", "concurrency", "opt_in")
"""The settings that most people touch."""


def render(text: str, parts: Parts) -> str:
    """Return a page with each generated part written anew.

    Args:
        text: The page.
        parts: What makes the lines of each part, by its name.

    Raises:
        ValueError: If the markers of a part do not occur exactly once.
    """
    for name, make in parts.items():
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        if (text.count(begin), text.count(end)) != (1, 1):
            msg = f"the markers of {name} do not occur exactly once"
            raise ValueError(msg)
        before, rest = text.split(begin)
        after = rest.split(end)[1]
        text = "".join((before, begin, *(f"{line}\n" for line in make()), end, after))
    return text


@cache
def doctor() -> Sequence[str]:
    """Return what `--doctor` prints about an emulator that does not know the last integration."""
    emulator = Emulator()
    integrations = {"greenhouse:demo": "ATS", "personio:demo": "HRIS"}
    for one, category in integrations.items():
        emulator.add_integration(one, category)
    env = {name: value for name, value in os.environ.items() if not name.startswith("TAP_")}
    with serve(emulator) as url:
        env["TAP_KOMBO_API_KEY"] = emulator.api_key
        env["TAP_KOMBO_API_URL"] = url
        env["TAP_KOMBO_INTEGRATION_IDS"] = ",".join((*integrations, "workday:demo"))
        command = [sys.executable, "-m", "tap_kombo", "--config=ENV", "--doctor"]
        done = subprocess.run(  # noqa: S603
            command, env=env, capture_output=True, text=True, check=False
        )
    shown = done.stdout.replace(url, "http://127.0.0.1:8000/v1")  # the port is another each time
    return ("```text", *shown.splitlines(), "```")


def facts() -> Iterator[str]:
    """Yield what somebody wants to know before they try the tap."""
    names = ", ".join(f"{count(category)} {words}" for category, words in CATEGORIES.items())
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    [sdk] = [one for one in project["dependencies"] if one.startswith("singer-sdk")]
    newest = (CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8").partition("## [")[2]
    rows = (
        ("Streams", f"{len(ENDPOINTS)} of Kombo: {names}; and `{LEDGER.name}`, our own"),
        ("Sync modes", "incremental by `changed_at`, full refresh when due or asked for"),
        ("Deletes", "soft: `remote_deleted_at`; hard deletes if you want them"),
        ("State", "one bookmark per integration and stream; an interrupted run resumes"),
        ("Tenants", "any number of integrations in one run, or in shards"),
        ("Runs on", f"Python {project['requires-python'].removeprefix('>=')} or newer; `{sdk}`"),
        ("Version", newest.partition("]")[0].lower()),
        ("Licence", project["license"]),
    )
    return table(("tap-kombo", ""), rows)


def count(category: Category) -> int:
    """Return how many streams a category has."""
    return sum(one.category == category for one in ENDPOINTS)


def settings(names: Iterable[str] = SETTINGS["properties"]) -> Iterator[str]:
    """Yield the lines of the table of settings.

    Args:
        names: The settings to show; all by default.
    """
    rows = []
    for name in names:
        setting = SETTINGS["properties"][name]
        value = setting.get("default")
        default = "required" if name in SETTINGS["required"] else "none"
        if value is not None:
            default = f"`{value if isinstance(value, str) else json.dumps(value)}`"
        rows.append((f"`{name}`", default, setting["description"]))
    return table(("Setting", "Default", "Meaning"), rows)


def streams() -> Iterator[str]:
    """Yield a table of streams for each category."""
    header = ("Stream", "Default", "Primary key", "Sync", "Requests")
    for category, words in CATEGORIES.items():
        rows = (
            (
                f"`{one.name}`{', deprecated' if one.deprecated else ''}",
                "yes" if one.selected_by_default else "",
                ", ".join(f"`{name}`" for name in one.key),
                sync(one),
                requests(one),
            )
            for one in STREAMS
            if one.category == category
        )
        yield from (f"## {words[0].upper()}{words[1:]}", "", *table(header, rows), "")


def sync(endpoint: Endpoint) -> str:
    """Say in a word which rows a run sends."""
    if endpoint is LEDGER:
        return "new rows only"
    return "incremental" if endpoint.incremental else "full"


def short_streams() -> Iterator[str]:
    """Yield a row for each category: what is read by default, and what else there is."""
    rows = (
        (
            f"{words[0].upper()}{words[1:]}",
            *(
                ", ".join(
                    f"`{one.name}`"
                    for one in STREAMS
                    if one.category == category and one.selected_by_default is by_default
                )
                for by_default in (True, False)
            ),
        )
        for category, words in CATEGORIES.items()
    )
    return table(("Category", "Read by default", "Read if you select them"), rows)


def sensitive() -> Iterator[str]:
    """Yield a row for each class of what is read only if `opt_in` names it."""
    rows = []
    for kind in sorted(OPT_IN):
        found = [
            (one.name, place(one.name, path).partition(".")[2])
            for one in ENDPOINTS
            for path in sensitive_paths(one.name)
            if class_of(one.name, path) is kind
        ]
        if kind is Class.RAW:
            ends = dict.fromkeys(path.split(".")[-1] for _, path in found)
            names = [f"`*.{name}`" for name in ends]
        else:
            names = [f"`{stream}.{path}`" for stream, path in found]
        rows.append((kind.value, ", ".join(names)))
    dear = ", ".join(f"`{one.name}`" for one in ENDPOINTS if one.parent)
    rows.append(("a request to the customer's tool for each record", dear))
    return table(("What", "Named by"), rows)


def personal() -> Iterator[str]:
    """Yield a row for each stream with something personal: what presets hide, and `opt_in`."""
    rows, others = [], []
    for one in ENDPOINTS:
        schema = load_schema(one.name)
        needed = sensitive_paths(one.name)
        people, strict = (hidden(preset, one.name, schema) for preset in ("people", "strict"))
        more = [
            path
            for path in strict
            if path not in people and not any(path[: len(above)] == above for above in needed)
        ]
        cells = [", ".join(short(one.name, paths)) for paths in (people, more, needed)]
        if any(cells):
            rows.append((f"`{one.name}`", *cells))
        else:
            others.append(f"`{one.name}`")
    yield from table(("Stream", "`people` hides", "`strict` hides too", "needs `opt_in`"), rows)
    yield from ("", f"No other is in {', '.join(others)}.")


def hidden(preset: str, stream: str, schema: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Return the paths of what a preset hides in a stream."""
    told = treatments(Plan(preset), stream, schema)
    return [path for path, treatment in told if treatment is not Treatment.CLEAR]


def short(stream: str, paths: Iterable[Sequence[str]]) -> Iterable[str]:
    """Return the names of columns without those that any stream may have; an address is one."""
    names: dict[str, None] = {}
    for path in paths:
        if path[-1] not in ANYWHERE:
            is_part = class_of(stream, path) is Class.ADDRESS
            whole = place(stream, [*path[:-1], "*"] if is_part else path)
            names[f"`{whole.partition('.')[2]}`"] = None
    return names


def errors() -> Iterator[str]:
    """Yield a table of errors for each thing that the tap does about them, the mildest first."""
    rules = {
        **{f"`{code}`": rule for code, rule in RULES.items()},
        "HTTP 429": problems.LIMITED,
        "HTTP 401 on the first request": problems.KEY_REFUSED,
        "HTTP 401 later": problems.KEY_REFUSED_HERE,
        "HTTP 408 or 5xx": problems.TRANSIENT,
        "HTTP 3xx": problems.REDIRECTED,
        "any other HTTP status except 200": problems.REFUSED,
        "no connection, a connection cut off, or an answer that is too late": problems.UNREACHABLE,
        "server errors or no answer, whatever is asked for": problems.OUTAGE,
        "a certificate that is not valid for the host": problems.UNTRUSTED,
        "HTTP 200 without JSON, or without Kombo's envelope": problems.UNREADABLE,
        "the same cursor twice": problems.CIRCULAR,
        "a record without a usable `id`": problems.KEYLESS,
        "files of one application or candidate refused": problems.LEFT_OUT,
        "an undocumented `category`, `status` or `setup_status`": problems.UNKNOWN_WORD,
        "`opted_out_by_customer` of the model": problems.OPTED_OUT,
        "an error in an expression of `stream_maps`": problems.UNMAPPABLE,
        "an invalid time stamp, or an entry twice, in the state": problems.BAD_STATE,
        "an unexpected error": problems.UNEXPECTED,
    }
    for action, words in ACTIONS.items():
        rows = (
            (when, rule.cause, rule.cure) for when, rule in rules.items() if rule.action is action
        )
        yield from (f"### {words}", "", *table(("Error", "Cause", "What to do"), rows), "")


PAGES: Mapping[str, Parts] = {
    "README.md": {
        "facts": facts,
        "doctor": doctor,
        "short settings": partial(settings, COMMON),
        "short streams": short_streams,
    },
    "docs/settings.md": {"settings": settings},
    "docs/streams.md": {"streams": streams, "sensitive": sensitive},
    "docs/personal-columns.md": {"personal columns": personal},
    "docs/getting-started.md": {"doctor": doctor},
    "docs/errors.md": {"errors": errors},
}
"""The generated parts of each page."""


def pages() -> Iterator[tuple[Path, bytes]]:
    """Yield each page and what it has to hold."""
    for name, parts in PAGES.items():
        page = CHECKOUT / name
        yield page, render(page.read_text(encoding="utf-8"), parts).encode()


if __name__ == "__main__":
    sys.exit(run(__doc__, pages()))
