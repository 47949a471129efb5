"""What must not be told by anything but RECORD messages."""

from __future__ import annotations

import re
from functools import cache

from support import KEY

from kombo_emulator.pools import pools


@cache
def _private() -> re.Pattern[str]:
    """The key, every e-mail address of the emulator, and every name of a person."""
    people = pools(1)
    names = {name for name, _ in people.first_names + people.last_names}
    return re.compile(rf"{KEY}|[\w.+-]+@example\.\w+|\b(?:{'|'.join(map(re.escape, names))})\b")


def leaks(text: str) -> list[str]:
    """What of a text is a secret or personal data."""
    return sorted(set(_private().findall(text)))
