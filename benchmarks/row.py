"""A line of the table that the benchmark prints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.measure import Run

COLUMNS = ("what", "wall", "CPU", "peak memory", "figure", "goal", "")
HEADER = f"| {' | '.join(COLUMNS)} |\n|{' --- |' * len(COLUMNS)}"


@dataclass(frozen=True)
class Row:
    """One thing that was measured.

    Attributes:
        what: What it is.
        run: The processes, if it was some.
        figure: What the goal is about, mostly a ratio.
        goal: What is to be reached; empty for none.
        reached: Whether it is.
    """

    what: str
    run: Run | None = None
    figure: str = ""
    goal: str = ""
    reached: bool = True

    def __str__(self) -> str:
        """As a line in Markdown."""
        cells = ("", "", "")
        if run := self.run:
            cells = (f"{run.wall:.2f} s", f"{run.cpu:.2f} s", f"{run.memory:.0f} MB")
        mark = ("reached" if self.reached else "MISSED") if self.goal else ""
        return f"| {' | '.join((self.what, *cells, self.figure, self.goal, mark))} |"


def at_most(what: str, run: Run, base: Run, most: float, than: str = "the bare loop") -> Row:
    """Compare the wall time of a run with another's."""
    ratio = run.wall / base.wall
    return Row(what, run, f"{ratio:.2f} x {than}", f"at most {most} x", ratio <= most)
