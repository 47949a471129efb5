"""Reading the query of a list: types, limits and the filters' meaning.

Filters are joined by AND; the values inside one are alternatives.
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from kombo_emulator.clock import milliseconds, stamp
from kombo_emulator.exchange import INPUT_INVALID, ApiError
from kombo_emulator.rows import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kombo_emulator.behaviour import Behaviour
    from kombo_emulator.models import Filter, Model
    from kombo_emulator.store import Store

_TIME = re.compile(r"^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?)?Z?$", re.ASCII)
PAGING = ("cursor", "page_size")
_LIST = ("updated_after", "include_deleted", "ignore_unsupported_filters")


@dataclass(frozen=True)
class Query:
    """What a list was asked for."""

    cursor: str | None
    page_size: int
    updated_after: int | None  # in milliseconds since 1970
    include_deleted: bool
    filters: tuple[tuple[Filter, frozenset[Any]], ...]  # those in use, with the values wanted
    bound: tuple[tuple[str, str], ...]  # all parameters that a cursor is bound to


def read_query(
    model: Model | None, params: Mapping[str, str], behaviour: Behaviour, most: int = 250
) -> Query:
    """Read the query of a list, of a model or outside the table, or refuse it."""
    filters = model.filters if model else ()
    known = {item.param for item in filters}
    if model is None or model.documents_cursor or behaviour.undocumented_cursor == "follow":
        known |= set(PAGING if model is None or model.paginated else ())
    elif behaviour.undocumented_cursor == "ignore":
        params = {name: value for name, value in params.items() if name not in PAGING}
    known |= set(_LIST if model and model.incremental else ())
    size, after = params.get("page_size", "100"), params.get("updated_after")
    for unknown in sorted(set(params) - known):
        raise ApiError(*INPUT_INVALID, f"unknown query parameter {unknown}")
    if not re.fullmatch(r"[0-9]{1,6}", size) or not 1 <= int(size) <= most:
        raise ApiError(*INPUT_INVALID, f"page_size must be an integer from 1 to {most}")
    for name in ("include_deleted", "ignore_unsupported_filters"):
        if params.get(name, "false") not in {"true", "false"}:
            raise ApiError(*INPUT_INVALID, f"{name} must be true or false")
    return Query(
        cursor=params.get("cursor"),
        page_size=int(size),
        updated_after=None if after is None else _time("updated_after", after),
        include_deleted=params.get("include_deleted") == "true",
        filters=tuple(
            (item, _wanted(item, params[item.param])) for item in filters if params.get(item.param)
        ),
        bound=tuple(sorted(item for item in params.items() if item[0] not in PAGING)),
    )


def matcher(store: Store, model: Model, query: Query) -> Callable[[Row], bool]:
    """Make the test that decides whether a record belongs to the answer."""
    after = query.updated_after
    if after is not None and not store.world.behaviour.updated_after_inclusive:
        after += 1

    def matches(row: Row) -> bool:
        return (
            not row.gone
            and (query.include_deleted or not row.deleted)
            and (after is None or row.updated_at >= after)
            and all(
                _meets(item, wanted, _values(store, model, row, item.path))
                for item, wanted in query.filters
            )
        )

    return matches


def _time(name: str, value: str) -> int:
    if _TIME.fullmatch(value):
        try:
            return milliseconds(value)
        except ValueError:
            pass
    raise ApiError(*INPUT_INVALID, f"{name} must look like 2026-11-23T10:00:00.000Z")


def _wanted(item: Filter, value: str) -> frozenset[Any]:
    if item.how in {"since", "until", "from", "before"}:
        value = stamp(_time(item.param, value))
    if item.how == "object":
        return _pair(item, value)
    values = frozenset(value.split(",") if item.how == "any" else (value,))
    if item.choices and not values <= set(item.choices):
        raise ApiError(*INPUT_INVALID, f"{item.param} must be of {', '.join(item.choices)}")
    return frozenset(text.casefold() for text in values) if item.fold else values


def _meets(item: Filter, wanted: frozenset[Any], values: list[Any]) -> bool:
    if not values:
        return "null" in wanted and "null" in item.choices
    if item.how != "object":
        values = [str(value).casefold() if item.fold else str(value) for value in values]
    compare = _COMPARE[item.how]
    return any(compare(value, one) for value in values for one in wanted)


def _pair(item: Filter, text: str) -> frozenset[Any]:
    """The one property of a JSON object."""
    try:
        pair = msgspec.json.decode(text, type=dict[str, str | int | float | bool | None])
    except msgspec.DecodeError:
        pair = {}
    if len(pair) != 1:
        must = f"{item.param} must be a JSON object with one key and no nested value"
        raise ApiError(*INPUT_INVALID, must)
    return frozenset(pair.items())


_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "any": operator.eq,
    "one": operator.eq,
    "contains": operator.contains,
    "object": lambda value, pair: value.get(pair[0]) == pair[1],
    "since": lambda day, bound: day[:10] >= bound[:10],
    "until": lambda day, bound: day[:10] <= bound[:10],
    "from": operator.ge,
    "before": operator.lt,
}
"""How values are compared with what is wanted; moments and days are compared as text."""


def _values(store: Store, model: Model, start: Row, path: str) -> list[Any]:
    """Follow a path through own properties, lists and linked records; nulls are left out."""
    found: list[Any] = [start]
    embeds = model.embeds
    for name in path.split("."):
        if embed := next((embed for embed in embeds if embed.key == name), None):
            found = [linked for row in found for linked in store.linked(row, embed)]
            embeds = store.table(embed.model).model.embeds
            continue
        values = [item.values[name] if isinstance(item, Row) else item.get(name) for item in found]
        flat = (one for value in values for one in (value if isinstance(value, list) else [value]))
        found, embeds = [value for value in flat if value is not None], ()
    return found
