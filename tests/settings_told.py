"""What is said of settings, for the tests of settings and of how they are read."""

from __future__ import annotations

from typing import Any

from tap_kombo.complaints import complaints
from tap_kombo.config import read
from tap_kombo.tap import TapKombo

SETTINGS = TapKombo.config_jsonschema
TapKombo.append_builtin_config(SETTINGS)
GOOD = {"api_key": "ks_dev_1", "integration_ids": ["greenhouse:demo"]}
SECRET = "jane"
"""Part of each value that must not be quoted."""


def told(**settings: object) -> list[str]:
    """What is said of a configuration; each mistake is one line without the value."""
    lines = list(complaints(read(GOOD | settings, SETTINGS), SETTINGS))
    assert [line for line in lines if not line.isprintable() or SECRET in line] == []
    return lines


def meant(name: str, value: object) -> Any:  # noqa: ANN401
    """A setting as it is read."""
    assert told(**{name: value}) == [], short(value)
    return read(GOOD | {name: value}, SETTINGS).get(name)


def refused(name: str, value: object) -> str:
    """What is said of a wrong value."""
    lines = told(**{name: value})
    assert [line.startswith(f"Setting '{name}'") for line in lines] == [True], short(value)
    return lines[0]


def short(value: object) -> str:
    """A value as the name of a test."""
    return ascii(value)[:40]
