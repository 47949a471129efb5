"""Stands in for a program: `warm_host.py` starts it; passes signals on, and ends as it does."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from contextlib import suppress

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def pass_on(number: int, _: object) -> None:
    """Send a signal to the program, unless it has ended by now."""
    with suppress(ProcessLookupError):
        os.kill(program, number)


signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # until it is known whom they are for
with socket.socket(socket.AF_UNIX) as line:
    line.connect(sys.argv[1])
    told = {"arguments": sys.argv[2:], "folder": os.getcwd(), "variables": dict(os.environ)}  # noqa: PTH109
    socket.send_fds(line, [json.dumps(told).encode() + b"\n"], [0, 1, 2])
    answers = line.makefile()
    program = int(answers.readline())
    for one in SIGNALS:
        signal.signal(one, pass_on)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    for file in (0, 1, 2):
        os.close(file)  # else a reader would wait for this one too
    code = int(answers.readline())
if code < 0:
    signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
os._exit(code)
