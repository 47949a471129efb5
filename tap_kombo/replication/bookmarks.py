"""Where the passes of a stream begin, and what is remembered of them between runs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pendulum

from tap_kombo.api.integrations import Details
from tap_kombo.api.timestamps import to_kombo
from tap_kombo.replication.due import is_due
from tap_kombo.replication.entries import MIXED, BookmarkError, moment_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tap_kombo.replication.entries import Entries
    from tap_kombo.replication.policy import Policy

RESUME_WITHIN = pendulum.duration(hours=24)
"""A cursor that is older is not tried: how long Kombo keeps one is not documented."""

DELETIONS_KEPT = pendulum.duration(days=14)
"""For so long Kombo keeps a deleted record (docs.kombo.dev/hris/features/deletion-policy)."""

UNBELIEVABLE = 10**9
"""No pass has so many pages or records; a state that says so was edited by hand."""

NOT_DUE = "not due"

ALWAYS_FULL = "as Kombo offers nothing else for this model"


@dataclass(frozen=True)
class Pass:
    """Reading one model of one integration from its first page to its last."""

    integration_id: str
    started_at: pendulum.DateTime  # becomes the bookmark once the last page was read
    bookmark: pendulum.DateTime | None = None  # the former one; none if it lay in the future
    updated_after: pendulum.DateTime | None = None  # what is asked for; `None` is everything
    full: str = ""  # why this is a full pass; empty for an incremental one
    cursor: str | None = None  # the page to go on with; `None` is the first
    resumed: bool = False  # whether an earlier run has begun it
    data_expired_at: str | None = None  # Kombo's mark: a new configuration is not in the data yet
    is_mark_known: bool = True  # whether Kombo has told about that mark
    pages: int = 0  # how many were read, those of an earlier run included
    records: int = 0  # how many were sent, those of an earlier run included

    def after(self, cursor: str | None, served_at: pendulum.DateTime | None, records: int) -> Pass:
        """Return the pass as it goes on after a page, begun at the earlier of both clocks.

        Args:
            cursor: The next page; `None` if there is none.
            served_at: When the page was asked for by the server's clock, if it told.
            records: How many records of the page were sent.
        """
        return replace(
            self,
            started_at=min(self.started_at, served_at) if served_at else self.started_at,
            cursor=cursor,
            pages=self.pages + 1,
            records=self.records + records,
        )

    @property
    def end(self) -> pendulum.DateTime:
        """The bookmark once every page was read: it moves backwards only out of the future."""
        return max(self.bookmark, self.started_at) if self.bookmark else self.started_at

    @property
    def is_worth_telling(self) -> bool:
        """Whether it is not what every run does."""
        return self.resumed or self.full not in {"", ALWAYS_FULL}

    @property
    def kind(self) -> str:
        """What is read and why, for the log."""
        what = f"a full pass, {self.full}" if self.full else "an incremental pass"
        since = f", from {to_kombo(self.updated_after)}" if self.updated_after else ""
        return f"{what}{since}{', resumed' if self.resumed else ''}"


class Bookmarks:
    """The bookmarks of one stream, one per integration.

    A bookmark is the moment at which the last complete pass began, never the newest
    `changed_at`: Kombo also returns records of which only nested data changed, and their
    `changed_at` is old (docs.kombo.dev/ats/getting-started/fetching-data).

    Attributes:
        question: Short name of what the passes store.
    """

    def __init__(self, entries: Entries, policy: Policy) -> None:
        """Remember how to reach the state."""
        self._entries = entries
        self._policy = policy
        self.question = policy.question.id

    def expect_mixture(self, integration_ids: Iterable[str]) -> bool:
        """Note where rows of two questions will stand side by side; return whether there are any.

        It is noted before a row is sent, with the question that brings it: if the pass does not
        come to its end, and the former question is asked again, that takes a full pass too, and
        one from its first page.
        """
        found = False
        for one in integration_ids:
            entry = self._entries.known(one)
            differs = entry.get("question", self.question) != self.question or self._grown(entry)
            if "replication_key_value" in entry and differs and not self.is_resting(one):
                entry[MIXED] = True if self._is_mixed(entry) else self.question
                found = True
            resume = entry.get("resume")
            if isinstance(resume, dict) and resume.get("question") != self.question:
                del entry["resume"]
                found = True
        return found

    def expect_renewal(self, integration_id: str, details: Details) -> None:
        """Remember that Kombo calls the data outdated, whatever becomes of the pass."""
        entry = self._entries.known(integration_id)
        marked = details.data_expired_at and self._policy.incremental
        if marked and "replication_key_value" in entry:
            entry["data_expired_at"] = details.data_expired_at

    def is_resting(self, integration_id: str) -> bool:
        """Return whether no pass is due yet: the last one was complete, and asked for no less."""
        now, interval = pendulum.now("UTC"), self._policy.pass_interval
        last = interval and self.reached(integration_id)
        if not (last and last <= now):
            return False
        try:
            entry = self._entries.of(integration_id)
            is_full_due = self._is_full_due(integration_id, entry, last, now)
        except BookmarkError:
            return False  # the pass will tell
        return not (
            entry.keys() & {"resume", "data_expired_at"}
            or self._is_mixed(entry)
            or self._grown(entry)
            or (self._policy.incremental and is_full_due)
            or is_due(integration_id, last, now, interval)
        )

    def next_pass(self, integration_id: str, details: Details) -> Pass:
        """Return the pass to read now; nothing is remembered yet.

        Raises:
            BookmarkError: If the state holds what cannot be read.
        """
        fresh = Pass(
            integration_id,
            pendulum.now("UTC"),
            data_expired_at=details.data_expired_at,
            is_mark_known=details.is_mark_known,
        )
        if not self._policy.incremental:
            return replace(fresh, full=ALWAYS_FULL)
        entry = self._entries.of(integration_id)
        bookmark = moment_of(entry, "replication_key_value")
        if bookmark and bookmark <= fresh.started_at:
            fresh = replace(fresh, bookmark=bookmark)
        if why := next(self._reasons(entry, bookmark, fresh), ""):
            fresh = replace(fresh, full=why, updated_after=self._policy.start_date)
        elif bookmark:
            fresh = replace(fresh, updated_after=bookmark - self._policy.lookback)
        return self._resumed(fresh, entry.get("resume")) or fresh

    def knows(self, integration_id: str) -> bool:
        """Return whether anything is remembered of an integration."""
        return bool(self._entries.known(integration_id))

    def expected(self, integration_id: str) -> tuple[str, int]:
        """Return what the next pass will be, and how many requests it takes at least."""
        if self.is_resting(integration_id):
            return NOT_DUE, 0
        try:
            full = self.next_pass(integration_id, Details()).full
        except BookmarkError:
            full = "as the state cannot be read"
        pages = _count(self._entries.known(integration_id), "pages") if full else 1
        return "full" if full else "incremental", max(pages, 1)

    def remember_progress(self, current: Pass) -> None:
        """Remember the next page of a pass, now that every record before it was sent."""
        if not (self._policy.resumable and self._policy.incremental):
            return
        resume = {
            "started_at": to_kombo(current.started_at),
            "updated_after": current.updated_after and to_kombo(current.updated_after),
            "cursor": current.cursor,
            "full": current.full,
            "question": self.question,
            "page_size": self._policy.page_size,
            "data_expired_at": current.data_expired_at,
            "pages": current.pages,
            "records": current.records,
        }
        self._entries.writable(current.integration_id)["resume"] = resume

    def forget_progress(self, integration_id: str) -> None:
        """Let the next run read a pass from its first page."""
        self._entries.of(integration_id).pop("resume", None)

    def follow_up(self, done: Pass) -> Pass:
        """Return the pass that brings what changed while a pass was interrupted."""
        return Pass(
            done.integration_id,
            pendulum.now("UTC"),
            done.end,
            done.started_at - self._policy.lookback,
            data_expired_at=done.data_expired_at,
            is_mark_known=done.is_mark_known,
        )

    def reached(self, integration_id: str) -> pendulum.DateTime | None:
        """Return the moment up to which everything is remembered as read, if that can be read."""
        try:
            return moment_of(self._entries.known(integration_id), "replication_key_value")
        except BookmarkError:
            return None

    def remember_end(self, done: Pass) -> None:
        """Remember a pass of which every page was read."""
        is_known = bool(self._entries.known(done.integration_id))  # from a run with an interval
        if not (self._policy.incremental or self._policy.pass_interval or is_known):
            return
        entry, ended = self._entries.writable(done.integration_id), to_kombo(done.end)
        former, entry["replication_key_value"] = entry.get("replication_key_value"), ended
        entry["question"] = self.question
        self._entries.keep_question(self._policy.question)
        for name in ("parameters", MIXED, "resume"):
            entry.pop(name, None)
        if not self._policy.incremental:
            return
        entry["replication_key"] = "changed_at"
        if done.full:
            entry["pages"] = done.pages
        if done.data_expired_at:
            entry["data_expired_at"] = done.data_expired_at
        elif done.full and (done.is_mark_known or "data_expired_at" not in entry):
            entry.pop("data_expired_at", None)
            entry["last_full_pass"] = ended
        elif former:  # written by hand: count from there
            entry.setdefault("last_full_pass", former)

    def _reasons(
        self, entry: Mapping[str, Any], bookmark: pendulum.DateTime | None, fresh: Pass
    ) -> Iterator[str]:
        """Yield why a full pass is due."""
        if self._policy.always_full:
            yield "as FULL_TABLE is chosen"
        if bookmark is None:
            yield "as there is no bookmark"
            return
        now = fresh.started_at
        if bookmark > now:
            yield f"as its bookmark is in the future ({to_kombo(bookmark)})"
        if now - bookmark > DELETIONS_KEPT:
            yield "as its bookmark is over 14 days old, and Kombo does not keep deletions longer"
        if fresh.data_expired_at:
            yield "as Kombo's data does not yet match a changed configuration"
        if "data_expired_at" in entry:
            known = "the configuration at Kombo has changed"
            yield f"as {known}" if fresh.is_mark_known else f"as {known}, and Kombo does not tell"
        if self._is_mixed(entry):
            yield "as a pass that asked for something else was not completed"
        if grown := self._grown(entry):
            yield f"as more is asked for than before: {', '.join(grown)}"
        if self._is_full_due(fresh.integration_id, entry, bookmark, now):
            yield f"as one is due every {self._policy.full_pass_interval.in_days()} days"

    def _is_full_due(
        self,
        integration_id: str,
        entry: Mapping[str, Any],
        bookmark: pendulum.DateTime,
        now: pendulum.DateTime,
    ) -> bool:
        """Return whether the last full pass lies so long back that another one is due."""
        last, interval = moment_of(entry, "last_full_pass"), self._policy.full_pass_interval
        last = last if last and last <= now else bookmark
        return bool(interval) and is_due(integration_id, last, now, interval)

    def _is_mixed(self, entry: Mapping[str, Any]) -> bool:
        """Return whether rows of another question may stand beside those of this one."""
        return bool(entry.get(MIXED)) and entry[MIXED] != self.question

    def _grown(self, entry: Mapping[str, Any]) -> list[str]:
        """Name what is asked for now and was not when the bookmark was set."""
        key, policy = entry.get("question"), self._policy
        if key == self.question:
            return []
        if key is None:  # of an earlier version, or written by hand
            former = entry.get("parameters", policy.former_parameters)
            return [] if former == policy.former_parameters else ["filters or `include_deleted`"]
        earlier = self._entries.question(key)
        try:
            return policy.question.grown_since(earlier or {"the earlier one is not known": None})
        except (AttributeError, TypeError):
            return ["the earlier question cannot be read"]

    def _resumed(self, fresh: Pass, stored: object) -> Pass | None:
        """Return the interrupted pass if it answers what is asked for now."""
        if not (self._policy.resumable and isinstance(stored, dict)):
            return None
        cursor, started_at = stored.get("cursor"), moment_of(stored, "started_at")
        same = (self.question, self._policy.page_size)
        if (
            not (isinstance(cursor, str) and cursor and started_at)
            or (stored.get("question"), stored.get("page_size")) != same
            or not fresh.started_at - RESUME_WITHIN <= started_at <= fresh.started_at
            or (fresh.full and not stored.get("full"))
        ):
            return None
        updated_after, mark = moment_of(stored, "updated_after"), stored.get("data_expired_at")
        if updated_after and (not fresh.updated_after or updated_after > fresh.updated_after):
            return None
        if fresh.is_mark_known and mark != fresh.data_expired_at:
            return None
        return replace(
            fresh,
            started_at=started_at,
            updated_after=updated_after,
            full=str(stored.get("full") or ""),
            cursor=cursor,
            resumed=True,
            data_expired_at=mark,
            pages=_count(stored, "pages"),
            records=_count(stored, "records"),
        )


def _count(stored: Mapping[str, Any], name: str) -> int:
    """Read a count of the state; earlier versions kept none, and nobody has read so many."""
    value = stored.get(name)
    return value if type(value) is int and 0 <= value < UNBELIEVABLE else 0
