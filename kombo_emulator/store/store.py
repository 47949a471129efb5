"""The records of one integration: what is written, and what a write moves.

Every record has `changed_at`, which moves only with its own properties, and a hidden `updated_at`
that `updated_after` is compared with: it also moves when a nested record changes whose row in the
table says so. All times inside are milliseconds since 1970.
"""

from __future__ import annotations

import heapq
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from kombo_emulator.clock import milliseconds, stamp
from kombo_emulator.models import TRACKED
from kombo_emulator.store.reader import Reader, target_of
from kombo_emulator.store.rows import DAY, Row, derive_id
from kombo_emulator.table import INDEXED, MODELS, PARENTS
from kombo_emulator.table.nesting import JOINS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kombo_emulator.store.rows import World

BLANKED_AFTER = 14 * DAY
"""Kombo keeps what a tombstone held for so long."""

_KEPT = ("id", *TRACKED)
"""What only the store sets, and what is left of a blanked tombstone."""


class Store(Reader):
    """Keeps and changes the records of one integration.

    Every method that writes takes `visible_after`, in seconds: the change then carries the present
    time, but requests only see it that much later, like one that Kombo was still processing.
    """

    def __init__(self, integration_id: str, world: World) -> None:
        """Start without a record."""
        super().__init__(integration_id, world)
        self.disabled: dict[str, list[str]] = {}
        self._pending: list[tuple[int, int, int, Callable[[int], None]]] = []
        self._tombstones: list[tuple[int, str, str]] = []
        self._serial = 0
        self._untold: set[str] = set()

    # Reading

    def changed_models(self) -> list[str]:
        """The names of what has changed since this was asked the last time, joins included."""
        with self.lock:
            self.settle()
            told = sorted(self._untold)
            self._untold.clear()
            return told

    def records(self, model: str, *, include_deleted: bool = True) -> list[dict[str, Any]]:
        """All records of a model exactly as a full pass would get them now, in order of ids."""
        with self.lock:
            self.settle()
            table = self._tables[model]
            rows = (table.rows[key] for _, key in table.keys("id"))
            shown = (row for row in rows if not row.gone and (include_deleted or not row.deleted))
            sent = msgspec.json.encode([self.sent(table.model, row) for row in shown])
            decoded: list[dict[str, Any]] = msgspec.json.decode(sent)
            return decoded

    def settle(self) -> None:
        """Carry out what has become due: changes visible by now, and blanking after 14 days."""
        now = self.world.now()
        while self._pending and self._pending[0][0] <= now:
            _, _, at, change = heapq.heappop(self._pending)
            self._forget_sent()
            change(at)
        while self._tombstones and self._tombstones[0][0] + BLANKED_AFTER <= now:
            deleted_at, model, record_id = heapq.heappop(self._tombstones)
            row = self._tables[model].rows[record_id]
            if row.own["remote_deleted_at"] == stamp(deleted_at) and row.kept is None:
                self._blank(model, row, deleted_at + BLANKED_AFTER)

    # Writing

    def add(
        self,
        model: str,
        /,
        *,
        remote_id: str | None = None,
        remote_id_unknown: bool = False,
        visible_after: float = 0,
        **fields: Any,  # noqa: ANN401 - JSON values
    ) -> str:
        """Add a record and return its id; properties not given are null.

        The id follows from the remote id, even if that is unknown to readers.

        Raises:
            TypeError: If the model has no such property.
            ValueError: If the remote id is taken.
        """
        with self.lock:
            self._serial += 1
            key = remote_id or str(4_000_000 + self._serial)
            own, hidden = MODELS[model].empty_record()
            own |= {
                "id": derive_id(self.id, model, key),
                "remote_id": None if remote_id_unknown else key,
            }
            _assign(model, own, hidden, fields)
            if own["id"] in self._tables[model].rows:
                msg = f"{model} already has a record with remote id {key}"
                raise ValueError(msg)
            self._schedule(lambda at: self._insert(model, own, hidden, at), visible_after)
        return str(own["id"])

    def edit(
        self,
        model: str,
        record_id: str,
        /,
        *,
        visible_after: float = 0,
        **fields: Any,  # noqa: ANN401 - JSON values
    ) -> None:
        """Change own properties or lists of links; what stays equal is no change.

        Raises:
            TypeError: If the model has no such property.
        """
        row = self._tables[model].rows[record_id]
        _assign(model, dict(row.own), dict(row.hidden), fields)
        self._schedule(lambda at: self._edit(model, row, fields, at), visible_after)

    def rewrite(self, model: str, record_id: str, /, **fields: Any) -> None:  # noqa: ANN401
        """Change own properties without a time that tells, as with the scope configuration."""
        with self.lock:
            row = self._tables[model].rows[record_id]
            if not row.deleted:
                row.own |= fields
            self._forget_sent()

    def link(self, model: str, record_id: str, links: str, target: str) -> None:
        """Add an id to a list of links, e.g. to the `user_ids` of an interview."""
        linked = self._tables[model].rows[record_id].hidden[links]
        if target not in map(target_of, linked):
            self._relink(model, record_id, links, (*linked, target))

    def unlink(self, model: str, record_id: str, links: str, target: str) -> None:
        """Take an id out of a list of links."""
        linked = self._tables[model].rows[record_id].hidden[links]
        left = tuple(link for link in linked if target_of(link) != target)
        self._relink(model, record_id, links, left)

    def _relink(self, model: str, record_id: str, links: str, left: tuple[Any, ...]) -> None:
        fields: dict[str, Any] = {links: left}
        self.edit(model, record_id, **fields)

    def delete(self, model: str, record_id: str, /, *, visible_after: float = 0) -> None:
        """Turn a record into a tombstone."""
        row = self._tables[model].rows[record_id]
        self._schedule(lambda at: self._delete(model, row, at), visible_after)

    def restore(self, model: str, record_id: str, /, *, visible_after: float = 0) -> None:
        """Let a deleted record reappear, with what it held, even after it was blanked."""
        row = self._tables[model].rows[record_id]
        self._schedule(lambda at: self._restore(model, row, at), visible_after)

    def disable_model(self, model: str) -> None:
        """Switch a model off: its records become tombstones and its list is refused."""
        with self.lock:
            alive = [key for key, row in self._tables[model].rows.items() if not row.deleted]
            for key in alive:
                self.delete(model, key)
            self.disabled.setdefault(model, alive)

    def enable_model(self, model: str) -> None:
        """Switch a model on again: what disappeared with it reappears."""
        with self.lock:
            for key in self.disabled.pop(model, []):
                self.restore(model, key)

    def _schedule(self, change: Callable[[int], None], visible_after: float) -> None:
        with self.lock:
            at = self.world.now()
            if visible_after > 0:
                self._serial += 1
                due = at + round(visible_after * 1000)
                heapq.heappush(self._pending, (due, self._serial, at, change))
            else:
                self._forget_sent()
                change(at)

    def _insert(self, model: str, own: dict[str, Any], hidden: dict[str, Any], at: int) -> None:
        own |= {"changed_at": stamp(at), "remote_deleted_at": None}
        row = Row(own, hidden, at)
        self._tables[model].insert(row)
        self._untold.add(model)
        self._reindex(model, row, add=True)
        self._trigger(model, own["id"], at, (own,), listed=True)

    def _edit(self, model: str, row: Row, fields: dict[str, Any], at: int) -> None:
        own, hidden = dict(row.own), dict(row.hidden)
        _assign(model, own, hidden, fields)
        before = row.own
        if own != before:
            own["changed_at"] = max(stamp(at), before["changed_at"])
            if own.get("remote_updated_at") and "remote_updated_at" not in fields:
                own["remote_updated_at"] = stamp(at)
        many = (embed for embed in MODELS[model].embeds if embed.many)
        relinked = [embed for embed in many if hidden[embed.many] != row.hidden[embed.many]]
        touched = own != before or any(embed.on_link for embed in relinked)
        self._untold |= {JOINS[model, embed.many] for embed in relinked}
        self._replace(model, row, own, hidden)
        if touched:
            self._tables[model].touch(row, at)
        if own != before:
            self._untold.add(model)
            self._trigger(model, own["id"], at, (before, own), listed=False)

    def _delete(self, model: str, row: Row, at: int) -> None:
        if not row.deleted:
            self._mark(model, row, at, stamp(at))
            heapq.heappush(self._tombstones, (at, model, row.own["id"]))

    def _restore(self, model: str, row: Row, at: int) -> None:
        if row.deleted:
            if row.kept:
                self._replace(model, row, *row.kept)
            row.kept, row.gone = None, False
            self._mark(model, row, at, None)

    def _mark(self, model: str, row: Row, at: int, deleted_at: str | None) -> None:
        changed_at = max(stamp(at), row.own["changed_at"])
        row.own = row.own | {"changed_at": changed_at, "remote_deleted_at": deleted_at}
        self._tables[model].touch(row, at)
        self._untold.add(model)
        self._trigger(model, row.own["id"], at, (row.own,), listed=True)

    def _blank(self, model: str, row: Row, at: int) -> None:
        self._forget_sent()
        row.kept = (row.own, row.hidden)
        if self.world.behaviour.after_14_days == "remove":
            row.gone = True
            return
        own, hidden = MODELS[model].empty_record()
        own = dict.fromkeys(own) | {name: row.own[name] for name in _KEPT}
        if self.world.behaviour.blanking_updates:
            own["changed_at"] = stamp(at)
        before = row.own
        self._replace(model, row, own, hidden)
        if self.world.behaviour.blanking_updates:
            self._tables[model].touch(row, at)
            self._untold.add(model)
            self._trigger(model, own["id"], at, (before,), listed=False)

    def _replace(self, model: str, row: Row, own: dict[str, Any], hidden: dict[str, Any]) -> None:
        self._reindex(model, row, add=False)
        row.own, row.hidden = own, hidden
        self._reindex(model, row, add=True)

    def _reindex(self, model: str, row: Row, *, add: bool) -> None:
        for name in INDEXED[model]:
            index = self._index[model, name]
            links = row.hidden[name] if name in row.hidden else (row.own[name],)
            for target in map(target_of, links):
                if target is not None and add:
                    index[target].append(row.own["id"])
                elif target is not None:
                    index[target].remove(row.own["id"])

    def _trigger(
        self, model: str, key: str, at: int, versions: Sequence[dict[str, Any]], *, listed: bool
    ) -> None:
        """Touch the parents of a record that changed, or was added to or removed from lists."""
        for parent, embed in PARENTS[model]:
            if embed.reverse:
                owners = {own[embed.reverse] for own in versions}
                hit = embed.on_link if listed or len(owners) > 1 else embed.on_change
            else:
                owners = set(self._index[parent, embed.via or embed.many].get(key, ()))
                hit = embed.on_link if listed and embed.many else embed.on_change
            table = self._tables[parent]
            for row in (table.rows.get(owner) for owner in owners if hit and owner):
                if row:
                    table.touch(row, at)


def _assign(
    model: str, own: dict[str, Any], hidden: dict[str, Any], fields: dict[str, Any]
) -> None:
    """Set properties where they belong; moments become text.

    Raises:
        TypeError: If the model has no such property.
    """
    for name, value in fields.items():
        if name in hidden:
            hidden[name] = value
        elif name in own and name not in _KEPT:
            own[name] = stamp(milliseconds(value)) if isinstance(value, datetime) else value
        else:
            msg = f"{model} has no property {name}"
            raise TypeError(msg)
