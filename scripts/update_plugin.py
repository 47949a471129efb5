"""Write plugin.yaml, the tap's page on Meltano Hub.

    python scripts/update_plugin.py [--check]

Most of it is what `tap-kombo --about` says; the selection is that of meltano.yml.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import yaml

from scripts.generated import CHECKOUT, run

if TYPE_CHECKING:
    from collections.abc import Mapping

PLUGIN = CHECKOUT / "plugin.yaml"
HEADER = "# Written by `python scripts/update_plugin.py`.\n"
HUB: Mapping[str, Any] = {
    "description": "One API for the data of HR, recruiting and learning systems",
    "domain_url": "https://www.kombo.dev/",
    "keywords": ["api", "ats", "hris", "lms", "meltano_sdk"],
    "label": "Kombo",
    "log_parser": "singer-sdk",
    "logo_url": "/assets/logos/extractors/kombo.png",
    "maintenance_status": "beta",
    "prereq": "A Kombo API key, and the ID of each integration to read.",
    "quality": "silver",
    "usage": (
        "`meltano invoke tap-kombo --doctor` tells which integrations and streams can be read."
    ),
    "variant": "tap-kombo",
}
"""What only the Hub wants to know; the variant is the account that the repository belongs to."""


def build(about: Mapping[str, Any], extractor: Mapping[str, Any]) -> dict[str, Any]:
    """Return the definition of the plugin.

    Args:
        about: What `--about --format=json` prints.
        extractor: The tap's entry in meltano.yml.
    """
    settings = about["settings"]
    return {
        **HUB,
        "name": about["name"],
        "namespace": extractor["namespace"],
        "executable": extractor["executable"],
        "pip_url": about["name"],
        "capabilities": sorted(about["capabilities"]),
        "select": extractor["select"],
        "settings": [setting(name, one) for name, one in settings["properties"].items()],
        "settings_group_validation": [settings["required"]],
        "supported_python_versions": about["supported_python_versions"],
    }


def setting(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a setting as the Hub describes it.

    Args:
        name: Its name.
        schema: Its JSON Schema.
    """
    described = {
        "name": name,
        "kind": kind(schema),
        "label": schema["title"],
        "description": schema["description"],
    }
    if "default" in schema:
        described["value"] = schema["default"]
    if schema.get("secret"):
        described["sensitive"] = True
    return described


def kind(schema: Mapping[str, Any]) -> str:
    """Return the kind that lets a wrong value through to the tap, which refuses it in one line.

    With `boolean` Meltano takes `ture` for false without a word; `array` would refuse `a,b`; for a
    wrong `integer` or one of `options` it ends with a stack trace.
    """
    if schema.get("format") == "date-time":
        return "date_iso8601"
    types = schema["type"]
    return "object" if "object" in types and "string" not in types else "string"


def render() -> bytes:
    """Return the file, with sorted keys as in the Hub."""
    command = [sys.executable, "-m", "tap_kombo", "--about", "--format=json"]
    about = subprocess.run(command, capture_output=True, check=True).stdout  # noqa: S603
    project = yaml.safe_load((CHECKOUT / "meltano.yml").read_text(encoding="utf-8"))
    plugin = build(json.loads(about), project["plugins"]["extractors"][0])
    text: str = yaml.safe_dump(plugin, allow_unicode=True, width=100)
    return (HEADER + text).encode()


if __name__ == "__main__":
    sys.exit(run(__doc__, [(PLUGIN, render())]))
