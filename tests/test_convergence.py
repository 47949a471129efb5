"""Whatever changes at Kombo and however often runs are cut off, the tables come to equal Kombo."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from programs import STREAMS, Asks, Change, Edit, Run, Scene, Wait
from support import Kombo, catalog, discovered

from kombo_emulator import Behaviour, Emulator, serve
from tap_kombo import run, tap
from tap_kombo.api.endpoints import ENDPOINTS
from tap_kombo.records import Fitter
from tap_kombo.replication.bookmarks import Bookmarks, Pass

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from programs import Step

    from tap_kombo.api.answers import Page, Record

EXAMPLES = int(os.environ.get("CONVERGENCE_EXAMPLES", "6"))
"""All behaviours together, beside the tour; the nightly workflow asks for 10,000."""

BEHAVIOURS = {
    "by id, inclusive, live": Behaviour(),
    "by change, strict, removed": Behaviour(
        order="changed", updated_after_inclusive=False, after_14_days="remove"
    ),
    "snapshot, blanking updates, empty pages": Behaviour(
        paging="snapshot", blanking_updates=True, empty_pages=3
    ),
}


BEGINNINGS = ("edit", "add", "delete", "tag", "invite", "disable", "outdate")
ENDINGS = ("move", "restore", "untag", "uninvite", "enable", "renew")
EDITS = ("move back", "move ahead", "forget", "begin anew")

small = st.integers(0, 40)
kinds = st.sampled_from([*["edit"] * 2, *BEGINNINGS, *ENDINGS])
changes = st.builds(Change, kinds, small, small, small, st.sampled_from([0.0, 0.0, 0.0, 3.0, 30.0]))
waits = st.builds(Wait, st.sampled_from([0.001, 1, 30, 299, 301, 3600, 86_400, 15 * 86_400]))
edits = st.builds(Edit, st.sampled_from(EDITS), small)
asked = st.builds(
    Asks,
    start_date=st.sampled_from([None, None, "2020-01-01", "2026-01-01T09:30:00Z"]),
    deselected=st.sampled_from([(), (), ("remote_id",), ("remote_id", "application", "tags")]),
    mapped=st.sampled_from(
        [None, None, ("remote_id", "'hidden'"), ("__filter__", "id < 'M'"), ("more", "id")]
    ),
    anonymized_records=st.sampled_from(["emit", "emit", "skip"]),
    page_size=st.sampled_from([2, 3]),
)
runs = st.builds(
    Run,
    skew=st.sampled_from([0, 0, -240, 240]),
    killed_after=st.none() | st.integers(1, 30),
    lossy=st.booleans(),
    concurrency=st.sampled_from([1, 4]),
    asks=st.just(Asks()) | asked,
    refused=st.sampled_from([False, False, False, True]),
    between=st.lists(st.tuples(st.integers(1, 12), changes | waits), max_size=3).map(tuple),
    events=st.sampled_from([None, None, "told", "doubled", "lost"]),
)
pairs = st.lists(st.sampled_from(list(STREAMS)), min_size=2, max_size=2, unique=True)
programs = st.lists(changes | changes | waits | edits | runs | runs, min_size=1, max_size=14)

TOUR: list[Step] = [
    Run(concurrency=4, between=((4, Change("edit", record=6)), (5, Wait(301)))),
    *(Change(kind, record=2, visible_after=3) for kind in BEGINNINGS),
    Run(killed_after=9, lossy=True, refused=True),
    Edit("move back"),
    Run(asks=Asks("2026-01-01", ("remote_id", "tags"), ("more", "id"), "skip", 3), skew=240),
    *(Change(kind, record=2) for kind in ENDINGS),
    Run(events="doubled"),
    Change("delete", model=2),
    Wait(15 * 86_400),
    *(Edit(kind, stream=at) for at, kind in enumerate(EDITS)),
    Run(skew=-240),
    Change("edit", model=1),
    Run(events="lost"),
]
"""A program with each kind of step, as few random ones may lack some."""


@pytest.fixture(scope="module", params=BEHAVIOURS.values(), ids=list(BEHAVIOURS))
def scene_kombo(request: pytest.FixtureRequest) -> Iterator[Kombo]:
    emulator = Emulator(now="2026-11-23T10:00:00Z", behaviour=request.param)
    with pytest.MonkeyPatch.context() as patch, serve(emulator) as url:
        rows = [one for one in ENDPOINTS if one.name in {*STREAMS, "integrations"}]
        patch.setattr(tap, "STREAMS", rows)
        patch.setattr(run, "CHECKPOINT_SECONDS", 0)  # a state after each page
        discovered.cache_clear()
        catalog.cache_clear()
        yield Kombo(emulator, url)
    discovered.cache_clear()  # else others would see the catalog of few streams
    catalog.cache_clear()


def converges(kombo: Kombo, streams: Sequence[str], program: Sequence[Step]) -> None:
    """Play a program and compare, after an incremental run and after a full one."""
    scene = Scene(kombo, streams)
    scene.play(program)
    if not scene.has_blanks:
        scene.assert_equal(everything=False)
    scene.do(Wait(8 * 86_400))
    scene.run(Run())
    scene.assert_equal(everything=True)


@pytest.mark.timeout(1800)  # hundreds of programs, on a busy machine too
@settings(
    max_examples=-(-EXAMPLES // len(BEHAVIOURS)),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(streams=pairs, program=programs)
@example(streams=["candidates", "interviews"], program=TOUR)
def test_the_warehouse_comes_to_equal_kombo(
    scene_kombo: Kombo, streams: list[str], program: list[Step]
) -> None:
    converges(scene_kombo, streams, program)


told = st.builds(
    Run, concurrency=st.sampled_from([1, 4]), events=st.sampled_from(["told", "doubled"])
)
live = changes.filter(lambda one: one.kind not in {"disable", "enable", "outdate", "renew"})


@pytest.mark.timeout(1800)
@settings(
    max_examples=1 - (-EXAMPLES // (4 * len(BEHAVIOURS))),  # the first is the simplest
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(streams=pairs, program=st.lists(live | live | waits | told, min_size=1, max_size=10))
def test_events_bring_all_that_updated_after_promises(
    scene_kombo: Kombo, streams: list[str], program: list[Step]
) -> None:
    """After one whole run, those by events are enough, as long as none is lost."""
    scene = Scene(scene_kombo, streams)
    for step in (Run(), *program, Wait(60), Run(events="told")):
        scene.do(step)
    if not scene.has_blanks:
        scene.assert_equal(everything=False)


@pytest.mark.parametrize("scene_kombo", [Behaviour()], indirect=True)
def test_the_proof_can_fail(scene_kombo: Kombo, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the newest `changed_at` as bookmark the warehouse does not come to equal Kombo."""

    def naive(marks: Bookmarks, done: Pass) -> None:
        entry = marks._entries.writable(done.integration_id)
        remember_end(marks, done)
        entry["replication_key_value"] = newest[done.integration_id]

    newest: dict[str, str] = {}
    fit, remember_end = Fitter.fit, Bookmarks.remember_end

    def noted(fitter: Fitter, page: Page, integration_id: str) -> list[Record]:
        records = fit(fitter, page, integration_id)
        for record in records:
            newest[integration_id] = max(newest.get(integration_id, ""), record["changed_at"])
        return records

    # While the first pass runs, what was read already changes, then what was not.
    program = [
        Run(
            between=(
                (3, Change("edit", model=0, record=0, other=1)),
                (3, Wait(3600)),
                (3, Change("edit", model=0, record=6, other=2)),
            )
        )
    ]
    converges(scene_kombo, ["interviews", "users"], program)
    monkeypatch.setattr(Bookmarks, "remember_end", naive)
    monkeypatch.setattr(Fitter, "fit", noted)
    with pytest.raises(AssertionError):
        converges(scene_kombo, ["interviews", "users"], program)
