"""A Meltano project apart from the user's: `meltano.yml` as it is, plugins and state of its own."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

CHECKOUT = Path(__file__).resolve().parent.parent
MELTANO = CHECKOUT / ".venv-meltano" / "bin" / "meltano"
PROGRAMS = f"{CHECKOUT}/.venv-meltano/bin{os.pathsep}{CHECKOUT}/.venv/bin"
"""What the README puts in front of `PATH`, so that pages name Meltano and the tap without it."""

STATE_ID = "dev:tap-kombo-to-target-postgres"


class MeltanoError(Exception):
    """A Meltano command failed; the message ends with the last lines of its log."""


@dataclass(frozen=True)
class MeltanoProject:
    """A project in a folder of its own that runs the tap of this checkout.

    Attributes:
        folder: Where the project lives. Its plugins stay there for the next time.
        settings: Environment variables for the plugins, such as `TAP_KOMBO_API_KEY`.
            No other variable of the tap, the loaders or Meltano reaches the project.
    """

    folder: Path
    settings: Mapping[str, str] = field(repr=False)

    @property
    def log(self) -> Path:
        """File with all that Meltano and its plugins had to say."""
        return self.folder / "meltano.log"

    @property
    def loader(self) -> Path:
        """The program target-postgres, once it is installed."""
        venv = self.folder / ".meltano" / "loaders" / "target-postgres" / "venv"
        return venv / "bin" / "target-postgres"

    def prepare(self) -> None:
        """Install the plugins if that has not been done, and forget the state and log of before.

        Raises:
            MeltanoError: If the plugins cannot be installed.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        for leftover in (self.log, self.folder / ".meltano" / "meltano.db"):
            leftover.unlink(missing_ok=True)
        wanted = (CHECKOUT / "meltano.yml").read_text()
        tap = os.path.relpath(CHECKOUT, self.folder)
        (self.folder / "meltano.yml").write_text(
            wanted.replace("pip_url: -e .", f"pip_url: -e {tap}")
        )
        installed = self.folder / "installed.txt"
        wanted += (CHECKOUT / "pyproject.toml").read_text()
        if not installed.exists() or installed.read_text() != wanted:
            self.run("install", "tap-kombo", "target-postgres")
            installed.write_text(wanted)

    def run(self, *command: str) -> str:
        """Run a Meltano command in this project.

        Args:
            command: What follows `meltano` on the command line.

        Returns:
            The command's standard output.

        Raises:
            MeltanoError: If it does not exit with 0.
        """
        with self.log.open("a") as log:
            done = subprocess.run(  # noqa: S603 - the callers are the demo and the tests
                ["meltano", *command],  # noqa: S607 - that of the environment
                check=False,
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        if done.returncode:
            tail = "\n".join(self.log.read_text().splitlines()[-30:])
            msg = f"meltano {' '.join(command)} ended with exit code {done.returncode}:\n{tail}"
            raise MeltanoError(msg)
        return done.stdout

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a Meltano command and do not wait for its end.

        Args:
            command: What follows `meltano` on the command line.

        Returns:
            The process. It leads a process group that holds its plugins too; all output is in
            the log.
        """
        with self.log.open("a") as log:
            return subprocess.Popen(  # noqa: S603 - the callers are tests
                ["meltano", *command],  # noqa: S607 - that of the environment
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def load(self) -> None:
        """Run the tap into PostgreSQL.

        Raises:
            MeltanoError: If the run fails.
        """
        self.run("run", "tap-kombo", "target-postgres")

    def bookmarks(self, stream: str) -> dict[str, str]:
        """Return the bookmarks of a stream as Meltano has stored them.

        Args:
            stream: Name of the stream.

        Returns:
            For each integration the moment, in ISO 8601, at which its last complete pass began.

        Raises:
            MeltanoError: If there is no state.
        """
        state: dict[str, Any] = json.loads(self.run("--environment=dev", "state", "get", STATE_ID))
        return {
            one["context"]["integration_id"]: one["replication_key_value"]
            for one in state["singer_state"]["bookmarks"][stream]["partitions"]
            if "replication_key_value" in one
        }

    @property
    def environment(self) -> dict[str, str]:
        """What its commands see of the environment."""
        foreign = ("MELTANO_", "TAP_", "TARGET_")
        env = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        env["PATH"] = f"{PROGRAMS}{os.pathsep}{env['PATH']}"
        return env | {"MELTANO_PROJECT_ROOT": str(self.folder), "NO_COLOR": "1", **self.settings}
