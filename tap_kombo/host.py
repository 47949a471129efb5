"""What streams, a run and the doctor need of the tap, so that the tap can know them all."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Protocol

from tap_kombo.sdk import SeamTap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_kombo.api.kombo import Kombo
    from tap_kombo.replication.report import Report
    from tap_kombo.sdk import SeamStream


class CurrentRun(Protocol):
    """What a stream needs of the run.

    Attributes:
        kombo: Who answers.
        report: Where it is counted what was read.
    """

    kombo: Kombo
    report: Report

    def write_until_done(self, stream: Any) -> None:  # noqa: ANN401 - a stream of the run
        """Write pages as they come, of any stream, until the last pass of one has ended."""

    def sample(self, stream: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401
        """Yield records of one stream as long as they are wanted, and write nothing."""

    def is_exhaustive(self, stream: Any) -> bool:  # noqa: ANN401
        """Return whether every configured integration was read in full, with current data."""


class HostTap(SeamTap):
    """The tap as those see it that it is made of.

    Attributes:
        configured_ids: All configured integrations, each once.
        integration_ids: The integrations that this run reads.
        run: The run.
    """

    configured_ids: Sequence[str]
    integration_ids: Sequence[str]
    run: CurrentRun

    @property
    @abstractmethod
    def url(self) -> str:
        """Base URL of the API."""

    @property
    @abstractmethod
    def user_agent(self) -> str:
        """Who asks, in each request."""

    @property
    @abstractmethod
    def headers(self) -> dict[str, str]:
        """Headers of the requests that belong to no stream."""

    @abstractmethod
    def stream(self, name: str) -> Any:  # noqa: ANN401 - a stream of the tap
        """Return a stream by its name."""

    @abstractmethod
    def end_after(self, stream: SeamStream) -> None:
        """End the run after the last stream."""

    @abstractmethod
    def forget_run(self) -> None:
        """Let whatever is read next be a run of its own."""

    @abstractmethod
    def flush(self) -> None:
        """Write out all messages that wait."""
