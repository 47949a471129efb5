"""Proves that the tests can fail: breaks the tap in each way of `mutations.toml`, and runs them.

Run with `make mutations`; words after `python -m scripts.mutations` choose defects by their names.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).parent.parent
LIST = Path(__file__).with_suffix(".toml")
PASSED, FAILED = 0, 1
"""Exit codes of pytest; any other says that nothing was shown."""


@dataclass(frozen=True)
class Defect:
    """A text of the tap that is replaced by a wrong one.

    Attributes:
        name: What is wrong with it.
        file: Where it stands.
        old: The text.
        new: What stands there instead.
        tests: Modules of which at least one test has to fail.
    """

    name: str
    file: str
    old: str
    new: str
    tests: list[str]

    def applied(self, checkout: Path) -> str:
        """Return the file with the defect.

        Args:
            checkout: Where the file is.

        Raises:
            ValueError: If the text does not stand there, or more than once.
        """
        text = (checkout / self.file).read_text()
        if (times := text.count(self.old)) != 1:
            msg = f"{self.name}: the text stands in {self.file} {times} times, not once."
            raise ValueError(msg)
        return text.replace(self.old, self.new)


def defects() -> list[Defect]:
    """Return all defects of the list."""
    return [Defect(**one) for one in tomllib.loads(LIST.read_text())["defect"]]


def outcome(modules: list[str], defect: Defect | None = None) -> tuple[int, str, float]:
    """Run some test modules in a copy of the checkout.

    Args:
        modules: Their names.
        defect: What is wrong in the copy.

    Returns:
        The exit code, the last line that says something, and the seconds.
    """
    listing = ("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    names = subprocess.run(  # noqa: S603
        listing, cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in filter(None, names.stdout.split("\0")):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(CHECKOUT / name, copy / name)
        if defect:
            (copy / defect.file).write_text(defect.applied(CHECKOUT))
        quick = ("-x", "-q", "-p", "no:cacheprovider", "--timeout", "60", "-m", "not system")
        paths = (f"tests/{one}.py" for one in modules)
        began = time.monotonic()
        done = subprocess.run(  # noqa: S603
            (sys.executable, "-m", "pytest", *quick, *paths),
            cwd=copy,
            env=os.environ | {"PYTHONPATH": str(copy)},
            capture_output=True,
            text=True,
            check=False,
        )
    lines = [
        one for one in done.stdout.splitlines() if one.startswith(("FAILED tests", "ERROR tests"))
    ]
    told = lines[0].partition(" - ")[0] if lines else (done.stdout + done.stderr)[-2000:]
    return done.returncode, told, time.monotonic() - began


def main(words: list[str]) -> int:
    """Try the defects whose names hold one of some words; return an exit code."""
    chosen = [one for one in defects() if not words or any(word in one.name for word in words)]
    code, told, _ = outcome(sorted({module for one in chosen for module in one.tests}))
    if code != PASSED:
        print(f"The tests fail without any defect.\n{told}")
        return 1
    survived = 0
    with ThreadPoolExecutor(os.cpu_count()) as workers:
        found = workers.map(lambda one: outcome(one.tests, one), chosen)
        for one, (code, told, seconds) in zip(chosen, found, strict=True):
            survived += code != FAILED
            print(f"{'caught' if code == FAILED else 'SURVIVED'} {seconds:5.1f} s  {one.name}")
            print(f"    {told.removeprefix('FAILED ')}" if code != PASSED else "", flush=True)
    print(f"{len(chosen) - survived} of {len(chosen)} defects are caught.")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
