"""Leaves out deselected columns, a page at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tap_kombo.pagination import Record


def compile_deselection(
    selected: Mapping[tuple[str, ...], bool],
) -> Callable[[Iterable[Record]], None]:
    """Return a function that takes the deselected properties out of records, in place.

    The SDK does the same to each record by looking up each of its values, which is most of what
    it costs to send one.

    Args:
        selected: The SDK's `Stream.mask`: whether each breadcrumb is selected.

    Returns:
        A function of the records of a page; objects inside lists stay whole, as in the SDK.
    """
    unwanted = (crumb for crumb, wanted in selected.items() if crumb and not wanted)
    paths = [crumb[1::2] for crumb in unwanted if set(crumb[::2]) == {"properties"}]

    def deselect(records: Iterable[Record]) -> None:
        for record in records:
            for path in paths:
                _drop(record, path)

    return deselect


def _drop(record: Record, path: Sequence[str]) -> None:
    *parents, name = path
    for parent in parents:
        inner = record.get(parent)
        if not isinstance(inner, dict):
            return
        record = inner
    record.pop(name, None)
