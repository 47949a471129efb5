"""What the state holds of one stream; the only module that touches it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_kombo.api.timestamps import to_moment

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pendulum

    from tap_kombo.replication.question import Question

MIXED = "mixed"
"""Entry of the state: the question of which rows may stand beside those of the bookmark's; `True`
is more than one."""


class BookmarkError(ValueError):
    """An entry of the state that cannot be read."""


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

    def known(self, integration_id: str) -> dict[str, Any]:
        """Return the entry of an integration, whether it can be used or not."""
        return self._known.get(integration_id, {})

    def of(self, integration_id: str) -> dict[str, Any]:
        """Return the entry of an integration; it is empty if nothing is remembered.

        Raises:
            BookmarkError: If there are two.
        """
        if integration_id in self._twice:
            msg = "it is in the state twice"
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


def moment_of(entry: Mapping[str, Any], key: str) -> pendulum.DateTime | None:
    """Read a moment of the state.

    Raises:
        BookmarkError: If it is none.
    """
    value = entry.get(key)
    if value is None:
        return None
    try:
        return to_moment(value)
    except (OverflowError, TypeError, ValueError):
        msg = f"`{key}` in the state is not a date-time"
        raise BookmarkError(msg) from None
