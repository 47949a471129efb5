"""The records of one integration: what is written, what a write moves, and what is sent.

Every record has `changed_at`, which moves only with its own properties, and a hidden `updated_at`
that `updated_after` is compared with: it also moves when a nested record changes whose row in the
table says so. All times inside are milliseconds since 1970.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

import msgspec

from kombo_emulator.clock import stamp
from kombo_emulator.models import TRACKED
from kombo_emulator.rows import DAY, Row, Table, World, derive_id
from kombo_emulator.table import INDEXED, MODELS, PARENTS
from kombo_emulator.table.nesting import JOINS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from kombo_emulator.models import Embed, Model

BLANKED_AFTER = 14 * DAY
"""Kombo keeps what a tombstone held for so long."""

_KEPT = ("id", *TRACKED)
"""What only the store sets, and what is left of a blanked tombstone."""


class Store:
    """Keeps and changes the records of one integration.

    What writes takes `visible_after`, in seconds: the change then carries the present time, but
    requests only see it that much later, like one that Kombo was still processing.

    Attributes:
        disabled: The models that are switched off, each with the records that went with it.
    """

    # JSON values come in as keywords.
    # ruff: noqa: ANN401

    def __init__(self, integration_id: str, world: World) -> None:
        """Start without a record."""
        self.id = integration_id
        self.world = world
        self.disabled: dict[str, list[str]] = {}
        self._tables = {name: Table(model) for name, model in MODELS.items()}
        self._index: defaultdict[tuple[str, str, str], list[str]] = defaultdict(list)
        self._sent: dict[tuple[str, str, bool], msgspec.Raw] = {}
        self._pending: list[tuple[int, int, int, Callable[[int], None]]] = []
        self._turns = count()
        self._serial = 0
        self._untold: set[str] = set()

    # Reading

    def table(self, model: str) -> Table:
        """All records of a model."""
        return self._tables[model]

    def records(self, model: str, *, include_deleted: bool = True) -> list[dict[str, Any]]:
        """All records of a model exactly as a full pass would get them now, in order of ids."""
        with self.world.lock:
            self.settle()
            table = self._tables[model]
            rows = (table.rows[key] for _, key in table.keys("id"))
            shown = (row for row in rows if not row.gone and (include_deleted or not row.deleted))
            sent = msgspec.json.encode([self.sent(table.model, row) for row in shown])
            decoded: list[dict[str, Any]] = msgspec.json.decode(sent)
            return decoded

    def sent(self, model: Model, row: Row) -> msgspec.Raw:
        """One record as JSON; made once and kept until something changes."""
        key = (model.id, row.id, self.world.behaviour.remote_data)
        if key not in self._sent:
            record = self._shown(row, model.shown, model.embeds)
            self._sent[key] = msgspec.Raw(msgspec.json.encode(record))
        return self._sent[key]

    def sublist(self, model: str, record_id: str, embed: Embed) -> list[dict[str, Any]]:
        """The records of a list below one record, such as its attachments."""
        parts: Any = self._nested(self._tables[model].rows[record_id], embed)
        told = {"type": "OTHER", "file_name": "file"}  # never null where the tool itself is asked
        return [part | {name: part[name] or told[name] for name in told} for part in parts]

    def linked(self, row: Row, embed: Embed) -> list[Row]:
        """The records that an embed shows; lists leave out tombstones."""
        rows = self._tables[embed.model].rows
        if embed.via:
            found = rows.get(row.values[embed.via])
            return [] if found is None or found.gone else [found]
        targets: Iterable[str] = map(target_of, row.values[embed.many]) if embed.many else ()
        if embed.reverse:
            targets = self._index.get((embed.model, embed.reverse, row.id), ())
        return [found for found in map(rows.get, targets) if found and not found.deleted]

    def _shown(self, row: Row, names: Iterable[str], embeds: Iterable[Embed]) -> dict[str, Any]:
        values = row.values
        shown = {name: values[name] for name in names}
        is_raw = self.world.behaviour.remote_data and not row.kept
        if is_raw and shown.get("remote_data", "") is None:
            shown["remote_data"] = {f"/records/{row.id}": {"id": row.id, "tags": ["a", 1]}}
        for embed in embeds:
            shown[embed.key] = self._nested(row, embed)
        return shown

    def _nested(self, row: Row, embed: Embed) -> Any:
        """What an embed shows: one record or none, or a list."""
        found = self.linked(row, embed)
        parts = [self._shown(one, embed.fields, embed.embeds) for one in found]
        if embed.via:
            return parts[0] if parts else None
        for link in row.values[embed.many] if embed.many else ():
            for one, part in zip(found, parts, strict=True):
                if isinstance(link, dict) and one.id == link["id"]:
                    part |= {name: link[name] for name in link if name != "id"}
        return parts

    def settle(self) -> None:
        """Carry out what has become due: changes visible by now, and blanking after 14 days."""
        now = self.world.clock.millis()
        while self._pending and self._pending[0][0] <= now:
            _, _, at, change = heapq.heappop(self._pending)
            self._sent.clear()
            change(at)

    def changed_models(self) -> list[str]:
        """The names of what has changed since this was asked the last time, joins included."""
        with self.world.lock:
            self.settle()
            told = sorted(self._untold)
            self._untold.clear()
            return told

    # Writing

    def add(self, model: str, key: str | None, values: dict[str, Any], visible_after: float) -> str:
        """Add a record and return its id, which follows from the key.

        Raises:
            ValueError: If the key is taken.
        """
        with self.world.lock:
            self._serial += 1
            key = key or str(4_000_000 + self._serial)
            values["id"] = derive_id(self.id, model, key)
            values |= dict.fromkeys(TRACKED)
            if values["remote_id"] is not None:
                values["remote_id"] = key
            if values["id"] in self._tables[model].rows:
                msg = f"{model} already has a record with remote id {key}"
                raise ValueError(msg)
            row = Row(values, 0)
            self._schedule(lambda at: self._insert(model, row, at), visible_after)
        return row.id

    def edit(
        self, model: str, record_id: str, /, *, visible_after: float = 0, **fields: Any
    ) -> None:
        """Change own properties or lists of links; what stays equal is no change.

        Raises:
            TypeError: If the model has no such property.
        """
        refuse_unknown(model, fields)
        row = self._tables[model].rows[record_id]
        self._schedule(lambda at: self._edit(model, row, fields, at), visible_after)

    def rewrite(self, model: str, record_id: str, /, **fields: Any) -> None:
        """Change own properties without a time that tells, as with the scope configuration."""
        with self.world.lock:
            row = self._tables[model].rows[record_id]
            if not row.deleted:
                row.values = row.values | fields
            self._sent.clear()

    def link(self, model: str, record_id: str, links: str, target: str) -> None:
        """Add an id to a list of links, e.g. to the `user_ids` of an interview."""
        row = self._tables[model].rows[record_id]
        linked = row.values[links]
        if target not in map(target_of, linked):
            self._schedule(lambda at: self._edit(model, row, {links: (*linked, target)}, at))

    def unlink(self, model: str, record_id: str, links: str, target: str) -> None:
        """Take an id out of a list of links."""
        row = self._tables[model].rows[record_id]
        left = tuple(link for link in row.values[links] if target_of(link) != target)
        self._schedule(lambda at: self._edit(model, row, {links: left}, at))

    def delete(self, model: str, record_id: str, /, *, visible_after: float = 0) -> None:
        """Turn a record into a tombstone, which is blanked or removed 14 days later."""
        row = self._tables[model].rows[record_id]
        self._schedule(lambda at: self._delete(model, row, at), visible_after)

    def restore(self, model: str, record_id: str, /) -> None:
        """Let a deleted record reappear, with what it held, even after it was blanked."""
        row = self._tables[model].rows[record_id]
        self._schedule(lambda at: self._restore(model, row, at))

    def disable_model(self, model: str) -> None:
        """Switch a model off: its records become tombstones and its list is refused."""
        with self.world.lock:
            alive = [key for key, row in self._tables[model].rows.items() if not row.deleted]
            for key in alive:
                self.delete(model, key)
            self.disabled.setdefault(model, alive)

    def enable_model(self, model: str) -> None:
        """Switch a model on again: what disappeared with it reappears."""
        with self.world.lock:
            for key in self.disabled.pop(model, []):
                self.restore(model, key)

    def _schedule(self, change: Callable[[int], None], visible_after: float = 0) -> None:
        with self.world.lock:
            at = self.world.clock.millis()
            if visible_after > 0:
                due = at + round(visible_after * 1000)
                heapq.heappush(self._pending, (due, next(self._turns), at, change))
            else:
                self._sent.clear()
                change(at)

    def _insert(self, model: str, row: Row, at: int) -> None:
        row.values["changed_at"] = stamp(at)
        self._reindex(model, row, add=True)
        self._tell(model, row, at, row.values, listed=True)

    def _edit(self, model: str, row: Row, fields: dict[str, Any], at: int) -> None:
        before, hidden = row.values, MODELS[model].hidden
        changed = {name for name, value in fields.items() if before[name] != value}
        values = before | fields
        own = not changed.issubset(hidden)
        if own:
            values["changed_at"] = max(stamp(at), before["changed_at"])
            if values.get("remote_updated_at") and "remote_updated_at" not in fields:
                values["remote_updated_at"] = stamp(at)
        relinked = [embed for embed in MODELS[model].embeds if embed.many in changed]
        self._untold |= {JOINS[model, embed.many] for embed in relinked}
        self._replace(model, row, values)
        if own:
            self._tell(model, row, at, before, listed=False)
        elif any(embed.on_link for embed in relinked):
            self._tables[model].touch(row, at)

    def _delete(self, model: str, row: Row, at: int) -> None:
        if not row.deleted:
            self._mark(model, row, at, stamp(at))
            due = at + BLANKED_AFTER
            blank: Callable[[int], None] = partial(self._blank, model, row)
            heapq.heappush(self._pending, (due, next(self._turns), due, blank))

    def _restore(self, model: str, row: Row, at: int) -> None:
        if row.deleted:
            if row.kept:
                self._replace(model, row, row.kept)
            row.kept, row.gone = None, False
            self._mark(model, row, at, None)

    def _mark(self, model: str, row: Row, at: int, deleted_at: str | None) -> None:
        changed_at = max(stamp(at), row.values["changed_at"])
        row.values = row.values | {"changed_at": changed_at, "remote_deleted_at": deleted_at}
        self._tell(model, row, at, row.values, listed=True)

    def _blank(self, model: str, row: Row, at: int) -> None:
        if row.kept or row.values["remote_deleted_at"] != stamp(at - BLANKED_AFTER):
            return  # it has reappeared since
        before = row.kept = row.values
        if self.world.behaviour.after_14_days == "remove":
            row.gone = True
            return
        many = {embed.many: () for embed in MODELS[model].embeds if embed.many}
        values = dict.fromkeys(before) | many | {name: before[name] for name in _KEPT}
        self._replace(model, row, values)
        if self.world.behaviour.blanking_updates:
            values["changed_at"] = stamp(at)
            self._tell(model, row, at, before, listed=False)

    def _replace(self, model: str, row: Row, values: dict[str, Any]) -> None:
        self._reindex(model, row, add=False)
        row.values = values
        self._reindex(model, row, add=True)

    def _reindex(self, model: str, row: Row, *, add: bool) -> None:
        for name in INDEXED[model]:
            links = row.values[name]
            for target in map(target_of, links if isinstance(links, tuple | list) else (links,)):
                keys = self._index[model, name, target]
                (keys.append if add else keys.remove)(row.id)

    def _tell(self, model: str, row: Row, at: int, before: dict[str, Any], *, listed: bool) -> None:
        """Note that a record has changed, and touch those around it that this returns.

        It may have been `listed`, which is added to or removed from lists, or edited.
        """
        self._untold.add(model)
        self._tables[model].touch(row, at)
        for parent, embed in PARENTS[model]:
            if embed.reverse:
                owners = {before[embed.reverse], row.values[embed.reverse]}
                hit = embed.on_link if listed or len(owners) > 1 else embed.on_change
            else:
                owners = set(self._index.get((parent, embed.via or embed.many, row.id), ()))
                hit = embed.on_link if listed and embed.many else embed.on_change
            table = self._tables[parent]
            for owner in owners if hit else ():
                if owner in table.rows:
                    table.touch(table.rows[owner], at)


def target_of(link: Any) -> Any:
    """The id in a link, which is an id, a mapping with one, or null."""
    return link["id"] if isinstance(link, dict) else link


def refuse_unknown(model: str, fields: Iterable[str]) -> None:
    """Refuse with a `TypeError` to set what a model does not have, or what only the store sets."""
    known = {*MODELS[model].fields, *MODELS[model].hidden}
    for name in (one for one in fields if one not in known):
        msg = f"{model} has no property {name}"
        raise TypeError(msg)
