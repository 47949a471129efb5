"""The pictures of docs/dbt.md: each is drawn from the result of the SQL above it, as text.

Mermaid draws them, as all diagrams of the pages, so that no font and no library decides whether
one is current. `.venv/bin/pytest tests/test_dbt.py --snapshot-update` writes them anew.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from scripts.meltano_project import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE = CHECKOUT / "docs" / "dbt.md"
PICTURE = re.compile(r"## ([^\n]+)\n.*?```sql\n(.*?)```\n\n```mermaid\n(.*?)```", re.DOTALL)
PICTURES = {title: query for title, query, _ in PICTURE.findall(PAGE.read_text())}


def drawn(title: str) -> str:
    """What the page shows under a heading."""
    found: dict[str, str] = {one: here for one, _, here in PICTURE.findall(PAGE.read_text())}
    return found[title]


def redraw(title: str, picture: str) -> None:
    """Put a picture in the place of the one under a heading."""

    def renewed(found: re.Match[str]) -> str:
        if found[1] != title:
            return found[0]
        return found[0].removesuffix(f"{found[3]}```") + f"{picture}```"

    PAGE.write_text(PICTURE.sub(renewed, PAGE.read_text()))


def draw(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A chart of a result: labels, then a column of bars, then columns of lines."""
    labels, *series = zip(*rows, strict=True)
    axis, what = ", ".join(f'"{one}"' for one in labels), ", ".join(names[1:])
    lines = ["xychart-beta", f"    x-axis [{axis}]", f'    y-axis "{what}"']
    for kind, values in zip(["bar", *["line"] * len(series)], series, strict=False):
        lines.append(f"    {kind} [{', '.join(f'{float(one):g}' for one in values)}]")
    return "".join(f"{line}\n" for line in lines)
