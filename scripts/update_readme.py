"""Write the parts of README.md that follow from the code.

    python scripts/update_readme.py [--check]

Each part stands between `<!-- NAME -->` and `<!-- /NAME -->`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from kombo_emulator import Emulator, serve
from scripts.generated import CHECKOUT, run
from tap_kombo.endpoints import ENDPOINTS, PRIMARY_KEY, RAW, Endpoint
from tap_kombo.settings import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

README = CHECKOUT / "README.md"


def render(text: str) -> str:
    """Return a README with each generated part written anew.

    Args:
        text: The README.

    Raises:
        ValueError: If the markers of a part do not occur exactly once.
    """
    parts = {
        "doctor": doctor(),
        "settings": settings(),
        "streams": streams(),
        "sensitive": sensitive(),
    }
    for name, lines in parts.items():
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        if (text.count(begin), text.count(end)) != (1, 1):
            msg = f"the markers of {name} do not occur exactly once"
            raise ValueError(msg)
        before, rest = text.split(begin)
        after = rest.split(end)[1]
        text = "".join((before, begin, *(f"{line}\n" for line in lines), end, after))
    return text


def doctor() -> Iterator[str]:
    """Yield what `--doctor` prints about an emulator that does not know the last integration."""
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
    yield from ("```text", *done.stdout.splitlines(), "```")


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
    rows = (
        (
            f"`{one.name}`",
            f"`{PRIMARY_KEY}`",
            f"by `{one.replication_key}`" if one.replication_key else "full each time",
            "yes" if one.selected_by_default else "",
            note(one),
        )
        for one in ENDPOINTS
    )
    return table(("Stream", "Key", "Replication", "By default", "Note"), rows)


def note(endpoint: Endpoint) -> str:
    """Say what is special about a stream."""
    if endpoint.deprecated:
        return "deprecated by Kombo"
    if endpoint.parent:
        return f"one request for each record of `{endpoint.parent}`"
    if endpoint.category == "GENERAL":
        return "what Kombo says about each integration"
    return ""


def sensitive() -> Iterator[str]:
    """Yield one sentence with all columns that are off by default."""
    of_streams = [
        f"{', '.join(names)} of `{one.name}`"
        for one in ENDPOINTS
        if (names := [f"`{name}`" for name in one.sensitive if name not in RAW])
    ]
    yield (
        "Off by default, because they hold pay, personal data or the tool's raw answer, are "
        f"`{RAW[0]}` of any stream; {'; '.join(of_streams)}."
    )


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """Yield the lines of a table in Markdown."""
    names = list(header)
    for row in (names, ["---"] * len(names), *rows):
        yield f"| {' | '.join(row)} |"


if __name__ == "__main__":
    sys.exit(run(README, __doc__, lambda: render(README.read_text(encoding="utf-8")).encode()))
