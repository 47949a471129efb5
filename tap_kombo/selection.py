"""Which properties are not sent, and how they are taken out of schemas and records."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from fnmatch import fnmatch, fnmatchcase
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from tap_kombo.api.answers import Record

ENTRIES = "[]"
"""Stands in a path for the entries of a list."""

Path: TypeAlias = tuple[str, ...]
"""Names from the root to a property."""

Edits: TypeAlias = Mapping[Path, Callable[[Any], Any] | None]
"""What becomes of the values at each path, if they are not null; `None` takes the property out."""

Tree: TypeAlias = "dict[str, Tree | Callable[[Any], Any] | None]"


def did_you_mean(wrong: str, right: Iterable[str], written: Callable[[str], str] = str) -> str:
    """Return a hint at the names that are most like a wrong one, as they are written."""
    near = difflib.get_close_matches(wrong[:100], [*right], n=2, cutoff=0.5)
    return f" (did you mean {' or '.join(f'`{written(one)}`' for one in near)}?)" if near else ""


def misspelt(patterns: Iterable[str], streams: Sequence[str]) -> Iterator[str]:
    """Yield a sentence for each pattern that fits no stream, such as `intervews.*` or `!job.id`."""
    names = dict.fromkeys(one.removeprefix("!").partition(".")[0] for one in patterns)
    for name in names:
        if not any(fnmatchcase(one, name) for one in streams):
            yield f"`select` names no stream with {name[:100]!r}{did_you_mean(name, streams)}."


def is_selected(patterns: Iterable[str], stream: str, breadcrumb: Sequence[str] = ()) -> bool:
    """Return whether Meltano selects a stream, or what is at a breadcrumb in it.

    Args:
        patterns: Those of `select`; one that begins with `!` wins, wherever it stands.
        stream: Its name.
        breadcrumb: As in the metadata of a catalog: `("properties", "users", ...)`.
    """
    place, negated = ".".join(breadcrumb), set[bool]()
    for pattern in patterns:
        name, _, column = pattern.removeprefix("!").partition(".")
        if not fnmatch(stream, name):
            continue
        parts = [f"properties.{one}" for one in (column or "*").split(".")]
        places = [".".join(parts)]
        if not pattern.startswith("!"):
            places += [".".join(parts[:end]) for end in range(len(parts))]  # what that lies in
        elif column in {"", "*"}:
            places.append("")  # the stream itself
        if any(fnmatch(place, one) for one in places):
            negated.add(pattern.startswith("!"))
    return negated == {False}


def deselected_paths(selected: Mapping[Path, bool]) -> list[Path]:
    """Return the paths of the deselected properties, without those below another of them.

    What lies in lists stays whole, as in the SDK.

    Args:
        selected: The SDK's `Stream.mask`: whether each breadcrumb is selected.
    """
    unwanted = {
        crumb[1::2]
        for crumb, wanted in selected.items()
        if crumb and not wanted and set(crumb[::2]) == {"properties"}
    }
    return sorted(topmost(unwanted))


def topmost(paths: Collection[Path]) -> Iterator[Path]:
    """Yield the paths that are not below another of them."""
    found = {*paths}
    for path in paths:
        if not any(path[:end] in found for end in range(1, len(path))):
            yield path


def overlay(
    whole: Mapping[str, Any], sent: Mapping[str, Any], path: Path = ()
) -> tuple[dict[str, Any], list[Path]]:
    """Lay the schema that the loader is told of over that of all that Kombo sends.

    Args:
        whole: Schema of all that Kombo sends.
        sent: Schema that the loader is told of; a catalog may have overridden types in it.
        path: Where the two stand.

    Returns:
        The whole schema with the types that are sent, and the paths of what is not sent; a list or
        an object of which nothing is told is sent whole.
    """
    laid, missing = {**sent}, list[Path]()
    if "properties" in whole:
        told = sent.get("properties", whole["properties"])
        laid["properties"] = {**told}
        for name, one in whole["properties"].items():
            if name in told:
                inner, more = overlay(one, told[name], (*path, name))
                laid["properties"][name] = inner
                missing += more
            else:
                laid["properties"][name] = one
                missing.append((*path, name))
    elif "items" in whole:
        told = sent.get("items", whole["items"])
        laid["items"], missing = overlay(whole["items"], told, (*path, ENTRIES))
    return laid, missing


def typed(sent: Mapping[str, Any], whole: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema of a catalog, with that of all that Kombo sends wherever it names no type."""
    laid = {key: one for key, one in sent.items() if one not in (None, [])}
    if "type" not in laid and "anyOf" not in laid:
        laid = {**whole, **laid}
    if "properties" in laid:
        known = whole.get("properties", {})
        laid["properties"] = {
            name: typed(one, known.get(name, {})) for name, one in laid["properties"].items()
        }
    if "items" in laid:
        laid["items"] = typed(laid["items"], whole.get("items", {}))
    return laid


def without(schema: Mapping[str, Any], paths: Iterable[Path]) -> dict[str, Any]:
    """Return a schema without some of its properties."""
    return _pruned(schema, _tree(dict.fromkeys(paths)))


def compile_edits(edits: Edits) -> Callable[[Iterable[Record]], None]:
    """Return a function that edits the records of a page, in place.

    The SDK takes properties out of each record by looking up each of its values, which is most of
    what it costs to send one.
    """
    tree = _tree(edits)
    return lambda records: _edit(records, tree)


def _tree(edits: Edits) -> Tree:
    """Lay out edits as records are nested; what is above another one counts alone."""
    tree: Tree = {}
    for path, edit in edits.items():
        place = tree
        for name in path[:-1]:
            inner = place.setdefault(name, {})
            if not isinstance(inner, dict):
                break
            place = inner
        else:
            place[path[-1]] = edit
    return tree


def _pruned(schema: Mapping[str, Any], tree: Tree) -> dict[str, Any]:
    kept = dict(schema)
    if "properties" in schema:
        kept["properties"] = {
            name: _pruned(one, inner) if isinstance(inner := tree.get(name), dict) else one
            for name, one in schema["properties"].items()
            if tree.get(name, {}) is not None
        }
    if "items" in schema and isinstance(inner := tree.get(ENTRIES), dict):
        kept["items"] = _pruned(schema["items"], inner)
    return kept


def _edit(values: Iterable[Any], tree: Tree) -> None:
    """Edit what a tree names in each of some objects or lists."""
    for value in values:
        if type(value) is dict:
            for name, inner in tree.items():
                if inner is None:
                    value.pop(name, None)
                elif (one := value.get(name)) is None:
                    continue
                elif isinstance(inner, dict):
                    _edit((one,), inner)
                else:
                    value[name] = inner(one)
        elif type(value) is list and ENTRIES in tree:
            inner = tree[ENTRIES]
            if isinstance(inner, dict):
                _edit(value, inner)
            elif inner:
                value[:] = [None if one is None else inner(one) for one in value]
