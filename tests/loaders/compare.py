"""Compares what a loader holds, cell by cell, with what was sent to it."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from dataclasses import dataclass, field
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from loaders.messages import Messages, Record

Tables = dict[str, list["Record"]]
"""The rows of each stream as a loader holds them, its own columns included."""

_EXACT = Context(prec=100)


@dataclass(frozen=True)
class Loss:
    """What a loader makes of some values; all others have to arrive as they were sent.

    Attributes:
        reason: What becomes of which values.
        becomes: Called with a value and the schema of its column; returns what the loader holds.
        flattened: Whether it also happens if objects are flattened.
    """

    reason: str
    becomes: Callable[[Any, Record], Any]
    flattened: bool = True


@dataclass
class Comparison:
    """What came of comparing.

    Attributes:
        rows: Rows compared.
        cells: Cells compared.
        lost: How many cells each loss explains.
        wrong: Where what is held is neither what was sent nor explained.
    """

    rows: int = 0
    cells: int = 0
    lost: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def newest(records: Sequence[Record]) -> list[Record]:
    """The records that a table holds of which rows are written over by key."""
    return list({one["id"]: one for one in records}.values())


def compare(
    sent: Mapping[str, list[Record]], messages: Messages, held: Tables, losses: Sequence[Loss]
) -> Comparison:
    """Compare all rows of all streams; those of one id are in the order in which they were sent."""
    done = Comparison()
    for stream, records in sent.items():
        rows = sorted(held[stream], key=lambda one: str(one["id"]))
        wanted = sorted(records, key=lambda one: str(one["id"]))
        if [one["id"] for one in rows] != [one["id"] for one in wanted]:
            done.wrong.append(f"{stream}: {len(rows)} rows instead of {len(wanted)}, or other ids")
            continue
        for row, record in zip(rows, wanted, strict=True):
            done.rows += 1
            for name, schema in messages.schemas[stream].items():
                done.cells += 1
                value = record[name]
                for loss in losses:
                    become = loss.becomes(value, schema)
                    if canonical(become, schema) != canonical(value, schema):
                        done.lost[loss.reason] += 1
                        value = become
                found = canonical(row[name], schema)
                if found != canonical(value, schema):
                    pair = f"{found[:80]} instead of {canonical(value, schema)[:80]}"
                    done.wrong.append(f"{stream}.{name} of {record['id']}: {pair}")
    return done


def canonical(value: Any, schema: Record) -> str:  # noqa: ANN401 - a JSON value
    """A value as text that is the same for equal values: digits count, their spelling does not."""
    if schema.get("format") == "date-time" and value is not None:
        moment = value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(value)
        return (
            (moment.astimezone(dt.UTC) if moment.tzinfo else moment)
            .replace(tzinfo=None)
            .isoformat()
        )
    return _canonical(value)


def _canonical(value: Any) -> str:  # noqa: ANN401 - a JSON value
    if isinstance(value, dict):
        inner = (f"{json.dumps(name)}: {_canonical(one)}" for name, one in sorted(value.items()))
        return f"{{{', '.join(inner)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_canonical, value))}]"
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return str(_EXACT.create_decimal(value).normalize(_EXACT))
    return json.dumps(value.isoformat() if isinstance(value, dt.date) else value)


def kind(schema: Record) -> str:
    """The type of a column, without null."""
    types = schema.get("type", [""])
    return str(types if isinstance(types, str) else types[0])


def each(value: Any, change: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - a JSON value
    """A value of which each scalar, at any depth, is changed."""
    if isinstance(value, dict):
        return {name: each(one, change) for name, one in value.items()}
    return [each(one, change) for one in value] if isinstance(value, list) else change(value)
