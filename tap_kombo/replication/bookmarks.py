"""All that is remembered between runs; the only module that touches state."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pendulum

from tap_kombo.api.timestamps import to_kombo, to_moment
from tap_kombo.replication.due import is_due

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tap_kombo.api.integrations import Details
    from tap_kombo.replication.question import Question

RESUME_WITHIN = pendulum.duration(hours=24)
"""A cursor that is older is not tried: how long Kombo keeps one is not documented."""

DELETIONS_KEPT = pendulum.duration(days=14)
"""For so long Kombo keeps a deleted record (docs.kombo.dev/hris/features/deletion-policy)."""


class BookmarkError(ValueError):
    """An entry of the state that cannot be read."""


@dataclass(frozen=True)
class Policy:
    """What decides where the passes of a stream begin.

    Attributes:
        question: What they store.
        incremental: Whether the endpoint knows `updated_after`.
        always_full: Whether the user forces `FULL_TABLE`.
        lookback: How far an incremental pass reaches back behind its bookmark.
        full_pass_interval: Within it one full pass follows another; zero is never.
        page_size: Records per request; a cursor may depend on it.
        resumable: Whether an interrupted pass may go on in a later run.
        former_parameters: The hash that earlier versions kept in place of a question.
    """

    question: Question
    incremental: bool
    lookback: pendulum.Duration
    full_pass_interval: pendulum.Duration
    page_size: int
    always_full: bool = False
    resumable: bool = True
    former_parameters: str = ""

    @property
    def start_date(self) -> pendulum.DateTime | None:
        """Lower bound of a full pass."""
        text = self.question.start_date
        return to_moment(text) if text else None


MIXED = "mixed"
"""Entry of the state: rows of two questions may stand side by side."""

ALWAYS_FULL = "as the model knows no other"


@dataclass(frozen=True)
class Pass:
    """Reading one model of one integration from its first page to its last.

    Attributes:
        integration_id: The integration.
        started_at: When it began; becomes the bookmark once the last page was read.
        updated_after: Only what changed after this moment is asked for; `None` is everything.
        full: Why this is a full pass; empty for an incremental one.
        cursor: The page to go on with; `None` is the first page.
        resumed: Whether an earlier run has begun it.
        data_expired_at: Kombo's mark that a changed configuration is not yet in the data.
        is_mark_known: Whether Kombo has told about that mark.
    """

    integration_id: str
    started_at: pendulum.DateTime
    updated_after: pendulum.DateTime | None = None
    full: str = ""
    cursor: str | None = None
    resumed: bool = False
    data_expired_at: str | None = None
    is_mark_known: bool = True

    def after(self, cursor: str | None, served_at: pendulum.DateTime | None) -> Pass:
        """Return the pass as it goes on after a page, begun at the earlier of both clocks.

        Args:
            cursor: The next page; `None` if there is none.
            served_at: The server's clock when it answered, if it told.
        """
        started_at = min(self.started_at, served_at) if served_at else self.started_at
        return replace(self, started_at=started_at, cursor=cursor)

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


class Entries:
    """What the state holds of one stream, found by integration in constant time.

    Args:
        state: The state of all streams, as the SDK keeps it.
        stream: Name of the stream.
    """

    def __init__(self, state: Any, stream: str) -> None:  # noqa: ANN401 - the SDK's own type
        """Index what an earlier run has left, and forget questions that nobody asks any more."""
        self._state, self._stream = state, stream
        self._known: dict[str, dict[str, Any]] = {}
        self._twice: set[str] = set()
        found = (state.get("bookmarks") or {}).get(stream) or {}
        for entry in found.get("partitions", ()):
            integration_id = entry["context"]["integration_id"]
            if integration_id in self._known:
                self._twice.add(integration_id)
            self._known[integration_id] = entry
        if "questions" in found:
            asked = {str(entry.get("question")) for entry in self._known.values()}
            known = found["questions"] if isinstance(found["questions"], dict) else {}
            found["questions"] = {key: one for key, one in known.items() if key in asked}

    @property
    def mixed(self) -> frozenset[str]:
        """Integrations that may have rows of two questions."""
        return frozenset(one for one, entry in self._known.items() if entry.get(MIXED))

    def known(self, integration_id: str) -> dict[str, Any]:
        """Return the entry of an integration, whether it can be used or not."""
        return self._known.get(integration_id, {})

    def of(self, integration_id: str) -> dict[str, Any]:
        """Return the entry of an integration; it is empty if nothing is remembered.

        Raises:
            BookmarkError: If there are two.
        """
        if integration_id in self._twice:
            msg = "it stands in the state twice"
            raise BookmarkError(msg)
        return self._known.get(integration_id, {})

    def writable(self, integration_id: str) -> dict[str, Any]:
        """Return the entry of an integration to be changed."""
        if integration_id not in self._known:
            entry = {"context": {"integration_id": integration_id}}
            self._own().setdefault("partitions", []).append(entry)
            self._known[integration_id] = entry
        return self._known[integration_id]

    def question(self, key: object) -> Mapping[str, Any] | None:
        """Return the parts of a question that an entry names; `None` if they are not there."""
        own = (self._state.get("bookmarks") or {}).get(self._stream) or {}
        parts = own.get("questions", {}).get(str(key))
        return parts if isinstance(parts, dict) else None

    def keep_question(self, question: Question) -> None:
        """Remember the parts of a question."""
        self._own().setdefault("questions", {})[question.id] = question.parts

    def _own(self) -> dict[str, Any]:
        streams = self._state.setdefault("bookmarks", {})
        own: dict[str, Any] = streams.setdefault(self._stream, {})
        return own


class Bookmarks:
    """The bookmarks of one stream, one per integration.

    A bookmark is the moment at which the last complete pass began, never the newest
    `changed_at`: Kombo also returns records of which only nested data changed, and their
    `changed_at` is old (docs.kombo.dev/ats/getting-started/fetching-data).

    Args:
        entries: What the state holds of the stream.
        policy: What decides where a pass begins.
    """

    def __init__(self, entries: Entries, policy: Policy) -> None:
        """Remember how to reach the state."""
        self._entries = entries
        self._policy = policy
        self._question = policy.question.id
        self._mixed = entries.mixed

    def expect_mixture(self, integration_ids: Iterable[str]) -> bool:
        """Note, before a row is sent, where rows of two questions will stand side by side.

        If the pass does not come to its end, and the former question is asked again, that takes a
        full pass too.

        Args:
            integration_ids: The integrations of the run.

        Returns:
            Whether there are any.
        """
        found = False
        for one in integration_ids if self._policy.incremental else ():
            entry = self._entries.known(one)
            if "replication_key_value" in entry and self._grown(entry):
                found = entry[MIXED] = True
        return found

    def next_pass(self, integration_id: str, details: Details) -> Pass:
        """Return the pass to read now; nothing is remembered yet.

        Args:
            integration_id: The integration.
            details: What Kombo says of it.

        Raises:
            BookmarkError: If the state holds what cannot be read.
        """
        fresh = Pass(
            integration_id,
            pendulum.now("UTC"),
            data_expired_at=details.data_expired_at,
            is_mark_known=details.is_known,
        )
        if not self._policy.incremental:
            return replace(fresh, full=ALWAYS_FULL)
        entry = self._entries.of(integration_id)
        bookmark = _moment(entry, "replication_key_value")
        if why := next(self._reasons(entry, bookmark, fresh), ""):
            fresh = replace(fresh, full=why, updated_after=self._policy.start_date)
        elif bookmark:
            fresh = replace(fresh, updated_after=bookmark - self._policy.lookback)
        return self._resumed(fresh, entry.get("resume")) or fresh

    def remember_progress(self, current: Pass) -> None:
        """Remember where a pass goes on if it is interrupted now.

        Args:
            current: The pass at its next page; every record before it was sent.
        """
        if not (self._policy.resumable and self._policy.incremental):
            return
        resume = {
            "started_at": to_kombo(current.started_at),
            "updated_after": current.updated_after and to_kombo(current.updated_after),
            "cursor": current.cursor,
            "full": current.full,
            "question": self._question,
            "page_size": self._policy.page_size,
            "data_expired_at": current.data_expired_at,
        }
        self._entries.writable(current.integration_id)["resume"] = resume

    def forget_progress(self, integration_id: str) -> None:
        """Let the next run read a pass from its first page."""
        self._entries.of(integration_id).pop("resume", None)

    def follow_up(self, done: Pass) -> Pass:
        """Return the pass that brings what changed while a pass was interrupted.

        Args:
            done: A resumed pass; its first pages were read long before its last ones.
        """
        updated_after = done.started_at - self._policy.lookback
        fresh = replace(done, cursor=None, full="", resumed=False, updated_after=updated_after)
        return replace(fresh, started_at=pendulum.now("UTC"))

    def remember_end(self, done: Pass) -> None:
        """Remember the start of a pass of which every page was read.

        Args:
            done: The pass; its bookmark does not move backwards, unless that lay in the future.
        """
        if not self._policy.incremental:
            return
        entry = self._entries.writable(done.integration_id)
        bookmark = _moment(entry, "replication_key_value")
        started_at = done.started_at
        if bookmark and bookmark <= pendulum.now("UTC"):
            started_at = max(bookmark, started_at)
        if done.data_expired_at:
            entry["data_expired_at"] = done.data_expired_at
        elif done.full and (done.is_mark_known or "data_expired_at" not in entry):
            entry.pop("data_expired_at", None)
            entry["last_full_pass"] = to_kombo(started_at)
        elif bookmark:  # written by hand: count from there
            entry.setdefault("last_full_pass", to_kombo(bookmark))
        entry["replication_key"] = "changed_at"
        entry["replication_key_value"] = to_kombo(started_at)
        entry["question"] = self._question
        self._entries.keep_question(self._policy.question)
        entry.pop("parameters", None)
        entry.pop(MIXED, None)
        entry.pop("resume", None)

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
            yield f"as its bookmark lies in the future ({to_kombo(bookmark)})"
        if now - bookmark > DELETIONS_KEPT:
            yield "as its bookmark is over 14 days old, and Kombo keeps deletions no longer"
        if fresh.data_expired_at:
            yield "as Kombo's data does not yet match a changed configuration"
        if "data_expired_at" in entry:
            known = "the configuration at Kombo has changed"
            yield f"as {known}" if fresh.is_mark_known else f"as {known}, and Kombo does not tell"
        if fresh.integration_id in self._mixed:
            yield "as a pass that asked for something else was not completed"
        if grown := self._grown(entry):
            yield f"as more is asked for than before: {', '.join(grown)}"
        last = _moment(entry, "last_full_pass")
        last = last if last and last <= now else bookmark
        interval = self._policy.full_pass_interval
        if interval and is_due(fresh.integration_id, last, now, interval):
            yield f"as one is due every {interval.days} days"

    def _grown(self, entry: Mapping[str, Any]) -> list[str]:
        """Name what is asked for now and was not when the bookmark was set."""
        key, policy = entry.get("question"), self._policy
        if key == self._question:
            return []
        if key is None:  # of an earlier version, or written by hand
            former = entry.get("parameters", policy.former_parameters)
            return [] if former == policy.former_parameters else ["filters or `include_deleted`"]
        earlier = self._entries.question(key)
        try:
            return policy.question.grown_since(earlier or {"what it was is not known": None})
        except (AttributeError, TypeError):
            return ["what it was cannot be read"]

    def _resumed(self, fresh: Pass, stored: object) -> Pass | None:
        """Return the interrupted pass if it answers what is asked for now."""
        if not (self._policy.resumable and isinstance(stored, dict)):
            return None
        cursor, started_at = stored.get("cursor"), _moment(stored, "started_at")
        same = (self._question, self._policy.page_size)
        if (
            not (isinstance(cursor, str) and cursor and started_at)
            or (stored.get("question"), stored.get("page_size")) != same
            or not fresh.started_at - RESUME_WITHIN <= started_at <= fresh.started_at
            or (fresh.full and not stored.get("full"))
        ):
            return None
        updated_after, mark = _moment(stored, "updated_after"), stored.get("data_expired_at")
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
        )


def _moment(entry: Mapping[str, Any], key: str) -> pendulum.DateTime | None:
    """Read a moment of the state.

    Raises:
        BookmarkError: If it is none.
    """
    value = entry.get(key)
    if value is None:
        return None
    try:
        return to_moment(value)
    except (TypeError, ValueError):
        msg = f"`{key}` in the state is not a date-time"
        raise BookmarkError(msg) from None
