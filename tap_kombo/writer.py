"""Writes Singer messages to standard output."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.singerlib import RecordMessage
from typing_extensions import override

if TYPE_CHECKING:
    from singer_sdk.singerlib.encoding.simple import Message


class OutputError(Exception):
    """Nothing can be written any more, most often as the loader has ended."""


CHUNK_BYTES = 1 << 16


def wait_for_readers() -> None:
    """Let each write wait until there is room for it.

    On a pipe that does not block, as some runners open them, Python loses what finds no room.
    """
    if sys.stdout is None or sys.stderr is None:  # as Python has it of one that is closed
        sys.exit("tap-kombo: standard output or standard error is closed.")
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # what stands in for it in a test has no number
            os.set_blocking(stream.fileno(), True)


class BufferedWriter(MsgSpecWriter):
    """Lets records wait for each other, as a system call for each would take longer than the rest.

    Any other message, such as the state that confirms records, goes out at once, behind them.
    Python's own buffer will not do: the variable `PYTHONUNBUFFERED`, usual in containers, has none.
    """

    def __init__(self) -> None:
        """Begin with nothing waiting."""
        self._waiting = bytearray()

    @override
    def write_message(self, message: Message) -> None:
        self._waiting += self.format_message(message)
        if not isinstance(message, RecordMessage) or len(self._waiting) >= CHUNK_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write out all that waits, if anything does.

        Raises:
            OutputError: If nothing can be written any more.
        """
        if not self._waiting:
            return
        try:
            while self._waiting:  # without a buffer a signal may leave a write half done, or undone
                del self._waiting[: sys.stdout.buffer.write(self._waiting) or 0]
            sys.stdout.flush()
        except OSError as error:
            raise _told(error) from None


class SilentWriter(BufferedWriter):
    """Writes no record: a test of the connection shows nobody's data to whoever looks on."""

    @override
    def write_message(self, message: Message) -> None:
        if not isinstance(message, RecordMessage):
            super().write_message(message)


def _told(error: OSError) -> OutputError:
    """Say what happened, and let what is still buffered go nowhere, so that Python can end."""
    with suppress(OSError, ValueError):  # what stands in for it in a test has no number
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    what = error.strerror
    if isinstance(error, BrokenPipeError):
        what = "the loader has ended. The cause is in the loader's own lines above"
    return OutputError(
        f"Standard output cannot be written: {what}. The next run continues from the last "
        "state that the loader has confirmed."
    )
