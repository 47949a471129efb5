from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tap_kombo.complaints import complaints
from tap_kombo.config import read
from tap_kombo.settings import SETTINGS

CHECKOUT = Path(__file__).parent.parent
JOB = CHECKOUT / "examples" / "kubernetes" / "job.yaml"
CRON: dict[str, Any] = yaml.safe_load(JOB.read_text())
SPEC: dict[str, Any] = CRON["spec"]["jobTemplate"]["spec"]
CONTAINER: dict[str, Any] = SPEC["template"]["spec"]["containers"][0]


def test_the_job_follows_the_schema_of_kubernetes() -> None:
    newest = kubernetes_validate.latest_version()
    assert kubernetes_validate.validate(CRON, newest, strict=True)


def test_the_schema_refuses_a_wrong_field() -> None:
    wrong = {**CRON, "spec": {**CRON["spec"], "shedule": "5 * * * *"}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, kubernetes_validate.latest_version(), strict=True)


def test_each_pod_reads_a_shard_of_its_own(tmp_path: Path) -> None:
    """Runs the container's script with a `meltano` that says how it was called."""
    fake = tmp_path / "meltano"
    fake.write_text('#!/bin/sh\nprintf \'["%s", "%s"]\' "$TAP_KOMBO_SHARD" "$*"\n')
    fake.chmod(0o755)
    env = {one["name"]: one["value"] for one in CONTAINER["env"]}
    pods = range(SPEC["completions"])

    calls = [
        json.loads(
            subprocess.check_output(
                [*CONTAINER["command"], *CONTAINER["args"]],
                env={**env, "JOB_COMPLETION_INDEX": str(pod), "PATH": f"{tmp_path}:/usr/bin:/bin"},
                text=True,
            )
        )
        for pod in pods
    ]

    assert [shard for shard, _ in calls] == ["1/4", "2/4", "3/4", "4/4"]
    assert [call for _, call in calls] == [
        f"run --state-id-suffix={pod + 1} tap-kombo target-postgres" for pod in pods
    ]
    for shard, _ in calls:
        config = {"api_key": "k", "integration_ids": "a", "shard": shard}
        assert list(complaints(read(config, SETTINGS), SETTINGS)) == []


def installs(example: str) -> list[str]:
    """The lines of the first commands of an example's README, up to those that are its own."""
    text = (CHECKOUT / "examples" / example / "README.md").read_text()
    block = re.findall(r"```(?:bash|yaml)\n(.*?)```", text, re.DOTALL)[0]
    return [line.split("    #")[0] for line in block.splitlines()]


# What installs an example: packages are those with which it is tested.
GROUPS = {one: one for one in ("airflow", "dagster", "dbt", "meltano", "webhooks")}
COMMANDS = {
    "github-actions": "mkdir -p .github/workflows && cp examples/github-actions/kombo.yml",
    "kubernetes": "kubectl create secret generic kombo --from-env-file=.env",
}


def test_each_example_begins_with_what_installs_it() -> None:
    examples = {path.parent.name for path in (CHECKOUT / "examples").glob("*/README.md")}
    assert examples == GROUPS.keys() | COMMANDS.keys()
    groups = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["dependency-groups"]
    for example, group in GROUPS.items():
        named = " ".join(f'"{one.partition(";")[0]}"' for one in groups[group])
        assert installs(example)[0] == f"pip install {named}", example
    for example, begin in COMMANDS.items():
        assert installs(example)[0].startswith(begin), example


@pytest.mark.parametrize("example", GROUPS)
def test_its_packages_can_be_installed(example: str, tmp_path: Path) -> None:
    """With the pinned versions; uv stands for pip and looks for them, but installs nothing."""
    tools = CHECKOUT / ".venv" / "bin"
    pip = tmp_path / "pip"
    pins = CHECKOUT / "constraints" / f"{GROUPS[example]}.txt"
    options = f"--dry-run --target {tmp_path}/venv --python {tools}/python --constraint {pins}"
    pip.write_text(f'#!/bin/sh\nshift\nexec {tools}/uv pip install {options} "$@"\n')
    pip.chmod(0o755)
    env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    command = ["bash", "-ec", installs(example)[0]]

    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "Would install" in done.stderr


def test_the_workflow_is_copied(tmp_path: Path) -> None:
    shutil.copytree(CHECKOUT / "examples", tmp_path / "examples")
    subprocess.run(["bash", "-ec", *installs("github-actions")], cwd=tmp_path, check=True)
    assert (tmp_path / ".github" / "workflows" / "kombo.yml").is_file()


def test_the_job_is_handed_to_kubernetes(tmp_path: Path) -> None:
    """By a `kubectl` that looks whether the files are there."""
    fake = tmp_path / "kubectl"
    fake.write_text("#!/bin/sh\nfor one; do file=${one#--from-env-file=}; done\ncat $file\n")
    fake.chmod(0o755)
    (tmp_path / ".env").write_text("A=b\n")
    shutil.copytree(CHECKOUT / "examples", tmp_path / "examples")
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    commands = "\n".join(installs("kubernetes"))

    said = subprocess.check_output(["bash", "-ec", commands], cwd=tmp_path, env=env, text=True)

    assert said == "A=b\n" + JOB.read_text()
    secret = CONTAINER["envFrom"][0]["secretRef"]["name"]
    assert f"secret generic {secret} " in commands
