"""The ledger: a row for each pass that has ended, made without a request."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pendulum

from tap_kombo.api.timestamps import to_kombo
from tap_kombo.replication.bookmarks import Pass

if TYPE_CHECKING:
    from tap_kombo.api.answers import Page
    from tap_kombo.api.problems import Problem
    from tap_kombo.replication.fanout import Written


@dataclass
class Entry:
    """What the ledger says of one pass; it is counted while the pass is read."""

    integration_id: str
    stream: str
    model: str | None  # Kombo's id, if it has one
    question: str  # short name of what the pass stores
    before: pendulum.DateTime | None  # the bookmark that it begins with
    is_sure: bool = True  # whether the integration is known to have the stream
    is_renewed: bool = True  # whether Kombo keeps its data current, as far as it tells
    began_at: pendulum.DateTime = field(default_factory=lambda: pendulum.now("UTC"))
    current: Pass | None = None  # as far as it has come; none if it was not begun
    after: pendulum.DateTime | None = None  # the bookmark that it ends with
    problem: Problem | None = None  # why it was not completed
    tombstones: int = 0  # records sent that Kombo has marked as deleted
    blanked: int = 0  # those of them of which Kombo has blanked every value
    keyless: int = 0  # records that were left out, as they have no key
    left_out: Counter[str] = field(default_factory=Counter)  # parents that were refused, by why
    requests: int = 0  # tries that failed included
    retries: int = 0  # those of them that were tries again
    waited: float = 0  # seconds that requests waited for Kombo's limit
    newest: str = ""  # the newest `changed_at` of its records
    misfits: Counter[str] = field(default_factory=Counter)  # by path, values not sent as they came

    def sent(self, waited: float) -> None:
        """Count a request, after so many seconds of waiting for Kombo's limit."""
        self.requests += 1
        self.waited += waited

    def wrote(self, page: Page, written: Written) -> None:
        """Count a page that was written."""
        self.tombstones += written.tombstones
        self.blanked += written.blanked
        self.keyless += written.keyless
        self.left_out.update(page.left_out)
        self.newest = max(self.newest, written.newest)
        self.misfits.update(written.misfits)

    def row(self) -> dict[str, Any]:
        """Return the row, without what the run adds."""
        problem, begun = self.problem, self.current
        current = begun or Pass(self.integration_id, self.began_at)
        return {
            "id": str(uuid.uuid4()),
            "stream": self.stream,
            "model": self.model,
            "outcome": self._outcome,
            "error_code": problem and problem.code,
            "http_status": problem and problem.status,
            "error_action": problem and problem.action.name,
            "log_url": problem and problem.log_url,
            "kind": begun and ("full" if begun.full else "incremental"),
            "reason": self._reason,
            "resumed": current.resumed,
            "started_at": to_kombo(current.started_at),
            "ended_at": pendulum.now("UTC").isoformat().replace("+00:00", "Z"),
            "updated_after": _text(current.updated_after),
            "bookmark_before": _text(self.before),
            "bookmark_after": _text(self.after),
            "records": current.records,
            "tombstones": self.tombstones,
            "blanked": self.blanked,
            "left_out": self.keyless + self.left_out.total(),
            "pages": current.pages,
            "requests": self.requests,
            "retries": self.retries,
            "waited_seconds": Decimal(f"{self.waited:.3f}"),  # as numbers of Kombo are read
            "newest_changed_at": self.newest or None,
            "misfits": dict(self.misfits),
            "question": self.question,
        }

    @property
    def _outcome(self) -> str:
        if self.problem is None:
            return "complete"
        return "failed" if self.problem.is_failure else "skipped"

    @property
    def _reason(self) -> str | None:
        """Why it was not completed, or else why it was a full pass."""
        if self.problem:
            return f"{self.problem.rule.cause} [{self.problem.what}]"
        return (self.current and self.current.full.removeprefix("as ")) or None


def _text(moment: pendulum.DateTime | None) -> str | None:
    return to_kombo(moment) if moment else None
