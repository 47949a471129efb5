"""The ledger: a row for each pass that has ended, made without a request."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pendulum

from tap_kombo.api.timestamps import to_kombo

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_kombo.api.problems import Problem
    from tap_kombo.replication.bookmarks import Pass
    from tap_kombo.replication.report import Counts


@dataclass
class Entry:
    """What the ledger says of one pass.

    Attributes:
        integration_id: The integration.
        stream: Name of the stream.
        model: Kombo's id of the model, if it has one.
        question: Short name of what the pass stores.
        before: The bookmark that it begins with.
        counts: What is done for it.
        began_at: When it was turned to.
        current: The pass as far as it has come; none if it was not begun.
        after: The moment up to which everything is read now.
        problem: Why it was not completed.
    """

    integration_id: str
    stream: str
    model: str | None
    question: str
    before: pendulum.DateTime | None
    counts: Counts
    began_at: pendulum.DateTime = field(default_factory=lambda: pendulum.now("UTC"))
    current: Pass | None = None
    after: pendulum.DateTime | None = None
    problem: Problem | None = None

    def row(self) -> dict[str, Any]:
        """The row, without what the run adds."""
        counts, problem, current = self.counts, self.problem, self.current
        return {
            "id": str(uuid.uuid4()),
            "stream": self.stream,
            "model": self.model,
            "outcome": self._outcome,
            "error_code": problem and problem.code,
            "http_status": problem and problem.status,
            "error_action": problem and problem.action.name,
            "log_url": problem and problem.log_url,
            "kind": current and ("full" if current.full else "incremental"),
            "reason": self._reason,
            "resumed": bool(current and current.resumed),
            "started_at": to_kombo(current.started_at if current else self.began_at),
            "ended_at": pendulum.now("UTC").isoformat().replace("+00:00", "Z"),
            "updated_after": _text(current.updated_after if current else None),
            "bookmark_before": _text(self.before),
            "bookmark_after": _text(self.after),
            "records": current.records if current else 0,
            "tombstones": counts.tombstones,
            "blanked": counts.blanked,
            "left_out": counts.left_out,
            "pages": current.pages if current else 0,
            "requests": counts.requests,
            "retries": counts.retries,
            "waited_seconds": Decimal(f"{counts.waited:.3f}"),  # as numbers of Kombo are read
            "newest_changed_at": counts.newest or None,
            "misfits": dict(counts.misfits),
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


@dataclass(frozen=True)
class Ledger:
    """Where the rows go.

    Attributes:
        write: Writes the row of an integration; raises only what ends the run.
        run_id: Identifies the run.
        version: Version of the tap.
    """

    write: Callable[[dict[str, Any], str], None]
    run_id: str
    version: str

    def add(self, entry: Entry) -> None:
        """Write the row of a pass."""
        row = {**entry.row(), "run_id": self.run_id, "tap_version": self.version}
        self.write(row, entry.integration_id)


def _text(moment: pendulum.DateTime | None) -> str | None:
    return to_kombo(moment) if moment else None
