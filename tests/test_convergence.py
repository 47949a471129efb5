"""Whatever changes at Kombo and however often runs are cut off, the tables come to equal Kombo."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import Kombo, Sent, catalog, discovered

from kombo_emulator import Behaviour, Emulator, Size, serve
from kombo_emulator.table import MODELS
from tap_kombo import run, tap
from tap_kombo.api.endpoints import ENDPOINTS
from tap_kombo.records import Fitter
from tap_kombo.replication.bookmarks import Bookmarks, Pass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from kombo_emulator.ats import AtsIntegration
    from kombo_emulator.models import Embed
    from kombo_emulator.received import Received
    from tap_kombo.api.answers import Page, Record

EXAMPLES = int(os.environ.get("CONVERGENCE_EXAMPLES", "504"))
"""All behaviours together; the nightly workflow asks for 10,000."""

STREAMS = {
    "interviews": "ats_interviews",
    "applications": "ats_applications",
    "candidates": "ats_candidates",
    "jobs": "ats_jobs",
    "users": "ats_users",
}
EDITED = (*STREAMS.values(), "ats_offers", "ats_application_stages", "ats_tags", "ats_job_postings")
NAMES = {
    "ats_interviews": "title",
    "ats_applications": "rejection_reason_name",
    "ats_job_postings": "title",
    "ats_offers": "remote_id",
    "ats_users": "first_name",
    "ats_candidates": "last_name",
}
SMALL = Size(
    users=2, roles=1, tags=2, rejection_reasons=0, application_stages=2, jobs=2, candidates=3,
    applications=4, interviews=7, offers=2, notes=0, scorecards=0, attachments=0,
)  # fmt: skip
BEHAVIOURS = {
    "by id, inclusive, live": Behaviour(),
    "by change, strict, removed": Behaviour(
        order="changed", updated_after_inclusive=False, after_14_days="remove"
    ),
    "snapshot, blanking updates, empty pages": Behaviour(
        paging="snapshot", blanking_updates=True, empty_pages=3
    ),
}


class KilledError(BaseException):
    """The process ends here, as by kill -9."""


@dataclass(frozen=True)
class Change:
    """Something that happens at Kombo.

    Attributes:
        kind: What happens.
        model: To which model, as an index.
        record: To which record, as an index.
        other: Which other record takes part, as an index.
        visible_after: Seconds after its time stamp at which readers see it.
    """

    kind: str
    model: int = 0
    record: int = 0
    other: int = 0
    visible_after: float = 0


@dataclass(frozen=True)
class Wait:
    """Time passes."""

    seconds: float


@dataclass(frozen=True)
class Run:
    """The tap runs.

    Attributes:
        skew: Seconds that its clock is ahead of Kombo's.
        killed_after: How many messages it writes before it is killed; `None` lets it end.
        lossy: Whether the loader loses what came after the last state.
        concurrency: The tap's setting of that name.
        between: What happens before its n-th request.
    """

    skew: float = 0
    killed_after: int | None = None
    lossy: bool = False
    concurrency: int = 1
    between: tuple[tuple[int, Change | Wait], ...] = ()


small = st.integers(0, 40)
kinds = st.sampled_from(
    ["edit"] * 3
    + ["add", "delete", "restore", "move", "tag", "untag", "invite", "uninvite"]
    + ["disable", "enable"]
)
changes = st.builds(Change, kinds, small, small, small, st.sampled_from([0.0, 0.0, 0.0, 3.0, 30.0]))
waits = st.builds(Wait, st.sampled_from([0.001, 1, 30, 299, 301, 3600, 86_400, 15 * 86_400]))
runs = st.builds(
    Run,
    skew=st.sampled_from([0, 0, -240, 240]),
    killed_after=st.none() | st.integers(1, 30),
    lossy=st.booleans(),
    concurrency=st.sampled_from([1, 4]),
    between=st.lists(st.tuples(st.integers(1, 12), changes | waits), max_size=3).map(tuple),
)
pairs = st.lists(st.sampled_from(list(STREAMS)), min_size=2, max_size=2, unique=True)
programs = st.lists(changes | changes | waits | runs, min_size=1, max_size=14)


@dataclass
class Warehouse:
    """Tables that a loader keeps: the last record of each key, and the last state."""

    tables: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)

    def load(self, sent: Sent, *, lossy: bool = False) -> None:
        """Take in the messages of a run.

        Args:
            sent: The messages.
            lossy: Whether those after the last state are lost.
        """
        messages = sent.messages
        if lossy:
            states = [at for at, one in enumerate(messages) if one["type"] == "STATE"]
            messages = messages[: states[-1] + 1] if states else []
        for message in messages:
            if message["type"] == "RECORD":
                record = dict(message["record"])
                assert record.pop("integration_id")
                self.tables.setdefault(message["stream"], {})[record["id"]] = record
            elif message["type"] == "STATE":
                self.state = message["value"]


class Scene:
    """One integration at the emulator, a warehouse, and what a program does to them."""

    numbers = itertools.count()

    def __init__(self, kombo: Kombo, streams: Sequence[str]) -> None:
        """Connect a new integration, and begin at the same time as every scene."""
        self.kombo = kombo
        kombo.emulator.clock.set("2026-01-01T10:00:00Z")
        kombo.emulator.clear_requests()
        self.id = f"tool:{next(self.numbers)}"
        self.ats: AtsIntegration = kombo.emulator.add_integration(self.id, "ATS", SMALL)
        self.streams = tuple(streams)
        self.warehouse = Warehouse()

    def play(self, program: Sequence[Change | Wait | Run]) -> None:
        """Do what the program says, and let the tap run to its end."""
        for step in program:
            self.do(step)
        for model in STREAMS.values():
            if model in self.ats.disabled:
                self.ats.enable_model(model)
        self.do(Wait(60))  # until all is visible
        self.run(Run())

    def do(self, step: Change | Wait | Run) -> None:
        """Carry out one step."""
        if isinstance(step, Wait):
            self.kombo.emulator.clock.advance(seconds=step.seconds)
        elif isinstance(step, Run):
            self.run(step)
        else:
            self.change(step)

    def run(self, step: Run) -> None:
        """Run the tap on the state that the warehouse has."""
        messages = itertools.count()
        requests = itertools.count(1)
        between = sorted(step.between, key=lambda one: one[0])
        one_at_a_time = Lock()

        def killed() -> None:
            if step.killed_after is not None and next(messages) >= step.killed_after:
                raise KilledError  # whatever it tries to write then

        def happen(_: Received) -> None:
            with one_at_a_time:
                at = next(requests)
                while between and between[0][0] <= at:
                    self.do(between.pop(0)[1])

        sent = Sent(before=killed)
        self.kombo.emulator.intercept = happen
        self.kombo.skew = step.skew
        lossy = False
        try:
            self.kombo.run(
                self.id,
                streams=self.streams,
                state=self.warehouse.state,
                sent=sent,
                page_size=2,
                concurrency=step.concurrency,
            )
        except KilledError:
            lossy = step.lossy
        finally:
            self.kombo.emulator.intercept = None
        self.warehouse.load(sent, lossy=lossy)

    def one(self, model: str, index: int) -> str | None:
        """The id of a record, picked by index."""
        rows = sorted(self.ats.table(model).rows)
        return rows[index % len(rows)] if rows else None

    def change(self, step: Change) -> None:
        """Let something happen at Kombo."""
        model = EDITED[step.model % len(EDITED)]
        record = self.one(model, step.record)
        handle: Callable[[], object] = {
            "add": lambda: self._add(step),
            "edit": lambda: self._edit(model, record, step),
            "delete": lambda: self.ats.delete(
                model, record or "", visible_after=step.visible_after
            ),
            "restore": lambda: self.ats.restore(model, record or ""),
            "move": lambda: self._link(
                "move_application", "applications", "application_stages", step
            ),
            "tag": lambda: self._link("tag_candidate", "candidates", "tags", step),
            "untag": lambda: self._link("untag_candidate", "candidates", "tags", step),
            "invite": lambda: self._link("add_interviewer", "interviews", "users", step),
            "uninvite": lambda: self._link("remove_interviewer", "interviews", "users", step),
            "disable": lambda: self._disable(step),
            "enable": lambda: self.ats.enable_model(self._stream_model(step)),
        }[step.kind]
        handle()

    def _stream_model(self, step: Change) -> str:
        return list(STREAMS.values())[step.model % len(STREAMS)]

    def _disable(self, step: Change) -> None:
        if (model := self._stream_model(step)) not in self.ats.disabled:
            self.ats.disable_model(model)

    def _add(self, step: Change) -> None:
        application = self.one("ats_applications", step.record)
        (
            lambda: self.ats.add_interview(application_id=application),
            self.ats.add_candidate,
            self.ats.add_application,
            lambda: self.ats.add_offer(application_id=application),
        )[step.other % 4]()

    def _edit(self, model: str, record: str | None, step: Change) -> None:
        name = NAMES.get(model, "name")
        self.ats.edit(
            model, record or "", visible_after=step.visible_after, **{name: f"name {step.other}"}
        )

    def _link(self, how: str, model: str, other: str, step: Change) -> None:
        one, two = self.one(f"ats_{model}", step.record), self.one(f"ats_{other}", step.other)
        getattr(self.ats, how)(one, two)

    def assert_equal(self, *, everything: bool) -> None:
        """Compare the warehouse with Kombo.

        Args:
            everything: Also what `updated_after` does not promise to bring.
        """
        for stream in self.streams:
            model = STREAMS[stream]
            table = self.warehouse.tables.get(stream, {})
            there = {one["id"]: one for one in self.ats.records(model)}
            gone = {key for key, row in self.ats.table(model).rows.items() if row.gone}
            assert set(table) - gone == set(there), stream
            embeds = MODELS[model].embeds
            for key, record in there.items():
                del record["remote_data"]  # not selected by default
                hidden = {one.name: one.sensitive for one in ENDPOINTS}[stream]
                wanted = {name: value for name, value in record.items() if name not in hidden}
                stored = table[key]
                if not everything:
                    wanted, stored = promised(wanted, embeds), promised(stored, embeds)
                assert stored == wanted, stream

    @property
    def has_blanks(self) -> bool:
        """Whether Kombo has blanked anything, which it may do without saying so."""
        return any(
            row.gone or row.kept for model in MODELS for row in self.ats.table(model).rows.values()
        )


def promised(record: dict[str, Any], embeds: Sequence[Embed]) -> dict[str, Any]:
    """Return the part of a record whose changes `updated_after` promises to bring."""
    kept = dict(record)
    for embed in embeds:
        nested = kept.pop(embed.key, None)
        if embed.many or embed.reverse:
            children = sorted(nested or (), key=str)
            if embed.on_link and embed.on_change:
                kept[embed.key] = [promised(one, embed.embeds) for one in children]
            elif embed.on_link:
                kept[embed.key] = sorted(one["id"] for one in children)
        elif embed.on_change and nested:
            kept[embed.key] = promised(nested, embed.embeds)
    return kept


@pytest.fixture(scope="module", params=BEHAVIOURS.values(), ids=list(BEHAVIOURS))
def scene_kombo(request: pytest.FixtureRequest) -> Iterator[Kombo]:
    emulator = Emulator(now="2026-11-23T10:00:00Z", behaviour=request.param)
    with pytest.MonkeyPatch.context() as patch, serve(emulator) as url:
        rows = [one for one in ENDPOINTS if one.name in {*STREAMS, "integrations"}]
        patch.setattr(tap, "ENDPOINTS", rows)
        patch.setattr(run, "CHECKPOINT_SECONDS", 0)  # a state after each page
        discovered.cache_clear()
        catalog.cache_clear()
        yield Kombo(emulator, url)
    discovered.cache_clear()  # else others would see the catalog of few streams
    catalog.cache_clear()


def converges(kombo: Kombo, streams: Sequence[str], program: Sequence[Change | Wait | Run]) -> None:
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
def test_the_warehouse_comes_to_equal_kombo(
    scene_kombo: Kombo, streams: list[str], program: list[Change | Wait | Run]
) -> None:
    converges(scene_kombo, streams, program)


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
