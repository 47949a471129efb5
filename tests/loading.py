"""Loads what a run has sent as Meltano would, without the time that Meltano takes."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scripts.meltano_project import MeltanoProject

PREFIX = "TARGET_POSTGRES_"


def load(project: MeltanoProject, lines: bytes) -> None:
    """Let target-postgres read Singer messages.

    Args:
        project: The project whose loader and settings are used.
        lines: The messages, one a line.
    """
    target: dict[str, Any] = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in project.settings.items()
        if name.startswith(PREFIX)
    }
    config = project.folder / "target.json"
    config.write_text(json.dumps(target | {"port": int(target["port"])}))
    command = [str(project.loader), f"--config={config}"]
    done = subprocess.run(command, input=lines, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
