"""Holds a program ready and becomes it whenever `warm_call.py` asks: imports take a second or two.

What it becomes is a process like any other: with its own files, folder, variables and exit. It is
run by the Python that has the program, so it imports nothing but what every Python has.
"""

from __future__ import annotations

import gc
import io
import json
import os
import select
import socket
import sys
from contextlib import suppress
from importlib import import_module
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST = 1 << 20  # bytes of arguments and variables


def become_the_program(address: str, name: str) -> None:
    """Wait for calls; each leads to a process that returns from here, to be the program."""
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(address)
        door.listen()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while sys.stdin not in select.select([door, sys.stdin], [], [])[0]:
            caller, _ = door.accept()
            if os.fork() == 0:
                break
            caller.close()
            with suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:  # those that have ended
                    pass
        else:  # whoever runs the tests has gone
            sys.exit()
    with caller:
        text, files, *_ = socket.recv_fds(caller, MOST, 3)
        while not text.endswith(b"\n"):
            text += caller.recv(MOST)
        _watch(caller, files)
    _dress(name, json.loads(text), files)


def _watch(caller: socket.socket, files: list[int]) -> None:
    """Return in a new process; this one tells the caller its number, and in the end its exit."""
    if number := os.fork():
        for file in (0, 1, 2, *files):
            os.close(file)
        caller.sendall(b"%d\n" % number)
        status = os.waitpid(number, 0)[1]
        caller.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
        os._exit(0)


def _dress(name: str, told: Mapping[str, Any], files: list[int]) -> None:
    """Take on what a new Python would have found."""
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(told["folder"])
    os.environ.clear()
    os.environ.update(told["variables"])
    exec(os.environ.pop("BEFORE_THE_PROGRAM", ""), {})  # noqa: S102 - what a test wants to be wrong
    sys.argv = [name, *told["arguments"]]
    encoding = os.environ.get("PYTHONIOENCODING", "utf-8")
    raw = bool(os.environ.get("PYTHONUNBUFFERED"))
    sys.stdin = open(0, encoding=encoding, closefd=False)  # noqa: SIM115
    sys.stdout = _text(1, encoding, "strict", raw=raw)
    sys.stderr = _text(2, encoding, "backslashreplace", raw=True)


def _text(number: int, encoding: str, errors: str, *, raw: bool) -> io.TextIOWrapper:
    file = open(number, "wb", buffering=0 if raw else -1, closefd=False)  # noqa: SIM115
    return io.TextIOWrapper(file, encoding, errors, newline="\n", write_through=raw)


if __name__ == "__main__":
    _, at, called, entry_point, *later = sys.argv
    for module in (entry_point.partition(":")[0], *later):
        import_module(module)
    gc.freeze()  # else each process touches all of it, and so copies it
    become_the_program(at, called)
    sys.exit(resolve_name(entry_point)())  # a command of the SDK is made when it is asked for
