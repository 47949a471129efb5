"""Writes files that follow from others, or tells which are not current."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

CHECKOUT = Path(__file__).parent.parent


def run(description: str | None, files: Iterable[tuple[Path, bytes]]) -> int:
    """Read the command line of a script and do as it says.

    Args:
        description: What the script is for.
        files: Each file that the script writes, and what it has to hold.

    Returns:
        0, or 1 if `--check` was given and a file is not current.
    """
    return write(files, check=options(description).parse_args().check)


def options(description: str | None) -> argparse.ArgumentParser:
    """Return what every script understands.

    Args:
        description: What the script is for.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--check", action="store_true", help="change nothing")
    return parser


def write(files: Iterable[tuple[Path, bytes]], *, check: bool) -> int:
    """Write files, or tell which are not current.

    Args:
        files: Each file, and what it has to hold.
        check: Whether to change nothing.

    Returns:
        0, or 1 if nothing may be changed and a file is not current.
    """
    script = Path(sys.argv[0]).name
    outdated = [
        (file, wanted) for file, wanted in files if not file.exists() or file.read_bytes() != wanted
    ]
    for file, wanted in outdated:
        if check:
            print(f"{file.name} is not current: run `python scripts/{script}`.", file=sys.stderr)
        else:
            file.write_bytes(wanted)
    return int(check and bool(outdated))
