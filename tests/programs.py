"""Programs of changes, waits and runs, and a warehouse that has to come to equal Kombo."""

from __future__ import annotations

import copy
import itertools
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias

from support import Kombo, Sent, promised, refusal, shown

from kombo_emulator import Size
from kombo_emulator.events import data_changed
from kombo_emulator.table import MODELS
from tap_kombo.api.timestamps import to_kombo, to_moment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.responses import Response

    from kombo_emulator import Integration
    from kombo_emulator.exchange import Received

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
    "ats_jobs": "name",
}
SMALL = Size(
    users=2, roles=1, tags=2, rejection_reasons=0, application_stages=2, jobs=2, candidates=3,
    applications=4, interviews=7, offers=2, notes=0, scorecards=0, attachments=0,
)  # fmt: skip


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
class Edit:
    """Someone edits the state by hand.

    Attributes:
        kind: What is done to each entry of a stream.
        stream: Of which stream, as an index.
    """

    kind: str
    stream: int = 0


@dataclass(frozen=True)
class Asks:
    """What a run asks for less than the last one, or otherwise.

    Attributes:
        start_date: The setting of that name.
        deselected: Columns that are left out.
        mapped: What a stream map does to each stream, by column or option.
        anonymized_records: The setting of that name.
        page_size: The setting of that name.
    """

    start_date: str | None = None
    deselected: tuple[str, ...] = ()
    mapped: tuple[str, str] | None = None
    anonymized_records: str = "emit"
    page_size: int = 2


@dataclass(frozen=True)
class Run:
    """The tap runs.

    Attributes:
        skew: Seconds that its clock is ahead of Kombo's.
        killed_after: How many messages it writes before it is killed; `None` lets it end.
        lossy: Whether the loader loses what came after the last state.
        concurrency: The tap's setting of that name.
        asks: What it is asked for.
        refused: Whether Kombo refuses to tell about the integration.
        between: What happens before its n-th request.
        events: What becomes of the events since the last run by events: they are `told`, `doubled`
            or partly `lost`; `None` lets it read everything.
    """

    skew: float = 0
    killed_after: int | None = None
    lossy: bool = False
    concurrency: int = 1
    asks: Asks = Asks()
    refused: bool = False
    between: tuple[tuple[int, Change | Wait], ...] = ()
    events: str | None = None


Step: TypeAlias = Change | Edit | Wait | Run


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
                table = self.tables.setdefault(message["stream"], {})
                table[record["id"]] = table.get(record["id"], {}) | record
            elif message["type"] == "STATE":
                self.state = message["value"]

    def entries(self, stream: str) -> list[dict[str, Any]]:
        """What the state holds of a stream."""
        found: dict[str, list[dict[str, Any]]] = self.state.get("bookmarks", {}).get(stream, {})
        return found.setdefault("partitions", [])


class Scene:
    """One integration at the emulator, a warehouse, and what a program does to them."""

    numbers = itertools.count()

    def __init__(self, kombo: Kombo, streams: Sequence[str]) -> None:
        """Connect a new integration, and begin at the same time as every scene."""
        self.kombo = kombo
        kombo.emulator.clock.set("2026-01-01T10:00:00Z")
        kombo.emulator.clear_requests()
        self.id = f"tool:{next(self.numbers)}"
        self.ats: Integration = kombo.emulator.add_integration(self.id, "ATS", SMALL)
        self.streams = tuple(streams)
        self.warehouse = Warehouse()
        self.is_doubted = False
        self.events: list[dict[str, Any]] = []

    def play(self, program: Sequence[Step]) -> None:
        """Do what the program says, and let the tap run to its end."""
        for step in program:
            self.do(step)
        for model in STREAMS.values():
            if model in self.ats.disabled:
                self.ats.enable_model(model)
        self.change(Change("renew"))
        self.do(Wait(60))  # until all is visible
        self.run(Run())

    def do(self, step: Step) -> None:
        """Carry out one step."""
        if isinstance(step, Wait):
            self.kombo.emulator.clock.advance(seconds=step.seconds)
        elif isinstance(step, Run):
            self.run(step)
        elif isinstance(step, Edit):
            self.edit(step)
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

        def happen(asked: Received) -> Response | None:
            with one_at_a_time:
                at = next(requests)
                while between and between[0][0] <= at:
                    self.do(between.pop(0)[1])
            if step.refused and asked.path.startswith("/integrations/"):
                return refusal("PLATFORM.INPUT_INVALID", 400)
            return None

        sent = Sent(before=killed)
        self.kombo.emulator.intercept = happen
        self.kombo.skew = step.skew
        lossy, asks = False, step.asks
        maps = {one: dict([asks.mapped]) for one in self.streams} if asks.mapped else None
        try:
            self.kombo.run(
                self.id,
                streams=self.streams,
                state=self.warehouse.state,
                deselected=asks.deselected,
                sent=sent,
                start_date=asks.start_date,
                stream_maps=maps,
                anonymized_records=asks.anonymized_records,
                page_size=asks.page_size,
                concurrency=step.concurrency,
                changes=step.events and self.delivered(step.events),
            )
        except KilledError:
            lossy = step.lossy
        finally:
            self.kombo.emulator.intercept = None
        self.warehouse.load(sent, lossy=lossy)
        entries = [entry for one in self.streams for entry in self.warehouse.entries(one)]
        self.is_doubted = len(entries) == len(self.streams) and all(
            entry.get("data_expired_at") for entry in entries
        )

    def delivered(self, fate: str) -> list[dict[str, Any]]:
        """The events that arrive of those since they were delivered the last time."""
        self.events += filter(None, [data_changed(self.ats)])  # of what was not visible before
        events, self.events = self.events, []
        doubled = [*reversed(events), *events]
        return {"told": events, "doubled": doubled, "lost": events[1::2]}[fate]

    def edit(self, step: Edit) -> None:
        """Change the state as someone may who wants rows anew, or makes a mistake."""
        stream = self.streams[step.stream % len(self.streams)]
        self.warehouse.state = copy.deepcopy(self.warehouse.state)
        entries = self.warehouse.entries(stream)
        for entry in entries:
            if (moment := entry.get("replication_key_value")) and "move" in step.kind:
                days = -1 if step.kind == "move back" else 400
                moved = to_moment(moment).add(days=days)
                entry["replication_key_value"] = to_kombo(moved)
            elif step.kind == "begin anew":
                entry.pop("resume", None)
        if step.kind == "forget":
            entries.clear()

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
            "move": lambda: self._move(step),
            "tag": lambda: self._link(self.ats.link, "ats_candidates", "tag_ids", step),
            "untag": lambda: self._link(self.ats.unlink, "ats_candidates", "tag_ids", step),
            "invite": lambda: self._link(self.ats.link, "ats_interviews", "user_ids", step),
            "uninvite": lambda: self._link(self.ats.unlink, "ats_interviews", "user_ids", step),
            "disable": lambda: self._disable(step),
            "enable": lambda: self.ats.enable_model(self._stream_model(step)),
            "outdate": self._outdate,
            "renew": self._renew,
        }[step.kind]
        handle()
        self.events += filter(None, [data_changed(self.ats)])

    def _stream_model(self, step: Change) -> str:
        return list(STREAMS.values())[step.model % len(STREAMS)]

    def _outdate(self) -> None:
        if not self.ats.details.data_expired_at:
            self.ats.details.data_expired_at = "2026-01-01T09:00:00.000Z"

    def _renew(self) -> None:
        """Let the data be current again; what was outdated changes without a time of its own.

        That is told to nobody but who has seen the mark, so nothing changes unless the tap has.
        """
        if self.ats.details.data_expired_at and self.is_doubted:
            for model in (STREAMS[one] for one in self.streams):
                for key in self.ats.table(model).rows:
                    self.ats.rewrite(model, key, **{NAMES[model]: "renewed"})
        self.ats.details.data_expired_at, self.is_doubted = None, False

    def _disable(self, step: Change) -> None:
        if (model := self._stream_model(step)) not in self.ats.disabled:
            self.ats.disable_model(model)

    def _add(self, step: Change) -> None:
        added = ("interviews", "candidates", "applications", "offers")[step.other % 4]
        link: dict[str, Any] = {}
        if added in {"interviews", "offers"}:
            link = {"application_id": self.one("ats_applications", step.record)}
        self.ats.make(f"ats_{added}", **link)

    def _edit(self, model: str, record: str | None, step: Change) -> None:
        name = NAMES.get(model, "name")
        self.ats.edit(
            model, record or "", visible_after=step.visible_after, **{name: f"name {step.other}"}
        )

    def _move(self, step: Change) -> None:
        stage = self.one("ats_application_stages", step.other)
        moved = self.one("ats_applications", step.record)
        self.ats.edit("ats_applications", moved or "", current_stage_id=stage)

    def _link(
        self, how: Callable[[str, str, str, str], None], model: str, links: str, step: Change
    ) -> None:
        other = self.one(f"ats_{links.removesuffix('_ids')}s", step.other)
        how(model, self.one(model, step.record) or "", links, other or "")

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
                wanted = shown(stream, record)
                stored = {name: table[key].get(name) for name in wanted}
                if not everything:
                    wanted, stored = promised(wanted, embeds), promised(stored, embeds)
                assert stored == wanted, stream

    @property
    def has_blanks(self) -> bool:
        """Whether Kombo has blanked anything, which it may do without saying so."""
        return any(
            row.gone or row.kept for model in MODELS for row in self.ats.table(model).rows.values()
        )
