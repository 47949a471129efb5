"""A long pass that is cut off goes on where the last state was written."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from starlette.responses import Response
from support import Kombo, Sent, only
from typing_extensions import override

from tap_kombo import run

if TYPE_CHECKING:
    from singer_sdk.singerlib.encoding.simple import Message
    from support import Measured

    from kombo_emulator.exchange import Received

ROWS = int(os.environ.get("RESUME_ROWS", "20000"))
"""`make nightly` asks for a million."""

A = "greenhouse:long"
PAGE_SIZE = 250
PAGE_SECONDS = 7.0


class KilledError(BaseException):
    """The process ends here, as by kill -9."""


@dataclass
class Ids(Sent):
    """The messages of a run, but of a record no more than its id, for there may be a million.

    Attributes:
        killed_after: The run is killed before it sends another record; nothing is sent then.
        ids: The ids of the records, in the order sent.
        up_to_state: For each state, how many records were sent before it.
    """

    killed_after: int | None = None
    is_killed: bool = False
    ids: list[str] = field(default_factory=list)
    up_to_state: list[int] = field(default_factory=list)

    @override
    def write_message(self, message: Message) -> None:
        self.is_killed |= message.type.value == "RECORD" and len(self.ids) == self.killed_after
        if self.is_killed:
            raise KilledError
        if message.type.value == "RECORD":
            self.ids.append(message.to_dict()["record"]["id"])
            return
        if message.type.value == "STATE":
            self.up_to_state.append(len(self.ids))
        super().write_message(message)


class LongList:
    """Interviews that make a long list; each page is made when it is asked for.

    Attributes:
        cursors: The cursor of each request, oldest first; `None` is the first page.
    """

    def __init__(self, kombo: Kombo, rows: int) -> None:
        kombo.emulator.add_integration(A)
        kombo.emulator.intercept = self.answer
        self.rows = rows
        self.cursors: list[str | None] = []

    def answer(self, request: Received) -> Response | None:
        if request.path != "/ats/interviews":
            return None
        cursor = request.params.get("cursor")
        self.cursors.append(cursor)
        first = int(cursor or 0)
        end = min(first + PAGE_SIZE, self.rows)
        records = ",".join(
            f'{{"id":"{number}","changed_at":"2026-11-01T00:00:00.000Z"}}'
            for number in range(first, end)
        )
        following = f'"{end}"' if end < self.rows else "null"
        body = f'{{"status":"success","data":{{"results":[{records}],"next":{following}}}}}'
        return Response(body, media_type="application/json")


def test_a_pass_goes_on_where_the_last_state_was_written(
    kombo: Kombo, monkeypatch: pytest.MonkeyPatch, measured: Measured
) -> None:
    pages = LongList(kombo, ROWS)
    first = Ids(killed_after=ROWS * 9 // 10 + PAGE_SIZE // 2)  # in the middle of a page
    by_pages_written = SimpleNamespace(
        monotonic=lambda: len(first.ids) // PAGE_SIZE * PAGE_SECONDS  # the tap's clock
    )
    monkeypatch.setattr(run, "time", by_pages_written)
    with pytest.raises(KilledError):
        kombo.run(A, sent=first, page_size=PAGE_SIZE)
    written = first.up_to_state[-1]
    at_most = (run.CHECKPOINT_SECONDS / PAGE_SECONDS + 1) * PAGE_SIZE
    assert 0 < len(first.ids) - written <= at_most

    pages.cursors.clear()
    second = Ids()
    kombo.run(A, state=first.state, sent=second, page_size=PAGE_SIZE)

    went_on_at = int(first.remembered(A)["resume"]["cursor"])
    assert str(went_on_at) in pages.cursors[:2]  # a worker of the killed run may ask once more
    assert abs(went_on_at - written) <= PAGE_SIZE
    assert set(first.ids) | set(second.ids) == {str(number) for number in range(ROWS)}
    assert "resume" not in second.remembered(A)
    measured(
        f"resuming {ROWS:,} rows: cut off after {len(first.ids):,}, last state after {written:,}, "
        f"went on at {went_on_at:,}"
    )


def test_no_state_is_ahead_of_what_is_written(
    kombo: Kombo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While pages of other integrations wait to be written, one of them may be the last thing."""
    monkeypatch.setattr(run, "CHECKPOINT_SECONDS", 0)  # whenever it is asked whether it is time
    integrations = [f"tool:{number}" for number in range(4)]
    for one in integrations:
        kombo.emulator.add_integration(
            one, "ATS", only(interviews=12, applications=4, candidates=4)
        )
    sent = kombo.run(*integrations, page_size=2, concurrency=4)

    served: Counter[str | None] = Counter()
    before: dict[str, int] = {}
    for asked in kombo.emulator.requests:
        if asked.path == "/ats/interviews":
            if cursor := asked.params.get("cursor"):
                before[cursor] = served[asked.integration_id]
            served[asked.integration_id] += asked.records or 0
    written: Counter[str] = Counter()
    resumed = 0
    for message in sent.messages:
        if message["type"] == "RECORD":
            written[message["record"]["integration_id"]] += 1
        if message["type"] == "STATE":
            for entry in message["value"]["bookmarks"]["interviews"].get("partitions", ()):
                point = entry.get("resume")
                resumed += bool(point)
                said = before[point["cursor"]] if point else 12 * ("replication_key_value" in entry)
                assert said <= written[entry["context"]["integration_id"]]
    assert resumed > len(integrations)
