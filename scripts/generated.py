"""Writes a file that follows from others, or tells that it is not current."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

CHECKOUT = Path(__file__).parent.parent


def run(file: Path, description: str | None, make: Callable[[], bytes]) -> int:
    """Read the command line of a script and do as it says.

    Args:
        file: What the script writes.
        description: What the script is for.
        make: Returns what the file has to hold.

    Returns:
        0, or 1 if `--check` was given and the file is not current.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--check", action="store_true", help="change nothing")
    check = parser.parse_args().check
    wanted = make()
    if file.exists() and file.read_bytes() == wanted:
        return 0
    if check:
        script = Path(sys.argv[0]).name
        print(f"{file.name} is not current: run `python scripts/{script}`.", file=sys.stderr)
        return 1
    file.write_bytes(wanted)
    return 0
