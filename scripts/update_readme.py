"""Write the parts of README.md and of the pages in docs/ that follow from the code.

    python scripts/update_readme.py [--check]

Each part stands between `<!-- NAME -->` and `<!-- /NAME -->`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

from kombo_emulator import Emulator, serve
from scripts.generated import CHECKOUT, run
from tap_kombo.api import problems
from tap_kombo.api.endpoints import ENDPOINTS, STREAMS
from tap_kombo.api.problems import RULES
from tap_kombo.privacy import OPT_IN, Class, class_of, place, sensitive_paths
from tap_kombo.pseudonyms import Plan, Treatment, treatments
from tap_kombo.reference import deletions, replication, requests, table
from tap_kombo.schemas import load_schema
from tap_kombo.settings import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    Parts = Mapping[str, Callable[[], Iterable[str]]]

ANYWHERE = {"custom_fields", "integration_fields", "remote_data", "remote_id"}
"""What almost every stream has; the page says once what becomes of it."""


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


def settings() -> Iterator[str]:
    """Yield the lines of the table of settings."""
    rows = []
    for name, setting in SETTINGS["properties"].items():
        value = setting.get("default")
        default = "required" if name in SETTINGS["required"] else "none"
        if value is not None:
            default = f"`{value if isinstance(value, str) else json.dumps(value)}`"
        rows.append((f"`{name}`", default, setting["description"]))
    return table(("Setting", "Default", "Meaning"), rows)


def streams() -> Iterator[str]:
    """Yield the lines of the table of streams."""
    header = ("Stream", "By default", "Key", "Replication", "Deletions", "Requests")
    rows = (
        (
            f"`{one.name}`{', deprecated' if one.deprecated else ''}",
            "yes" if one.selected_by_default else "",
            ", ".join(f"`{name}`" for name in one.key),
            replication(one),
            deletions(one),
            requests(one),
        )
        for one in STREAMS
    )
    return table(header, rows)


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


def errors_with_code() -> Iterator[str]:
    """Yield the lines of the table of Kombo's error codes."""
    rows = ((f"`{code}`", rule.action.value, rule.cause, rule.cure) for code, rule in RULES.items())
    return table(("Code", "The tap's answer", "Cause", "Cure"), rows)


def errors_without_code() -> Iterator[str]:
    """Yield the lines of the table of all other errors."""
    rules = {
        "HTTP 429": problems.LIMITED,
        "HTTP 401 before any request was answered": problems.KEY_REFUSED,
        "HTTP 401 after that": problems.KEY_REFUSED_HERE,
        "HTTP 408 or 5xx": problems.TRANSIENT,
        "HTTP 3xx": problems.REDIRECTED,
        "any other HTTP status but 200": problems.REFUSED,
        "no connection, a connection cut off, an answer too late": problems.UNREACHABLE,
        "a server error or no answer for every request, of whatever integration": problems.OUTAGE,
        "a certificate that is not valid for the host": problems.UNTRUSTED,
        "HTTP 200 with no JSON, or not Kombo's envelope": problems.UNREADABLE,
        "a cursor that comes back": problems.CIRCULAR,
        "a record without `id`, or with a broken one": problems.KEYLESS,
        "a file list that is refused for one application or candidate": problems.LEFT_OUT,
        "a `category`, `status` or `setup_status` that is not documented": problems.UNKNOWN_WORD,
        "the model's `opted_out_by_customer`": problems.OPTED_OUT,
        "an expression that raises an error": problems.UNMAPPABLE,
        "an invalid time stamp in the state, or an entry that is there twice": problems.BAD_STATE,
        "a bug": problems.UNEXPECTED,
    }
    rows = ((when, rule.action.value, rule.cause, rule.cure) for when, rule in rules.items())
    return table(("When", "The tap's answer", "Cause", "Cure"), rows)


PAGES: Mapping[str, Parts] = {
    "README.md": {
        "doctor": doctor,
        "settings": settings,
        "streams": streams,
        "sensitive": sensitive,
    },
    "docs/personal-columns.md": {"personal columns": personal},
    "docs/getting-started.md": {"doctor": doctor},
    "docs/errors.md": {
        "errors with a code": errors_with_code,
        "errors without a code": errors_without_code,
    },
}
"""The generated parts of each page."""


def pages() -> Iterator[tuple[Path, bytes]]:
    """Yield each page and what it has to hold."""
    for name, parts in PAGES.items():
        page = CHECKOUT / name
        yield page, render(page.read_text(encoding="utf-8"), parts).encode()


if __name__ == "__main__":
    sys.exit(run(__doc__, pages()))
