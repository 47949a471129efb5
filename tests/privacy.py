"""What must not be told by anything but RECORD messages."""

from __future__ import annotations

import logging
import re
from functools import cache

from support import KEY
from typing_extensions import override

from kombo_emulator.made.draw import pools

_SECRETS = re.compile(rf"{KEY}|[\w.+-]+@example\.\w+")
_WORDS = re.compile(r"\w+")


@cache
def _names() -> frozenset[str]:
    """Every name of a person in the emulator's records."""
    people = pools(1)
    return frozenset(name for name, _ in people.first_names + people.last_names)


def leaks(text: str) -> list[str]:
    """What of a text is the key, an e-mail address or a person's name."""
    return sorted({*_SECRETS.findall(text), *(_names() & set(_WORDS.findall(text)))})


class Listener(logging.Handler):
    """Hears every log line, stack traces included, and keeps what must not be in it.

    Attributes:
        heard: What was heard so far.
    """

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        _names()  # Faker logs while it makes them
        self.heard: list[str] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.heard += leaks(self.format(record))
