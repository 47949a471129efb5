"""Runs `tap-kombo --doctor` in the test's process."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from support import KEY, Kombo, catalog

from tap_kombo.tap import TapKombo

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Doctor:
    """Runs `tap-kombo --doctor` in this process.

    Attributes:
        kombo: The emulator.
        folder: Where the settings, the catalog and the state are written.
        output: What is printed.
        logged: What is logged.
    """

    kombo: Kombo
    folder: Path
    output: pytest.CaptureFixture[str]
    logged: pytest.LogCaptureFixture
    exit_code: int | str | None = None

    def __call__(
        self,
        *integrations: str,
        streams: tuple[str, ...] = (),
        state: dict[str, Any] | None = None,
        **settings: object,
    ) -> str:
        """Return what it prints."""
        config = {"api_key": KEY, "integration_ids": list(integrations), "api_url": self.kombo.url}
        arguments = ["--doctor", f"--config={self._file('config', config | settings)}"]
        if streams:
            arguments.append(f"--catalog={self._file('catalog', catalog(*streams))}")
        if state is not None:
            arguments.append(f"--state={self._file('state', state)}")
        with pytest.raises(SystemExit) as ended:
            TapKombo.get_singer_command().main(arguments)
        self.exit_code = ended.value.code
        return self.output.readouterr().out

    def _file(self, name: str, content: dict[str, Any]) -> Path:
        file = self.folder / f"{name}.json"
        file.write_text(json.dumps(content))
        return file

    @property
    def errors(self) -> list[str]:
        """What was logged as an error."""
        return [one.getMessage() for one in self.logged.records if one.levelno >= logging.ERROR]

    @property
    def asked(self) -> list[str]:
        """The paths of all requests."""
        return [one.path for one in self.kombo.emulator.requests]
