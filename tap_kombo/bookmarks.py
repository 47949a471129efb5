"""All that is remembered between runs; the only module that touches state."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pendulum

from tap_kombo.timestamps import to_kombo, to_moment

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Mapping

RESUME_WITHIN = pendulum.duration(hours=24)
"""A cursor that is older is not tried: how long Kombo keeps one is not documented."""


EVER = pendulum.datetime(1, 1, 1)


CHECKPOINT_SECONDS = 30
"""At most so much work is done twice after a run was cut off."""

RECORDS_PER_ENTRY = 30
"""So many records for each entry of the state make it under a tenth of what is written."""


class BookmarkError(ValueError):
    """A moment in the state that cannot be read."""


@dataclass(frozen=True)
class Settings:
    """What decides where a pass begins.

    Attributes:
        incremental: Whether the endpoint knows `updated_after`.
        always_full: Whether the user forces `FULL_TABLE`.
        lookback: How far an incremental pass reaches back behind its bookmark.
        full_pass_interval: A full pass is due this long after the last one; zero is never.
        start_date: Lower bound of a full pass.
        parameters: Filters and `include_deleted`, as sent.
        resumable: Whether an interrupted pass may go on in a later run.
    """

    incremental: bool
    lookback: pendulum.Duration
    full_pass_interval: pendulum.Duration
    always_full: bool = False
    start_date: pendulum.DateTime | None = None
    parameters: Mapping[str, str] | None = None
    resumable: bool = True

    @property
    def fingerprint(self) -> str:
        """A short hash of the parameters; a filter may hold an e-mail address."""
        text = json.dumps(self.parameters or {}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


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
    """

    integration_id: str
    started_at: pendulum.DateTime
    updated_after: pendulum.DateTime | None = None
    full: str = ""
    cursor: str | None = None
    resumed: bool = False
    data_expired_at: str | None = None

    def seen_by_server(self, served_at: pendulum.DateTime | None) -> Pass:
        """Return the pass with the earlier of both clocks as its start.

        Args:
            served_at: The server's clock at an answer of this pass.
        """
        if served_at is None or served_at >= self.started_at:
            return self
        return replace(self, started_at=served_at)

    def at(self, cursor: str | None) -> Pass:
        """Return the pass as it goes on at a cursor."""
        return replace(self, cursor=cursor)

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

    Args:
        context_state: The SDK's `Stream.get_context_state`.
        settings: What decides where a pass begins.
        logger: Where odd state is told.
    """

    def __init__(
        self,
        context_state: Callable[[dict[str, str]], dict[str, Any]],
        settings: Settings,
        logger: logging.Logger,
    ) -> None:
        """Remember how to reach the state."""
        self._context_state = context_state
        self._settings = settings
        self._logger = logger

    def begin(self, integration_id: str, data_expired_at: str | None = None) -> Pass:
        """Return the pass to read now; nothing is remembered yet.

        Args:
            integration_id: The integration.
            data_expired_at: As in `GET /integrations/{id}`; `None` if unset or unknown.

        Raises:
            BookmarkError: If the state holds a moment that cannot be read.
        """
        fresh = Pass(integration_id, pendulum.now("UTC"), data_expired_at=data_expired_at)
        if not self._settings.incremental:
            return replace(fresh, full="as the model knows no other")
        bookmark = self._bookmark(integration_id)
        if why := self._why_full(integration_id, bookmark, data_expired_at):
            fresh = replace(fresh, full=why, updated_after=self._settings.start_date)
        elif bookmark:
            fresh = replace(fresh, updated_after=bookmark - self._settings.lookback)
        return self._resumed(fresh) or fresh

    def progress(self, current: Pass) -> None:
        """Remember where a pass goes on if it is interrupted now.

        Args:
            current: The pass at its next page; every record before it was sent.
        """
        if not (self._settings.resumable and self._settings.incremental):
            return
        self._state(current.integration_id)["resume"] = {
            "started_at": to_kombo(current.started_at),
            "updated_after": current.updated_after and to_kombo(current.updated_after),
            "cursor": current.cursor,
            "full": current.full,
            "parameters": self._settings.fingerprint,
        }

    def follow_up(self, done: Pass) -> Pass:
        """Return the pass that brings what changed while a pass was interrupted.

        Args:
            done: A resumed pass; its first pages were read long before its last ones.
        """
        updated_after = done.started_at - self._settings.lookback
        return Pass(done.integration_id, pendulum.now("UTC"), updated_after)

    def restart(self, refused: Pass) -> Pass:
        """Return the pass to read instead of one whose cursor Kombo refuses."""
        self._state(refused.integration_id).pop("resume", None)
        return self.begin(refused.integration_id, refused.data_expired_at)

    def complete(self, done: Pass) -> None:
        """Remember the start of a pass of which every page was read.

        Args:
            done: The pass; its bookmark never moves backwards.
        """
        if not self._settings.incremental:
            return
        bookmark = self._bookmark(done.integration_id)
        started_at = to_kombo(max(bookmark, done.started_at) if bookmark else done.started_at)
        state = self._state(done.integration_id)
        if done.data_expired_at:
            state["data_expired_at"] = done.data_expired_at
        elif done.full:
            state.pop("data_expired_at", None)
            state["last_full_pass"] = started_at
        elif bookmark:  # written by hand: count from there
            state.setdefault("last_full_pass", to_kombo(bookmark))
        state["replication_key"] = "changed_at"
        state["replication_key_value"] = started_at
        state["parameters"] = self._settings.fingerprint
        state.pop("resume", None)

    def _why_full(
        self,
        integration_id: str,
        bookmark: pendulum.DateTime | None,
        data_expired_at: str | None,
    ) -> str:
        """Say why a full pass is due; empty if it is not."""
        state, settings = self._state(integration_id), self._settings
        last = self._moment(state, "last_full_pass") or bookmark
        interval, now = settings.full_pass_interval, pendulum.now("UTC")
        asked = state.get("parameters", settings.fingerprint)
        reasons = (
            (settings.always_full, "as FULL_TABLE is chosen"),
            (bookmark is None, "as there is no bookmark"),
            (data_expired_at, "as Kombo's data does not yet match a changed configuration"),
            ("data_expired_at" in state, "as the configuration at Kombo has changed"),
            (asked != settings.fingerprint, "as filters or `include_deleted` have changed"),
            (
                interval and last and now >= last + interval,
                f"as the last one is over {interval.days} days old",
            ),
        )
        return next((why for due, why in reasons if due), "")

    def _resumed(self, fresh: Pass) -> Pass | None:
        """Return the interrupted pass if it can go on and is not overtaken by the fresh one."""
        stored = self._state(fresh.integration_id).get("resume")
        if not (self._settings.resumable and isinstance(stored, dict) and stored.get("cursor")):
            return None
        started_at = self._moment(stored, "started_at") or EVER
        too_old = fresh.started_at - started_at > RESUME_WITHIN
        overtaken = bool(fresh.full) and not stored.get("full")
        if too_old or overtaken or stored.get("parameters") != self._settings.fingerprint:
            return None
        return replace(
            fresh,
            started_at=min(started_at, fresh.started_at),
            updated_after=self._moment(stored, "updated_after"),
            full=stored.get("full", ""),
            cursor=stored["cursor"],
            resumed=True,
        )

    def _bookmark(self, integration_id: str) -> pendulum.DateTime | None:
        """Return the bookmark; one in the future, from a wrong clock, becomes now."""
        state = self._state(integration_id)
        bookmark = self._moment(state, "replication_key_value")
        now = pendulum.now("UTC")
        if bookmark and bookmark > now:
            self._logger.warning(
                "The bookmark of %s lies in the future (%s); it is brought back to now.",
                integration_id,
                state["replication_key_value"],
            )
            bookmark = now
            state["replication_key_value"] = to_kombo(now)
        return bookmark

    @staticmethod
    def _moment(state: Mapping[str, Any], key: str) -> pendulum.DateTime | None:
        value = state.get(key)
        if value is None:
            return None
        try:
            return to_moment(value)
        except (TypeError, ValueError):
            msg = f"`{key}` in the state is not a date-time"
            raise BookmarkError(msg) from None

    def _state(self, integration_id: str) -> dict[str, Any]:
        return self._context_state({"integration_id": integration_id})


class Checkpoints:
    """Says when the state is due to be written: often enough to lose little, else rarely.

    The whole state is written each time; with a thousand integrations it is a megabyte.
    """

    def __init__(self) -> None:
        """Count from now."""
        self._written_at = time.monotonic()
        self._written_after = 0

    def is_due(self, state: Mapping[str, Any], records: int, *, finished: bool) -> bool:
        """Return whether the state is due, and if so begin to count anew.

        Args:
            state: The state of all streams.
            records: How many records the run has sent so far.
            finished: Whether a pass has just been completed.
        """
        now = time.monotonic()
        if now < self._written_at + CHECKPOINT_SECONDS:
            entries = sum(
                len(stream.get("partitions", ())) for stream in state.get("bookmarks", {}).values()
            )
            if not finished or records < self._written_after + RECORDS_PER_ENTRY * entries:
                return False
        self._written_at, self._written_after = now, records
        return True
