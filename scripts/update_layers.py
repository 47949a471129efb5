"""Write the picture of the layers in docs/layers.md from the imports of the code.

    python scripts/update_layers.py [--check]

`make lint` holds the code to its layers; this draws what is there. An arrow leads from a module to
those that it imports, for a type too. One that other arrows lead to anyway is left out.
"""

from __future__ import annotations

import importlib
import sys
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING

import grimp

from scripts.generated import CHECKOUT, run
from scripts.update_readme import render
from tap_kombo.reference import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

PACKAGE = "tap_kombo"
DRAWN_WHOLE = (f"{PACKAGE}.replication", f"{PACKAGE}.api")
"""Packages whose modules are drawn too."""

OPTIONS = (
    "%%{init: {'themeVariables': {'fontSize': '12px'}, 'flowchart': "
    "{'nodeSpacing': 4, 'rankSpacing': 24, 'padding': 4, 'useMaxWidth': false}}}%%"
)
"""At its own size the picture scrolls on a phone; fitted to the width it could not be read."""

Edges = set[tuple[str, str]]


@cache
def imports() -> grimp.ImportGraph:
    """Return who imports whom, types included."""
    return grimp.build_graph(PACKAGE, exclude_type_checking_imports=False, cache_dir=None)


def parts_of(package: str) -> set[str]:
    """Return the direct parts of a package; that which starts the program goes without saying."""
    return {one for one in imports().find_children(package) if not one.endswith(".__main__")}


def edges_within(package: str) -> Edges:
    """Return who imports whom among the direct parts of a package, each with all below it."""
    graph, parts = imports(), parts_of(package)
    whole = {part: {part} | graph.find_descendants(part) for part in parts}
    return {
        (one, other)
        for one in parts
        for other in parts - {one}
        if any(graph.find_modules_directly_imported_by(each) & whole[other] for each in whole[one])
    }


def neighbours(edges: Edges) -> Edges:
    """Leave out each arrow whose end is reached over others."""
    after: dict[str, set[str]] = {}
    for one, other in edges:
        after.setdefault(one, set()).add(other)
    return {
        (one, other)
        for one, other in edges
        if not any(other in reached(after, between) for between in after[one] - {other})
    }


def reached(after: Mapping[str, set[str]], start: str) -> set[str]:
    """Return all that is reached from a module, the module itself left out."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = after.get(waiting.pop(), set()) - found
        found |= new
        waiting.extend(new)
    return found


def picture() -> Iterator[str]:
    """Yield the lines of the flowchart."""
    yield from ("```mermaid", OPTIONS, "flowchart TD")
    drawn = parts_of(PACKAGE)
    yield from (f"  {named(part)}" for part in sorted(drawn - set(DRAWN_WHOLE)))
    for package in DRAWN_WHOLE:
        yield f"  subgraph {short(package)}"
        yield from (f"    {named(one)}" for one in sorted(parts_of(package)))
        yield from arrows(package, "    ")
        yield "  end"
    yield from arrows(PACKAGE, "  ")
    yield "```"


def arrows(package: str, indent: str) -> Iterator[str]:
    """Yield the arrows between the direct parts of a package."""
    for one, other in sorted(neighbours(edges_within(package))):
        yield f"{indent}{box(one)} --> {box(other)}"


def short(module: str) -> str:
    """Return the name of a module without that of the whole."""
    return module.removeprefix(f"{PACKAGE}.")


def named(module: str) -> str:
    """Return a box with the last part of a module's name."""
    return f'{box(module)}["{module.rpartition(".")[2]}"]'


def box(module: str) -> str:
    """Return the name that Mermaid has for a module's box."""
    return short(module).replace(".", "_")


def modules() -> Iterator[str]:
    """Yield the lines of a table that says of each module what it is for, uppermost first."""
    graph = imports()
    names = {*parts_of(PACKAGE), *chain.from_iterable(map(parts_of, DRAWN_WHOLE))}
    after = {one: graph.find_modules_directly_imported_by(one) for one in names}
    order = sorted(names, key=lambda one: (place(one), -len(reached(after, one)), one))
    return table(("module", "what it is for"), ((f"`{short(one)}`", purpose(one)) for one in order))


def place(module: str) -> int:
    """Return where the package of a module comes in the table."""
    return next((at for at, name in enumerate(DRAWN_WHOLE, 1) if module.startswith(name)), 0)


def purpose(module: str) -> str:
    """Return the first line of a module's documentation."""
    return (importlib.import_module(module).__doc__ or "").splitlines()[0]


def pages() -> Iterator[tuple[Path, bytes]]:
    """Yield the page and what it has to hold."""
    page = CHECKOUT / "docs" / "layers.md"
    parts = {"picture": picture, "modules": modules}
    yield page, render(page.read_text(encoding="utf-8"), parts).encode()


if __name__ == "__main__":
    sys.exit(run(__doc__, pages()))
