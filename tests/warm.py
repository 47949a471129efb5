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
PLUGINS = (
    ("extractors", "tap-kombo", "tap_kombo.tap:TapKombo.cli"),
    ("loaders", "target-postgres", "target_postgres.target:TargetPostgres.cli"),
)


@functools.cache
def warm(python: str | Path, entry_point: str, name: str) -> tuple[str, ...]:
    """Return what to start in place of a program.

    Args:
        python: The interpreter that has it.
        entry_point: What it calls, such as `package.module:function`.
        name: What it takes for its own name.
    """
    folder = tempfile.TemporaryDirectory()
    address = f"{folder.name}/door"
    command = (python, "-P", HERE / "warm_host.py", address, entry_point, name)
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
    return warm(sys.executable, "tap_kombo.tap:TapKombo.cli", "tap-kombo")


class WarmProject(MeltanoProject):
    """A project whose Meltano, tap and loader are held ready."""

    @override
    def prepare(self) -> None:
        super().prepare()
        (self.folder / "warm").mkdir(exist_ok=True)
        self._hold_ready("meltano", MELTANO.with_name("python"), "meltano.cli:main")
        path = self.folder / "meltano.yml"
        plugins = path.read_text()
        for kind, name, entry_point in PLUGINS:
            python = self.folder / ".meltano" / kind / name / "venv" / "bin" / "python"
            program = self._hold_ready(name, python, entry_point)
            plugins = plugins.replace(f"executable: {name}\n", f"executable: {program}\n")
        path.write_text(plugins)

    def _hold_ready(self, name: str, python: Path, entry_point: str) -> Path:
        """Write a program that stands in for one, and return where it is."""
        program = self.folder / "warm" / name
        program.write_text(f'#!/bin/sh\nexec {shlex.join(warm(python, entry_point, name))} "$@"\n')
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
