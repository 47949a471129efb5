"""What an hour costs in which little changes: all is asked, or what webhook events touch."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from benchmarks.measure import MODELS, run, tap
from benchmarks.row import Row
from kombo_emulator import Emulator, Size, serve
from kombo_emulator.events import data_changed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

INTEGRATIONS = 1000
CHANGED = 20
LISTS = MODELS[:9]
SLOW = LISTS[-5:]
"""Those that are read once a day, in the way with intervals."""

ONE_OF_EACH = Size(**dict.fromkeys(LISTS, 1), notes=0, scorecards=0, attachments=0)


def events(folder: Path, *, times: int) -> Iterator[Row]:  # noqa: ARG001
    """Read 1,000 integrations of 9 models an hour after the last run, of which 20 changed one."""
    emulator = Emulator()
    emulator.api_key = "k"
    names = [f"tool:bench-{number}" for number in range(1, INTEGRATIONS + 1)]
    for name in names:
        emulator.add_integration(name, "ATS", ONE_OF_EACH).changed_models()
    with serve(emulator) as url:
        state = folder / "events-state.json"
        last = _state(folder, tap(folder, url, INTEGRATIONS, LISTS))
        state.write_text(json.dumps(last))
        for what, models in {"jobs": ["jobs"], "each of the 9 models in turn": LISTS}.items():
            told = list(_changes(emulator, names[:CHANGED], models))
            hour = f"an hour of {INTEGRATIONS:,} x {len(LISTS)} models, {CHANGED} changed ({what})"
            ways: dict[str, dict[str, Any]] = {
                "all": {},
                "with intervals": {"pass_interval_minutes": {"*": 0} | dict.fromkeys(SLOW, 1440)},
                "by events": {"changes": told},
            }
            for how, settings in ways.items():
                emulator.clear_requests()
                command = tap(folder, url, INTEGRATIONS, LISTS, **settings)
                seen = run([*command, "--state", str(state)])
                figure = f"{len(emulator.requests):,} requests"
                if how == "by events" and what == "jobs":
                    is_few = len(emulator.requests) <= 2 * CHANGED
                    yield Row(f"{hour}: {how}", seen, figure, "at most 40", is_few)
                else:
                    yield Row(f"{hour}: {how}", seen, figure)


def _changes(emulator: Emulator, names: Sequence[str], models: Sequence[str]) -> Iterator[Any]:
    """Change one record of each integration, and yield the events."""
    for place, name in enumerate(names):
        integration, model = emulator.integrations[name], f"ats_{models[place % len(models)]}"
        record = next(iter(integration.table(model).rows))
        new: dict[str, Any] = {"remote_id": f"{record} {place}"}
        integration.edit(model, record, **new)
        yield data_changed(integration)


def _state(folder: Path, command: Sequence[str]) -> Any:  # noqa: ANN401
    """Run for the first time; return what is remembered."""
    output = folder / "events.jsonl"
    run(command, output)
    last = next(line for line in reversed(output.read_text().splitlines()) if '"STATE"' in line)
    return json.loads(last)["value"]
