"""What loaders make of some values."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from loaders.compare import Loss, each, kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from loaders.messages import Record


def _empty(value: Any, schema: Record) -> Any:  # noqa: ANN401
    return value or None if kind(schema) == "string" else value


def _rounded(value: Any, schema: Record) -> Any:  # noqa: ANN401
    return as_float(value) if kind(schema) == "number" and value is not None else value


def _fraction(value: Any, schema: Record) -> Any:  # noqa: ANN401
    return as_float(value) if kind(schema) == "number" and isinstance(value, Decimal) else value


def _rounded_inside(value: Any, _: Record) -> Any:  # noqa: ANN401
    if not isinstance(value, dict | list):
        return value
    return each(value, lambda one: as_float(one) if isinstance(one, Decimal) else one)


def _printed(value: Any, _: Record) -> Any:  # noqa: ANN401
    return str(value) if isinstance(value, dict | list) else value


def _listed(value: Any, schema: Record) -> Any:  # noqa: ANN401
    return [] if value is None and kind(schema) == "array" else value


def declared(change: Callable[[Any, Record], Any]) -> Callable[[Any, Record], Any]:
    """Make what changes a column change all that the schema declares, at any depth."""

    def deep(value: Any, schema: Record) -> Any:  # noqa: ANN401
        value = change(value, schema)
        if isinstance(value, list):
            return [deep(one, schema.get("items", {})) for one in value]
        if isinstance(value, dict) and "properties" in schema:
            return {name: deep(one, schema["properties"][name]) for name, one in value.items()}
        return value

    return deep


def as_float(number: Decimal | int) -> Decimal:
    """A number as a float of 64 bits holds it."""
    return Decimal(repr(float(number)))


EMPTY = Loss("an empty text is null", _empty)
ROUNDED = Loss("a number of more than 15 digits is rounded: the column is a float", _rounded)
FRACTION = Loss(
    "a number with a fraction or an exponent, of more than 15 digits, is rounded", _fraction
)
ROUNDED_INSIDE = Loss(
    "a number with a fraction or an exponent in an object or a list is rounded to a float",
    _rounded_inside,
    flattened=False,
)
PRINTED = Loss("an object or a list is what Python prints of it", _printed, flattened=False)
ROUNDED_EVERYWHERE = Loss(
    "a number of more than 15 digits is rounded: what is declared a number is a float",
    declared(_rounded),
)
LISTED = Loss("a null list is an empty one", declared(_listed), flattened=False)
