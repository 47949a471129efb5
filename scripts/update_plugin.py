"""Write plugin.yaml, the tap's page on Meltano Hub, and examples/meltano, a project of one's own.

Pages that name the repository get its address.

    python scripts/update_plugin.py [--check] [--account NAME]

Most of it is what `tap-kombo --about` says; the selection and the loader are those of meltano.yml.
`--account` says once, before a release, which account of GitHub the repository belongs to; it is
remembered in plugin.yaml.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import yaml

from scripts.generated import CHECKOUT, options, write

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

PLUGIN = CHECKOUT / "plugin.yaml"
PROJECT = CHECKOUT / "examples" / "meltano" / "meltano.yml"
PAGE = CHECKOUT / "docs" / "own-project.md"
NAMING = (CHECKOUT / "docs" / "without-meltano.md", CHECKOUT / "dbt" / "kombo" / "README.md")
"""Other pages with the address of the repository."""

REPOSITORY = re.compile(r"https://github\.com/[^/\s]+/tap-kombo")
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
}
"""What only the Hub wants to know."""
OWN_PROJECT = """\
# A Meltano project of your own: docs/own-project.md explains it.
project_id: 00000000-0000-4000-8000-000000000000 # any; without one Meltano writes this file anew
default_environment: dev
send_anonymous_usage_stats: false
environments:
- name: dev # the state is dev:tap-kombo-to-target-postgres
  config:
    plugins:
      loaders:
      - name: target-postgres
        config:
          default_target_schema: kombo_dev
- name: prod # the state is prod:tap-kombo-to-target-postgres, the schema tap_kombo
plugins:
  extractors:
  - name: tap-kombo
    namespace: tap_kombo # with a namespace Meltano asks no hub and needs no lock file
    # One of these three:
    pip_url: tap-kombo~=1.0
    # pip_url: git+REPO.git@v1.0.0
    # pip_url: ./tap_kombo-1.0.0-py3-none-any.whl
    executable: tap-kombo
"""
"""How it begins; the rest is that of meltano.yml, in short."""


def build(about: Mapping[str, Any], extractor: Mapping[str, Any], account: str) -> dict[str, Any]:
    """Return the definition of the plugin.

    Args:
        about: What `--about --format=json` prints.
        extractor: The tap's entry in meltano.yml.
        account: The account that the repository belongs to.
    """
    settings = about["settings"]
    return {
        **HUB,
        "repo": repository(account),
        "variant": account,
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
    if "default" in schema and "object" not in schema["type"]:
        # Beside a default Meltano ends with a stack trace at an object in meltano.yml.
        described["value"] = schema["default"]
    if schema.get("secret"):
        described["sensitive"] = True
    return described


def kind(schema: Mapping[str, Any]) -> str:
    """Return the kind that lets a wrong value through to the tap, which refuses it in one line.

    With `boolean` Meltano takes `ture` for false without a word; `array` would refuse `a,b`; for a
    wrong `integer` or one of `options` it ends with a stack trace. As `date_iso8601`, it makes
    1 November of 11.01.2026, and another day in each run of `3 days ago`.
    """
    types = schema["type"]
    return "object" if {*types} - {"null"} == {"object"} else "string"


def repository(account: str) -> str:
    """Return the address of the repository."""
    return f"https://github.com/{account}/tap-kombo"


def own_project(plugins: Mapping[str, Any], account: str) -> str:
    """Return meltano.yml for a project that holds no code of the tap.

    Args:
        plugins: What meltano.yml has.
        account: The account that the repository belongs to.
    """
    tap, loader = plugins["extractors"][0], plugins["loaders"][0]
    lines = [OWN_PROJECT.replace("REPO", repository(account)), *short(tap), "  loaders:\n"]
    first = ("name", "namespace", "variant", "pip_url", "executable", "dialect")
    lines += [f"{'  -' if name == 'name' else '   '} {name}: {loader[name]}\n" for name in first]
    return "".join((*lines, *short(loader)))


def short(plugin: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lists of a plugin, without what only describes."""
    yield f"    capabilities: {flow(plugin['capabilities'])}\n"
    for key in ("settings_group_validation", "settings", "select"):
        if key in plugin:
            yield f"    {key}:\n"
            yield from (f"    - {flow(one)}\n" for one in plugin[key])


def flow(value: object) -> str:
    """Return a value as YAML in one line."""
    if isinstance(value, dict):
        value = {name: one for name, one in value.items() if name not in {"label", "description"}}
    shown: str = yaml.safe_dump([value], default_flow_style=True, sort_keys=False, width=1000)
    return shown.strip()[1:-1]


def page(text: str, project: str) -> str:
    """Return docs/own-project.md with the project in its first block of YAML."""
    before, fence, rest = text.partition("```yaml\n")
    return before + fence + project + rest[rest.index("```\n") :]


def files(account: str) -> Iterator[tuple[Path, bytes]]:
    """Yield each file that is written, and what it has to hold.

    Args:
        account: The account that the repository belongs to.
    """
    command = [sys.executable, "-m", "tap_kombo", "--about", "--format=json"]
    about = subprocess.run(command, capture_output=True, check=True).stdout  # noqa: S603
    plugins = yaml.safe_load((CHECKOUT / "meltano.yml").read_text(encoding="utf-8"))["plugins"]
    plugin = build(json.loads(about), plugins["extractors"][0], account)
    project = own_project(plugins, account)
    described: str = yaml.safe_dump(plugin, allow_unicode=True, width=100)  # sorted as in the Hub
    yield PLUGIN, (HEADER + described).encode()
    yield PROJECT, (HEADER + project).encode()
    yield PAGE, page(PAGE.read_text(encoding="utf-8"), project).encode()
    for path in NAMING:
        text = path.read_text(encoding="utf-8")
        yield path, re.sub(REPOSITORY, repository(account), text).encode()


def main() -> int:
    """Do as the command line says."""
    parser = options(__doc__)
    remembered = yaml.safe_load(PLUGIN.read_text(encoding="utf-8"))["variant"]
    parser.add_argument("--account", default=remembered, help="who the repository belongs to")
    given = parser.parse_args()
    return write(files(given.account), check=given.check)


if __name__ == "__main__":
    sys.exit(main())
