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
    """What decides where the passes of a stream begin.

    Attributes:
        question: What they store.
        incremental: Whether the endpoint knows `updated_after`.
        always_full: Whether the user forces `FULL_TABLE`.
        lookback: How far an incremental pass reaches back behind its bookmark.
        full_pass_interval: Within it one full pass follows another; zero is never.
        pass_interval: Within it one pass follows another; zero lets every run read the model.
        page_size: Records per request; a cursor may depend on it.
        resumable: Whether an interrupted pass may go on in a later run.
        former_parameters: The hash that earlier versions kept in place of a question.
    """

    question: Question
    incremental: bool
    lookback: pendulum.Duration
    full_pass_interval: pendulum.Duration
    pass_interval: pendulum.Duration
    page_size: int
    always_full: bool = False
    resumable: bool = True
    former_parameters: str = ""

    @property
    def start_date(self) -> pendulum.DateTime | None:
        """Lower bound of a full pass."""
        text = self.question.start_date
        return to_moment(text) if text else None
