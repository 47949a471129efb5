"""How the records of one integration are found and sent, nested records included."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import msgspec

from kombo_emulator.store.rows import Row, Table
from kombo_emulator.table import MODELS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kombo_emulator.models import Embed, Model
    from kombo_emulator.store.rows import World


class Reader:
    """Reads the records of one integration. Whoever changes them must call `_forget_sent`."""

    def __init__(self, integration_id: str, world: World) -> None:
        """Start without a record."""
        self.id = integration_id
        self.world = world
        self.lock = world.lock
        self._tables = {name: Table(model) for name, model in MODELS.items()}
        self._index: defaultdict[tuple[str, str], defaultdict[str, list[str]]]
        self._index = defaultdict(lambda: defaultdict(list))
        self._sent: dict[tuple[str, str, bool], msgspec.Raw] = {}

    def table(self, model: str) -> Table:
        """All records of a model."""
        return self._tables[model]

    def own(self, model: str, record_id: str) -> dict[str, Any]:
        """The own properties of one record, deleted or not."""
        return dict(self._tables[model].rows[record_id].own)

    def sent(self, model: Model, row: Row) -> msgspec.Raw:
        """One record as JSON; made once and kept until something changes."""
        key = (model.id, row.own["id"], self.world.behaviour.remote_data)
        if key not in self._sent:
            self._sent[key] = msgspec.Raw(msgspec.json.encode(self.render(model, row)))
        return self._sent[key]

    def sublist(self, model: str, record_id: str, embed: Embed) -> list[dict[str, Any]]:
        """The records of a list below one record, such as its attachments."""
        row = self._tables[model].rows[record_id]
        told = {"type": "OTHER", "file_name": "file"}  # never null where the tool itself is asked
        parts = (self._part(child, embed) for child in self.linked(row, embed))
        return [part | {name: part[name] or told[name] for name in told} for part in parts]

    def render(self, model: Model, row: Row) -> dict[str, Any]:
        """One record as it is sent, nested records included."""
        record = row.own.copy()
        self._show_remote_data(row, record)
        for embed in model.embeds:
            record[embed.key] = self._nested(row, embed)
        for name in model.unsent:
            del record[name]
        return record

    def linked(self, row: Row, embed: Embed) -> list[Row]:
        """The records that an embed shows; lists leave out tombstones."""
        rows = self._tables[embed.model].rows
        if embed.via:
            found = rows.get(row.own[embed.via])
            return [] if found is None or found.gone else [found]
        if embed.many:
            targets: Iterable[str] = (target_of(link) for link in row.hidden[embed.many])
        else:
            targets = self._index[embed.model, embed.reverse].get(row.own["id"], ())
        return [found for found in map(rows.get, targets) if found and not found.deleted]

    def _nested(self, row: Row, embed: Embed) -> Any:  # noqa: ANN401 - a JSON value
        if embed.via:
            found = self._tables[embed.model].rows.get(row.own[embed.via])
            return None if found is None or found.gone else self._part(found, embed)
        linked = self.linked(row, embed)
        extra = {
            link["id"]: {name: value for name, value in link.items() if name != "id"}
            for link in (row.hidden[embed.many] if embed.many else ())
            if isinstance(link, dict)
        }
        if not extra:
            return [self._part(child, embed) for child in linked]
        return [self._part(child, embed) | extra.get(child.own["id"], {}) for child in linked]

    def _part(self, row: Row, embed: Embed) -> dict[str, Any]:
        own, hidden = row.own, row.hidden
        try:
            part = {name: own[name] for name in embed.fields}
        except KeyError:
            part = {name: own[name] if name in own else hidden[name] for name in embed.fields}
        self._show_remote_data(row, part)
        for nested in embed.embeds:
            part[nested.key] = self._nested(row, nested)
        return part

    def _show_remote_data(self, row: Row, shown: dict[str, Any]) -> None:
        if not self.world.behaviour.remote_data or row.kept or "remote_data" not in shown:
            return
        if shown["remote_data"] is None:
            record_id = row.own["id"]
            shown["remote_data"] = {f"/records/{record_id}": {"id": record_id, "tags": ["a", 1]}}

    def _forget_sent(self) -> None:
        self._sent.clear()


def target_of(link: Any) -> Any:  # noqa: ANN401 - a JSON value
    """The id in a link, which is an id, a mapping with one, or null."""
    return link["id"] if isinstance(link, dict) else link
