"""The definition for Meltano Hub agrees with the tap, with meltano.yml and with Meltano itself."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from jsonschema import Draft7Validator
from referencing import Registry, Resource
from support import REFERENCE, needs_reference
from test_project import EXTRACTOR

from scripts.meltano_project import CHECKOUT, MeltanoProject
from scripts.update_plugin import PROJECT as EXAMPLE
from scripts.update_plugin import REPOSITORY, files, kind
from tap_kombo.settings import SETTINGS
from tap_kombo.tap import TapKombo

if TYPE_CHECKING:
    from pathlib import Path

HUB_SCHEMA = REFERENCE / "hub-schema"
PLUGIN: dict[str, Any] = yaml.safe_load((CHECKOUT / "plugin.yaml").read_text())
BY_NAME = {one["name"]: one for one in PLUGIN["settings"]}
PAGES = ("*.md", "docs/**/*.md", "dbt/*/*.md", "examples/*/*.md")
LOGO = CHECKOUT / "docs" / "assets" / "logo.png"
PROJECT = """\
project_id: 7a1b3a52-5a0b-4a52-9c0e-1d1f6d1f0b11
send_anonymous_usage_stats: false
cli:
  disable_version_check: true
"""


@pytest.mark.parametrize("script", ["update_plugin.py", "update_logo.py"])
def test_what_a_script_has_written_is_current(script: str) -> None:
    command = [sys.executable, f"scripts/{script}", "--check"]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def sdk_settings() -> set[str]:
    """The settings that the SDK adds; once a tap is made, they are in the class's schema too.

    From singer-sdk 0.55 on it adds one that is ours.
    """
    schema: dict[str, dict[str, Any]] = {"properties": {}}
    TapKombo.append_builtin_config(schema)
    return set(schema["properties"]) - {"emit_activate_version_messages"}


def test_meltano_knows_exactly_the_settings_of_the_tap() -> None:
    assert [one["name"] for one in EXTRACTOR["settings"]] == list(BY_NAME)


def test_settings_are_the_same_in_meltano_and_on_the_hub() -> None:
    here = {one["name"]: one for one in EXTRACTOR["settings"]}
    there = copy.deepcopy(BY_NAME)
    for name in sdk_settings():
        del there[name]["description"]  # it is the SDK's, and `--about` shows it
    assert here == there


def test_kind_is_one_that_meltano_handles_well() -> None:
    schemas: dict[str, list[dict[str, Any]]] = {
        "string": [
            {"type": ["array", "string"]},
            {"type": ["string", "null"], "enum": ["eu"]},
            {"type": ["integer", "null"]},
            {"type": ["boolean", "null"]},
            {"type": ["string", "null"], "format": "date-time"},
        ],
        "object": [{"type": ["object", "null"]}],
    }
    kinds = {expected: [kind(one) for one in given] for expected, given in schemas.items()}
    assert kinds == {expected: [expected] * len(given) for expected, given in schemas.items()}


def test_the_key_is_secret_and_nothing_else() -> None:
    assert [one["name"] for one in PLUGIN["settings"] if one.get("sensitive")] == [
        "api_key",
        "pseudonym_key",
    ]


def test_facts_are_the_same_in_meltano_and_on_the_hub() -> None:
    facts = ("capabilities", "executable", "namespace", "select")
    assert {name: PLUGIN[name] for name in facts} == {name: EXTRACTOR[name] for name in facts}


def test_the_required_settings_are_the_group_that_suffices() -> None:
    assert PLUGIN["settings_group_validation"] == [SETTINGS["required"]]
    assert EXTRACTOR["settings_group_validation"] == [SETTINGS["required"]]


def test_python_versions_are_those_of_the_package() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    classifiers = re.findall(r":: (3\.\d+)\b", "\n".join(project["classifiers"]))
    assert PLUGIN["supported_python_versions"] == classifiers


@needs_reference
def test_the_hub_accepts_the_definition() -> None:
    schemas = {
        path.stem: json.loads(path.read_text()) for path in HUB_SCHEMA.rglob("*.schema.json")
    }
    registry: Registry[Any] = Registry().with_resources(
        (one["$id"], Resource.from_contents(one)) for one in schemas.values()
    )
    validator = Draft7Validator(schemas["extractors.schema"], registry=registry)

    assert [error.message for error in validator.iter_errors(PLUGIN)] == []
    assert not validator.is_valid(PLUGIN | {"quality": "shiny"})


def test_one_account_is_named_everywhere() -> None:
    """A release sets it with `--account`; until then a placeholder stands for it."""
    account = PLUGIN["variant"]
    assert PLUGIN["repo"] == f"https://github.com/{account}/tap-kombo"
    now = {path: text.decode() for path, text in files(account)}
    then = {path: text.decode() for path, text in files(f"not-{account}")}

    assert {path: path.read_text() for path in now} == now
    pages = [path for pattern in PAGES for path in CHECKOUT.glob(pattern)]
    naming = {path for path in pages if REPOSITORY.search(path.read_text())}
    assert naming
    assert then.keys() == {CHECKOUT / "plugin.yaml", EXAMPLE, *naming}
    for path, text in then.items():
        assert f"github.com/{account}/" in now[path]
        assert f"github.com/not-{account}/tap-kombo" in text
        assert f"github.com/{account}/" not in text


def test_the_logo_is_small() -> None:
    picture = LOGO.read_bytes()
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert [int.from_bytes(picture[at : at + 4]) for at in (16, 20)] == [256, 256]
    assert len(picture) < 20_000


def listed(project: MeltanoProject) -> list[str]:
    """The settings of the tap that Meltano lists."""
    told = project.run("config", "list", "tap-kombo", "--all")
    return re.findall(r"^(\w+) \[env: TAP_KOMBO_", told, re.MULTILINE)


def test_meltano_adds_the_plugin_from_the_file(tmp_path: Path) -> None:
    project = MeltanoProject(tmp_path, {})
    (tmp_path / "meltano.yml").write_text(PROJECT)
    source = f"--from-ref={CHECKOUT / 'plugin.yaml'}"

    project.run("add", "--plugin-type", "extractor", "tap-kombo", "--no-install", source)

    added = yaml.safe_load((tmp_path / "meltano.yml").read_text())["plugins"]["extractors"][0]
    same = ("name", "namespace", "settings", "capabilities")
    assert {name: added[name] for name in same} == {name: PLUGIN[name] for name in same}
    assert sorted(listed(project)) == sorted(BY_NAME)


def test_the_hub_hands_the_selection_on(tmp_path: Path) -> None:
    """Else Meltano would read every column. A lock file is what `meltano add` gets of the Hub."""
    variant = PLUGIN["variant"]
    lock = tmp_path / "plugins" / "extractors" / f"tap-kombo--{variant}.lock"
    lock.parent.mkdir(parents=True)
    lock.write_text(json.dumps({"plugin_type": "extractors", **PLUGIN}))
    plugin = {"name": "tap-kombo", "variant": variant, "pip_url": "tap-kombo"}
    plugins = yaml.safe_dump({"plugins": {"extractors": [plugin]}})
    (tmp_path / "meltano.yml").write_text(PROJECT + plugins)
    project = MeltanoProject(tmp_path, {})

    extras = json.loads(project.run("config", "print", "tap-kombo", "--extras"))

    assert extras["_select"] == PLUGIN["select"]
    assert sorted(listed(project)) == sorted(BY_NAME)
