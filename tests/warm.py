"""Programs that are held ready: the same as when they are started, without what imports take."""

from __future__ import annotations

import atexit
import functools
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from typing_extensions import override

from scripts.meltano_project import MELTANO, MeltanoProject

HERE = Path(__file__).parent
TAP = ("tap-kombo", "tap_kombo.tap:TapKombo.cli")
LOADER = ("target-postgres", "target_postgres.target:TargetPostgres.cli", "psycopg", "zoneinfo")
"""Name and entry point of a plugin, and the modules that it imports once it runs."""

MIGRATIONS = ("alembic.command", "pygments.lexers", "sqlalchemy.dialects.sqlite.pysqlite")
"""What Meltano imports once it runs, to look after its own database."""


@functools.cache
def warm(python: str | Path, name: str, entry_point: str, *later: str) -> tuple[str, ...]:
    """Return what to start in place of a program.

    Args:
        python: The interpreter that has it.
        name: What it takes for its own name.
        entry_point: What it calls, such as `package.module:function`.
        later: Modules that it imports once it runs.
    """
    folder = tempfile.TemporaryDirectory()
    address = f"{folder.name}/door"
    command = (python, "-P", HERE / "warm_host.py", address, name, entry_point, *later)
    host = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    @atexit.register
    def end() -> None:
        host.communicate()
        folder.cleanup()

    assert host.stdout
    assert host.stdout.readline() == b"ready\n"
    return (sys.executable, "-SE", str(HERE / "warm_call.py"), address)


def warm_tap() -> tuple[str, ...]:
    """What to start in place of the `tap-kombo` of the checkout."""
    return warm(sys.executable, *TAP)


class WarmProject(MeltanoProject):
    """A project whose Meltano, tap and loader are held ready."""

    @override
    def prepare(self) -> None:
        (self.folder / "warm").mkdir(parents=True, exist_ok=True)
        python = MELTANO.with_name("python")
        self._hold_ready(python, "meltano", "meltano.cli:main", *MIGRATIONS)
        super().prepare()
        path = self.folder / "meltano.yml"
        plugins = path.read_text()
        for kind, (name, *imported) in (("extractors", TAP), ("loaders", LOADER)):
            python = self.folder / ".meltano" / kind / name / "venv" / "bin" / "python"
            program = self._hold_ready(python, name, *imported)
            plugins = plugins.replace(f"executable: {name}\n", f"executable: {program}\n")
        path.write_text(plugins)

    def _hold_ready(self, python: Path, name: str, *imported: str) -> Path:
        """Write a program that stands in for one, and return where it is."""
        program = self.folder / "warm" / name
        program.write_text(f'#!/bin/sh\nexec {shlex.join(warm(python, name, *imported))} "$@"\n')
        program.chmod(0o755)
        return program

    @property
    @override
    def loader(self) -> Path:
        return self.folder / "warm" / "target-postgres"

    @property
    @override
    def environment(self) -> dict[str, str]:
        cold = super().environment
        return cold | {"PATH": f"{self.folder / 'warm'}{os.pathsep}{cold['PATH']}"}
