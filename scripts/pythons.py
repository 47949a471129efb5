"""Runs every check and every test on each Python that the tap supports and this machine has."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SUPPORTED = ("3.11", "3.12", "3.13", "3.14")
CHECKOUT = Path(__file__).parent.parent


def main() -> int:
    """Test on each, and tell which were not there."""
    found = {version: interpreter(version) for version in SUPPORTED}
    results = {version: _tested(python) for version, python in found.items() if python}
    for version in SUPPORTED:
        print(f"Python {version}: {results.get(version, 'not installed')}")
    return 0 if results and set(results.values()) == {"passed"} else 1


def interpreter(version: str) -> Path | None:
    """Find an interpreter of a version, on the path or among those of pyenv.

    Args:
        version: Such as `3.13`.

    Returns:
        Its path; `None` if there is none that runs.
    """
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [*versions.glob(f"{version}.*/bin/python"), shutil.which(f"python{version}")]
    return next((Path(one) for one in candidates if one and _version(one) == version), None)


def _version(python: str | Path) -> str:
    code = "import sys; print(*sys.version_info[:2], sep='.')"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout.strip()


def _tested(python: Path) -> str:
    """Run `make test` in a copy of what git knows, so that the venvs here stay as they are.

    It lies beside the checkout, where it finds what the checkout does.
    """
    print(f"--- {python}", flush=True)
    stashed = _git("stash", "create") or "HEAD"
    with tempfile.TemporaryDirectory(prefix="tap-kombo-", dir=CHECKOUT.parent) as copy:
        _git("worktree", "add", "--quiet", "--detach", copy, stashed)
        try:
            make = ["make", "test", f"PYTHON={python}"]
            done = subprocess.run(make, cwd=copy, check=False)  # noqa: S603
        finally:
            _git("worktree", "remove", "--force", copy)
    return "failed" if done.returncode else "passed"


def _git(*arguments: str | Path) -> str:
    command = ["git", "-C", CHECKOUT, *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()  # noqa: S603


if __name__ == "__main__":
    sys.exit(main())
