"""Which properties are not sent, and how they are taken out of records."""

from __future__ import annotations

import difflib
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from tap_kombo.api.answers import Record

ENTRIES = "[]"
"""Stands in a path for the entries of a list."""


def did_you_mean(wrong: str, right: Iterable[str]) -> str:
    """Return a hint at the names that are most like a wrong one; empty if none is."""
    near = difflib.get_close_matches(wrong[:100], [*right], n=2, cutoff=0.5)
    return f" (did you mean {' or '.join(f'`{one}`' for one in near)}?)" if near else ""


def misspelt(patterns: Iterable[str], streams: Sequence[str]) -> Iterator[str]:
    """Yield a sentence for each pattern of `select` that fits no stream.

    Args:
        patterns: Patterns such as `interviews.*` or `!jobs.salary_*`.
        streams: The streams that there are.
    """
    names = dict.fromkeys(one.removeprefix("!").partition(".")[0] for one in patterns)
    for name in names:
        if not any(fnmatchcase(one, name) for one in streams):
            yield f"`select` names no stream with {name[:100]!r}{did_you_mean(name, streams)}."


def deselected_paths(selected: Mapping[tuple[str, ...], bool]) -> list[tuple[str, ...]]:
    """Return the paths of the deselected properties, without those below another of them.

    Args:
        selected: The SDK's `Stream.mask`: whether each breadcrumb is selected.

    Returns:
        Paths such as `("application", "outcome")`; what lies in lists stays whole, as in the SDK.
    """
    unwanted = {
        crumb[1::2]
        for crumb, wanted in selected.items()
        if crumb and not wanted and set(crumb[::2]) == {"properties"}
    }
    return sorted(
        path for path in unwanted if not any(path[:end] in unwanted for end in range(1, len(path)))
    )


def overlay(
    whole: Mapping[str, Any], sent: Mapping[str, Any], path: tuple[str, ...] = ()
) -> tuple[dict[str, Any], list[tuple[str, ...]]]:
    """Lay the schema that is sent over that of all that Kombo has.

    Args:
        whole: Schema of all that Kombo sends.
        sent: Schema that the loader is told of; a catalog may have overridden types in it.
        path: Where the two stand; empty for that of a stream.

    Returns:
        A schema of all that Kombo sends with the types that the loader is told of, and the paths of
        what the loader is not told of.
    """
    laid, missing = {**sent}, list[tuple[str, ...]]()
    if "properties" in whole and "properties" in sent:
        laid["properties"] = {**sent["properties"]}
        for name, one in whole["properties"].items():
            if name in sent["properties"]:
                inner, more = overlay(one, sent["properties"][name], (*path, name))
                laid["properties"][name] = inner
                missing += more
            else:
                laid["properties"][name] = one
                missing.append((*path, name))
    elif "items" in whole and "items" in sent:
        laid["items"], missing = overlay(whole["items"], sent["items"], (*path, ENTRIES))
    return laid, missing


def compile_deselection(paths: Sequence[Sequence[str]]) -> Callable[[Iterable[Record]], None]:
    """Return a function that takes properties out of the records of a page, in place.

    The SDK does the same to each record by looking up each of its values, which is most of what
    it costs to send one.

    Args:
        paths: The paths of the properties.
    """
    names = [path[0] for path in paths if len(path) == 1]
    deeper = [path for path in paths if len(path) > 1]

    def deselect(records: Iterable[Record]) -> None:
        for record in records:
            for name in names:
                record.pop(name, None)
            for path in deeper:
                _drop(record, path, 0)

    return deselect


def _drop(value: Any, path: Sequence[str], at: int) -> None:  # noqa: ANN401
    """Take what stands at the end of a path out of a value, if it is there."""
    for name in path[at:-1]:
        at += 1
        if name == ENTRIES:
            for one in value if isinstance(value, list) else ():
                _drop(one, path, at)
            return
        if not isinstance(value, dict):
            return
        value = value.get(name)
    if isinstance(value, dict):
        value.pop(path[-1], None)
