"""Which lines a user reads: the tap's own, and one of progress that is rewritten on a terminal."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import singer_sdk
from singer_sdk import metrics
from typing_extensions import override

if TYPE_CHECKING:
    import requests
    from singer_sdk import RESTStream

_SDK = str(Path(singer_sdk.__file__).parent)
_UNHANDLED = "An unhandled error occurred while syncing"
_CLEAR = "\r\x1b[K"

LOG_REFUSED = (
    "the log cannot be set up. TAP_KOMBO_LOGLEVEL, or else LOGLEVEL, has to be DEBUG, INFO, "
    "WARNING, ERROR or CRITICAL; SINGER_SDK_LOG_CONFIG has to be a file for Python's `dictConfig`"
)
"""What is told if the SDK does not take these variables, which it reads before all else."""


class OwnLines(logging.Filter):
    """Keeps back what the SDK tells of its own steps, unless the level is DEBUG.

    That is several lines a stream in every run, and one says "bookmark value: None" where there
    is a bookmark for each integration. Warnings and errors pass, but for the one that calls
    unhandled what the tap's own last line explains.
    """

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        if not record.pathname.startswith(_SDK):
            return True
        misleads = record.levelno == logging.INFO or str(record.msg).startswith(_UNHANDLED)
        return not misleads or logging.getLogger().isEnabledFor(logging.DEBUG)


class StatusLine(logging.Filter):
    """The last line of a terminal: it is rewritten, and gives way to what is logged."""

    def __init__(self, terminal: TextIO) -> None:
        """Show nothing yet."""
        super().__init__()
        self._terminal = terminal
        self._is_shown = False

    def show(self, text: str) -> None:
        """Write the line, in place of the last one."""
        with suppress(OSError):  # the terminal may be gone, and the run goes on
            columns = os.get_terminal_size(self._terminal.fileno()).columns
            self._write(_CLEAR + text[: columns - 1])  # one that wraps cannot be rewritten
            self._is_shown = True

    def clear(self) -> None:
        """Take the line away."""
        if self._is_shown:
            self._is_shown = False
            with suppress(OSError):
                self._write(_CLEAR)

    def _write(self, text: str) -> None:
        self._terminal.write(text)
        self._terminal.flush()

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        self.clear()
        return True


def quieten() -> None:
    """Let the standard log pass the tap's own lines only; other handlers get what there is."""
    for handler in _standard_handlers():
        handler.addFilter(OwnLines())


def status_line() -> StatusLine | None:
    """Return a line for progress; none if nobody looks, or if records go to the same terminal."""
    if not sys.stderr.isatty() or sys.stdout.isatty():
        return None
    line = StatusLine(sys.stderr)
    for handler in _standard_handlers():
        handler.addFilter(line)
    return line


def _standard_handlers() -> list[logging.Handler]:
    """Return those that the SDK and Meltano set up."""
    return [one for one in logging.getLogger().handlers if type(one) is logging.StreamHandler]


def log_duration(stream: RESTStream[Any], integration_id: str, response: requests.Response) -> None:
    """Log the SDK's metric of one request, for whoever wants to see each."""
    if not stream.metrics_logger.isEnabledFor(logging.DEBUG):
        return
    status = metrics.Status.SUCCEEDED if response.ok else metrics.Status.FAILED
    point = metrics.Point(
        "timer",
        metric=metrics.Metric.HTTP_REQUEST_DURATION,
        value=response.elapsed.total_seconds(),
        tags={
            metrics.Tag.STREAM: stream.name,
            metrics.Tag.ENDPOINT: stream.path,
            metrics.Tag.HTTP_STATUS_CODE: response.status_code,
            metrics.Tag.STATUS: status,
            metrics.Tag.CONTEXT: {"integration_id": integration_id},
        },
    )
    stream.metrics_logger.debug("METRIC: %s", point)
