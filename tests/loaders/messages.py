"""Two runs of the tap with every stream, as the files that each loader reads."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loaders.extremes import alter
from support import KEY

from kombo_emulator import Behaviour, Emulator, Size, serve
from kombo_emulator.table import MODELS
from tap_kombo.tap import TapKombo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kombo_emulator.integration import Integration

TAP = Path(sys.executable).parent / "tap-kombo"
INTEGRATIONS = {
    "greenhouse:acme": "ATS",
    "lever:globex": "ATS",
    "personio:initech": "HRIS",
    "docebo:umbrella": "LMS",
    "testdome:hooli": "ASSESSMENT",
}
SHAPES: dict[str, dict[str, Any]] = {
    "plain": {},
    "flattened": {"flattening_enabled": True, "flattening_max_depth": 3},
}
BLANKED_AFTER = timedelta(days=14)
BETWEEN = timedelta(hours=1)
AGES = (timedelta(minutes=1), BLANKED_AFTER * 2, BLANKED_AFTER - BETWEEN / 2)
"""How long ago records were deleted: just now, blanked already, blanked before the second run."""

Record = dict[str, Any]


@dataclass(frozen=True)
class Messages:
    """The files of two runs, the second of which is incremental."""

    files: tuple[Path, Path]

    def lines(self) -> Iterator[Record]:
        for file in self.files:
            for line in file.read_bytes().split(b"\n")[:-1]:
                yield json.loads(line, parse_float=Decimal)

    @cached_property
    def schemas(self) -> dict[str, Record]:
        """The properties of each stream."""
        return {
            one["stream"]: one["schema"]["properties"]
            for one in self.lines()
            if one["type"] == "SCHEMA"
        }

    @cached_property
    def sent(self) -> dict[str, list[Record]]:
        """All records of each stream, in the order sent."""
        found: dict[str, list[Record]] = {name: [] for name in self.schemas}
        for one in self.lines():
            if one["type"] == "RECORD":
                found[one["stream"]].append(one["record"])
        return found


def write_messages(folder: Path) -> dict[str, Messages]:
    """Let the tap run twice for each shape, and keep what it writes."""
    emulator = Emulator(behaviour=Behaviour(remote_data=True, blanking_updates=True))
    size = Size(candidates=40, applications=50, interviews=60)
    for integration_id, category in INTEGRATIONS.items():
        prepare(emulator, emulator.add_integration(integration_id, category, size))
    emulator.alter = alter
    catalog = everything(folder)
    with serve(emulator) as url:
        for shape in SHAPES:
            run(folder, url, shape, catalog)
        emulator.clock.advance(seconds=BETWEEN.total_seconds())
        for one in emulator.integrations.values():
            change(one)
        for shape in SHAPES:
            run(folder, url, shape, catalog, state_of(file_of(folder, shape, 1)))
    return {
        shape: Messages((file_of(folder, shape, 1), file_of(folder, shape, 2))) for shape in SHAPES
    }


def file_of(folder: Path, shape: str, number: int) -> Path:
    return folder / f"{shape}{number}.jsonl"


def everything(folder: Path) -> Path:
    """A catalog in which all is selected."""
    tap = TapKombo(config={"opt_in": ["*"]}, validate_config=False, setup_mapper=False)
    catalog = tap.catalog_dict
    for entry in catalog["streams"]:
        for one in entry["metadata"]:
            one["metadata"]["selected"] = True
    path = folder / "catalog.json"
    path.write_text(json.dumps(catalog))
    return path


def run(folder: Path, url: str, shape: str, catalog: Path, state: Path | None = None) -> None:
    config = {"api_key": KEY, "api_url": url, "integration_ids": list(INTEGRATIONS)}
    file = folder / f"{shape}.json"
    file.write_text(json.dumps(config | {"opt_in": ["*"], "max_retries": 0} | SHAPES[shape]))
    command: list[str | Path] = [TAP, "--config", file, "--catalog", catalog]
    command += ["--state", state] if state else []
    output = file_of(folder, shape, 2 if state else 1)
    with output.open("wb") as written, output.with_suffix(".log").open("wb") as log:
        subprocess.run(command, stdout=written, stderr=log, check=True)


def state_of(file: Path) -> Path:
    last = json.loads(file.read_bytes().rstrip().split(b"\n")[-1])
    path = file.with_suffix(".state.json")
    path.write_text(json.dumps(last["value"]))
    return path


def prepare(emulator: Emulator, integration: Integration) -> None:
    """Let each model have tombstones: one new, one blanked, and one that soon will be."""
    now = emulator.clock.now()
    for model, _ in Size().of(integration.category):
        rows = [one["id"] for one in integration.records(model)]
        for at, age in enumerate(AGES):
            if len(rows) > at + 2:
                with emulator.clock.at(now - age):
                    integration.delete(model, rows[at])


def change(integration: Integration) -> None:
    """Let each model have records that are edited, deleted or new."""
    for model, _ in Size().of(integration.category):
        rows = [one["id"] for one in integration.records(model, include_deleted=False)]
        for one in rows[:2]:
            edits: dict[str, Any] = dict.fromkeys(texts_of(model), f"edited {one}")
            integration.edit(model, one, **edits)
        for one in rows[-1:]:
            integration.delete(model, one)
        integration.make(model)


def texts_of(model: str) -> list[str]:
    """The properties of a model that hold a text."""
    known = MODELS[model].schema
    return [
        name
        for name in MODELS[model].fields
        if known.get(name, {}).get("type") == ["string", "null"]
        and "format" not in known[name]
        and not name.endswith("_id")
    ]
