"""Kombo's Unified API in memory, for tests, demonstrations and benchmarks.

It follows what is known of Kombo; of the tap it takes the table of endpoints, the schemas and the
foreign keys only.

    emulator = Emulator()
    ats = emulator.add_integration("greenhouse:demo")
    with serve(emulator) as url:
        ...

- `table` says which models there are, what is nested in what, and how lists are filtered;
- `made` makes records up, `store` keeps and changes them, `lists` cuts them into pages;
- `integration` is one customer's tool, `emulator` answers for all of them;
- `server` puts it on a port, and `faults` has all that can go wrong on the way;
- `behaviour` switches between the readings of what Kombo does not document.
"""

from __future__ import annotations

from kombo_emulator.behaviour import Behaviour
from kombo_emulator.emulator import Emulator
from kombo_emulator.exchange import Received
from kombo_emulator.integration import Integration
from kombo_emulator.server import serve
from kombo_emulator.size import Size

__all__ = [
    "Behaviour",
    "Emulator",
    "Integration",
    "Received",
    "Size",
    "serve",
]
