"""The home page shows of `make demo` what it really prints."""

from __future__ import annotations

import re

from kombo_emulator import Emulator
from scripts.demo import INTEGRATIONS, STREAMS, Rows, cell, change, differences
from scripts.meltano_project import CHECKOUT


def test_the_home_page_shows_what_the_demo_prints() -> None:
    page = (CHECKOUT / "docs" / "index.md").read_text(encoding="utf-8")
    [block] = re.findall(r"```text\n(.*?)```", page, re.DOTALL)
    lines = set(filter(None, block.splitlines()))
    emulator = Emulator()
    acme, other = (emulator.add_integration(name, "ATS") for name in INTEGRATIONS)

    def interviews() -> Rows:
        both = (acme.records("ats_interviews"), other.records("ats_interviews"))
        return {row["id"]: dict(row) for rows in both for row in rows}

    counted = {
        f"tap_kombo.{stream}": len(acme.records(model)) + len(other.records(model))
        for stream, model in ((stream, f"ats_{stream}") for stream in STREAMS)
    }
    before = interviews()
    changes = {f"- {line}" for line in change(acme)}
    after = interviews()
    rows = {
        key: [tuple(map(cell, row)) for row in differences(key, before.get(key), after[key])]
        for key in after
        if before.get(key) != after[key]
    }

    shown = {tuple(re.split(r" {2,}", line)) for line in lines if "  " in line}
    heads = {("table", "rows"), ("id", "column", "before", "after")}
    told = {tuple(filter(None, row)) for each in rows.values() for row in each}
    tables = {(name, str(number)) for name, number in counted.items()}
    assert tables < shown
    assert changes < lines
    assert f"It sent {len(rows)} of {len(after)} interviews:" in lines
    assert shown - heads - tables <= told
    assert len(shown - heads - tables) == len(rows) - 1  # of a deletion only times are to be seen
