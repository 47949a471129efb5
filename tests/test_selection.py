"""What `select` names: the right streams, or a hint."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from scripts.meltano_project import MELTANO
from tap_kombo.api.endpoints import ENDPOINTS
from tap_kombo.selection import misspelt
from tap_kombo.tap import TapKombo

if TYPE_CHECKING:
    from support import Kombo

A = "tool:a"
STREAMS = ("candidates", "interviews", "hris_employees")


@pytest.mark.parametrize(
    ("patterns", "told"),
    [
        (["*.*", "hris_*.id", "!interviews.users", "candidates.*", "candidates"], []),
        (["candidate.*"], ["'candidate' (did you mean `candidates`?)"]),
        (["!intervews.*", "intervews.id"], ["'intervews' (did you mean `interviews`?)"]),
        (["lms_*.*"], ["'lms_*'"]),
        (["zzz.*", "employees.*"], ["'zzz'", "'employees' (did you mean `hris_employees`?)"]),
    ],
    ids=str,
)
def test_what_names_no_stream_is_told_with_a_hint(patterns: list[str], told: list[str]) -> None:
    lines = [f"`select` names no stream with {one}." for one in told]

    assert list(misspelt(patterns, STREAMS)) == lines


def test_a_misspelt_stream_beside_a_right_one_is_told(
    kombo: Kombo, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Meltano leaves it out of the catalog, so that only its variable has it."""
    kombo.emulator.add_integration(A)
    monkeypatch.setenv("MELTANO_EXTRACT__SELECT", json.dumps(["interviews.*", "candidate.*"]))

    sent = kombo.run(A)

    told = "`select` names no stream with 'candidate' (did you mean `candidates`"
    assert [line.startswith(told) for line in caplog.messages].count(True) == 1
    assert sent.records()


# --- as Meltano

BY_MELTANO = """
import copy, json, sys
from meltano.core.plugin.singer.catalog import MetadataExecutor, select_metadata_rules

catalog, selects = json.load(sys.stdin)
made = [copy.deepcopy(catalog) for _ in selects]
for one, patterns in zip(made, selects):
    rules = [*select_metadata_rules(["!*.*"]), *select_metadata_rules(patterns)]  # as for a run
    MetadataExecutor(rules).visit(one)
print()
print(json.dumps(made))
"""

SELECTS = [
    ["*.*"],
    ["*"],
    [],
    ["!jobs.*", "*.*"],
    ["*application*.*", "jobs.*", "!application_stages"],
    ["!jobs"],
    ["jobs.name", "jobs.hiring_team.*", "!jobs.name"],
    ["interviews.application.candidate.id", "hris_*.id"],
    ["interviews.*", "!interviews.application.candidate.*", "!interviews.users"],
    ["interviews.application", "candidates.*.id", "!candidates.tags.*"],
    ["[ij]*.remote_*", "!*.remote_url", "candidates.", "JOBS.*"],
    ["jobs.*", "!*.id", "!hris_employees.*.city"],
]


class FewStreams(TapKombo):
    endpoints = tuple(
        one
        for one in ENDPOINTS
        if one.name in {"candidates", "hris_employees", "interviews", "jobs", "application_stages"}
    )


@pytest.mark.system
def test_it_selects_what_meltano_selects() -> None:
    """Streams, columns, and what is nested in them; by the SDK's own reading of both catalogs."""
    config = {"api_key": "key", "integration_ids": [A]}
    code = (MELTANO.with_name("python"), "-c", BY_MELTANO)
    given = json.dumps([FewStreams(config=config).catalog_dict, SELECTS])
    done = subprocess.run(code, input=given, capture_output=True, text=True, check=True)
    catalogs = json.loads(done.stdout.splitlines()[-1])  # above it are lines of its log

    for patterns, catalog in zip(SELECTS, catalogs, strict=True):
        tap = FewStreams(config=config)
        tap.select(patterns)
        expected = FewStreams(config=config, catalog=catalog).streams
        assert {name: one.mask for name, one in tap.streams.items()} == {
            name: one.mask for name, one in expected.items()
        }, patterns
