from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tap_kombo.complaints import complaints
from tap_kombo.settings import SETTINGS

JOB = Path(__file__).parent.parent / "examples" / "kubernetes" / "job.yaml"
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
        assert list(complaints(config, SETTINGS)) == []
