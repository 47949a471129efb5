"""What decides where the passes of a stream begin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_kombo.api.timestamps import to_moment

if TYPE_CHECKING:
    import pendulum

    from tap_kombo.replication.question import Question


@dataclass(frozen=True)
class Policy:
    """What decides where the passes of a stream begin."""

    question: Question
    incremental: bool  # whether the endpoint knows `updated_after`
    lookback: pendulum.Duration  # how far an incremental pass reaches back behind its bookmark
    full_pass_interval: pendulum.Duration  # within it a full pass follows another; zero is never
    pass_interval: pendulum.Duration  # within it a pass follows another; zero is in every run
    page_size: int  # a cursor may depend on it
    always_full: bool = False  # whether the user forces `FULL_TABLE`
    resumable: bool = True  # whether an interrupted pass may go on in a later run
    former_parameters: str = ""  # the hash that earlier versions kept in place of a question

    @property
    def start_date(self) -> pendulum.DateTime | None:
        """Lower bound of a full pass."""
        text = self.question.start_date
        return to_moment(text) if text else None
