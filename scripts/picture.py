"""Draws how streams join: an arrow from each column to the stream that it leads to, as SVG.

Mermaid's arrows begin anywhere at a box, not at their column, and its labels lie over each other.
Here every arrow begins in a line of its own, with both columns written on it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from scripts.joins import Join

LETTER, SMALL = 7.3, 6.7
"""Width of a letter, of a name and of a label."""

ROW, PAD, GAP, BEND, PORT = 22, 10, 12, 130, 12
COLOURS = ("#0d9488", "#c2570c", "#7c5cd6", "#c2356f", "#3b82c4", "#71862a", "#a3743a", "#6b7785")
"""One for each stream that is led to; each can be told from white and from black."""

STYLE = """
.joins { --ink: #1f2328; --paper: #f3f5f5; --edge: #9aa5a4; }
@media (prefers-color-scheme: dark) {
  .joins { --ink: #e6e8eb; --paper: #2a2f36; --edge: #68727d; }
}
.joins text { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.joins text { fill: var(--ink); }
.joins .label { font-size: 11px; }
.joins rect { fill: var(--paper); stroke: var(--edge); }
.joins path { fill: none; stroke-width: 1.4; }
"""


@dataclass
class Box:
    """A stream on one side of the picture.

    Attributes:
        name: Its name.
        joins: The joins that begin or end here.
        top: Where it begins.
    """

    name: str
    joins: list[Join] = field(default_factory=list)
    top: float = 0

    def height(self, line: float) -> float:
        """How much room it takes, with so much for each join."""
        return max(len(self.joins) * line, ROW) + 6


def picture(joins: Sequence[Join], title: str) -> str:
    """Return a picture of joins.

    Args:
        joins: The joins, those of one stream after each other.
        title: What is read out in the place of the picture.
    """
    sources, targets = _boxes(joins, "stream"), _boxes(joins, "other")
    bottom = _stack(sources, ROW)
    starts = {
        one: box.top + 3 + ROW * (at + 0.75) for box in sources for at, one in enumerate(box.joins)
    }
    for box in targets:
        box.joins.sort(key=lambda one: starts[one])
    targets.sort(key=lambda box: sum(starts[one] for one in box.joins) / len(box.joins))
    _spread(targets, starts)
    bottom = max(bottom, *(box.top + box.height(PORT) for box in targets))
    left = max(len(box.name) for box in sources) * LETTER + 2 * PAD
    bend = left + max(len(label(one)) for one in joins) * SMALL + 2 * PAD
    right = bend + BEND
    width = right + max(len(box.name) for box in targets) * LETTER + 2 * PAD + 2
    lines = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {bottom + 1:.0f}"',
        f'width="{width:.0f}" class="joins" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{STYLE}</style>",
        *_arrows(targets, starts, (left, bend, right)),
        *(_box(box, 1, left - 1, box.height(ROW)) for box in sources),
        *(_box(box, right, width - right - 1, box.height(PORT)) for box in targets),
        "</svg>",
    )
    return "\n".join(lines) + "\n"


def label(join: Join) -> str:
    """Return what stands on an arrow: the column here and the column there."""
    return f"{join.column} = {join.key}"


def _boxes(joins: Iterable[Join], side: str) -> list[Box]:
    found: dict[str, Box] = {}
    for one in joins:
        name = getattr(one, side)
        found.setdefault(name, Box(name)).joins.append(one)
    return list(found.values())


def _stack(boxes: Iterable[Box], line: float, top: float = 1) -> float:
    """Put boxes below each other, and return where the last one ends."""
    for box in boxes:
        box.top = top
        top += box.height(line) + GAP
    return top - GAP


def _spread(boxes: Sequence[Box], starts: dict[Join, float]) -> None:
    """Put each box beside the middle of what leads to it, but none over another."""
    bottom = max(starts.values()) + ROW
    end = 1.0
    for box in boxes:
        middle = sum(starts[one] for one in box.joins) / len(box.joins)
        box.top = max(end, middle - box.height(PORT) / 2)
        end = box.top + box.height(PORT) + GAP
    for box in reversed(boxes):
        box.top = max(1, min(box.top, bottom - box.height(PORT)))
        bottom = box.top - GAP


def _arrows(
    targets: Iterable[Box], starts: dict[Join, float], across: tuple[float, float, float]
) -> Iterator[str]:
    left, bend, right = across
    for number, box in enumerate(targets):
        colour = COLOURS[number % len(COLOURS)]
        first = box.top + box.height(PORT) / 2 - PORT * (len(box.joins) - 1) / 2
        for at, one in enumerate(box.joins):
            y, end = starts[one], first + at * PORT
            half, tip = bend + BEND / 2, right - 7
            yield (
                f'<path stroke="{colour}" d="M{left:.0f} {y:.1f}H{bend:.0f}'
                f'C{half:.0f} {y:.1f} {half:.0f} {end:.1f} {tip:.0f} {end:.1f}"/>'
                f'<path fill="{colour}" style="fill:{colour}" '
                f'd="M{right:.0f} {end:.1f}l-8 -4v8z"/>'
                f'<text class="label" x="{left + PAD:.0f}" y="{y - 4:.1f}">'
                f"{escape(label(one))}</text>"
            )


def _box(box: Box, x: float, width: float, height: float) -> str:
    return (
        f'<rect x="{x:.0f}" y="{box.top:.1f}" width="{width:.0f}" height="{height:.0f}" rx="3"/>'
        f'<text x="{x + PAD:.0f}" y="{box.top + height / 2 + 4:.1f}">{escape(box.name)}</text>'
    )
