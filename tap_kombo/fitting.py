"""Says of a whole page, in compiled code, whether its records can be sent as they are.

Nearly every page can. `records.compile_cleaner` walks the others value by value, which costs many
times more; what passes here is what it would leave unchanged.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta

from tap_kombo.endpoints import PRIMARY_KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_kombo.pagination import Record

_LEAP_YEAR = r"(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
_DAY = (
    r"(?!0000)(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    r"|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    rf"|{_LEAP_YEAR}-02-29)"
)
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?Z"
_TEXTS: Mapping[str | None, Any] = {
    "date": Annotated[str, Meta(pattern=rf"\A{_DAY}\Z")],
    "date-time": Annotated[str, Meta(pattern=rf"\A{_DAY}T{_TIME}\Z")],
}
_SCALARS: Mapping[str, Any] = {"boolean": bool, "integer": int, "number": int | Decimal}


def compile_fits(schema: Mapping[str, Any], stream: str) -> Callable[[list[Record]], bool]:
    """Return a function that tells whether records need no cleaning.

    Args:
        schema: JSON Schema of a stream, as `scripts/update_schemas.py` writes it.
        stream: Its name.

    Returns:
        A function of the records of a page. It is true only if each has an id, no property but
        the declared ones, only values of the declared types, and moments in UTC. U+0000 is not
        looked for.
    """
    wanted: Any = list[_struct(schema["properties"], stream)]  # type: ignore[misc]

    def fits(records: list[Record]) -> bool:
        try:
            msgspec.convert(records, wanted, builtin_types=[Decimal])  # else texts pass as numbers
        except msgspec.ValidationError:
            return False
        return True

    return fits


def _struct(properties: Mapping[str, Any], path: str) -> type[msgspec.Struct]:
    """Return a type for objects with no property but the declared ones, each of which may lack."""
    fields = []
    for name, schema in properties.items():
        if name == PRIMARY_KEY and "." not in path:
            fields.append((name, Annotated[str, Meta(min_length=1)]))
        else:
            fields.append((name, _type(schema, f"{path}.{name}") | None, None))  # type: ignore[arg-type]
    return msgspec.defstruct(path, fields, forbid_unknown_fields=True, kw_only=True, gc=False)


def _type(schema: Mapping[str, Any], path: str) -> Any:  # noqa: ANN401 - a type made at run time
    """Return what `records` takes for a fitting value."""
    types = schema.get("type", [])
    kinds = {kind for kind in ([types] if isinstance(types, str) else types) if kind != "null"}
    if len(kinds) != 1:
        return Any
    kind = kinds.pop()
    if kind == "object":
        properties = schema.get("properties")
        return dict[str, Any] if properties is None else _struct(properties, path)
    if kind == "array":
        return list[_type(schema.get("items", {}), path) | None]  # type: ignore[misc]
    if kind == "string":
        return _TEXTS.get(schema.get("format"), str)
    return _SCALARS[kind]
