"""What zizmor does not look at: it checks the workflows in `make lint`."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import yaml

CHECKOUT = Path(__file__).parent.parent
PATHS = sorted((CHECKOUT / ".github" / "workflows").iterdir())
WORKFLOWS: dict[str, dict[str, Any]] = {
    path.name: yaml.load(path.read_text(), yaml.BaseLoader)  # noqa: S506 -- it makes texts only
    for path in PATHS
}
JOBS = {(name, job): value for name in WORKFLOWS for job, value in WORKFLOWS[name]["jobs"].items()}
RELEASE = WORKFLOWS["release.yml"]["jobs"]


def commands(job: dict[str, Any]) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step]


def test_each_action_is_pinned_the_same_way_everywhere() -> None:
    pins: dict[str, set[str]] = {}
    for path in PATHS:
        for line in path.read_text().splitlines():
            if "uses:" in line:
                pin = r" *- uses: ([\w-]+/[\w-]+)@([0-9a-f]{40} # v\d+\.\d+\.\d+)"
                found = re.fullmatch(pin, line)
                assert found, line
                pins.setdefault(found[1], set()).add(found[2])
    assert {name: len(versions) for name, versions in pins.items()} == dict.fromkeys(pins, 1)


def test_a_workflow_may_read_only() -> None:
    told = {name: one.get("permissions") for name, one in WORKFLOWS.items()}
    assert {name: one for name, one in told.items() if one != {"contents": "read"}} == {}


def test_few_jobs_may_do_more() -> None:
    assert {name: job["permissions"] for name, job in JOBS.items() if "permissions" in job} == {
        ("release.yml", "publish"): {"id-token": "write"},
        ("schemas.yml", "update"): {"contents": "write", "pull-requests": "write"},
    }


def test_no_checkout_keeps_its_token() -> None:
    steps = [step for job in JOBS.values() for step in job["steps"]]
    checkouts = [one for one in steps if one.get("uses", "").startswith("actions/checkout@")]
    assert len(checkouts) == len(JOBS) - 1  # not in the job that publishes
    assert {one["with"]["persist-credentials"] for one in checkouts} == {"false"}


def test_every_version_that_is_promised_is_tested() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    versions = [one.split()[-1] for one in project["classifiers"] if re.search(r":: 3\.\d+", one)]
    test = WORKFLOWS["test.yml"]["jobs"]["test"]

    assert test["strategy"]["matrix"]["python"] == versions
    assert commands(test) == [".ci/run"]


def test_only_a_tag_that_passed_the_tests_is_published() -> None:
    assert WORKFLOWS["release.yml"]["on"] == {"push": {"tags": ["v*"]}}
    assert RELEASE["publish"]["needs"] == ["test", "build"]
    assert commands(RELEASE["test"]) == [".ci/run"]
    assert commands(RELEASE["build"])[0] == "make dist"


def test_the_job_that_publishes_runs_none_of_our_code() -> None:
    publish = RELEASE["publish"]
    used = [step["uses"].split("@")[0] for step in publish["steps"]]
    assert used == ["actions/download-artifact", "pypa/gh-action-pypi-publish"]
    assert publish["environment"] == "pypi"


def test_a_wheel_of_another_version_than_the_tag_is_refused(tmp_path: Path) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "tap_kombo-1.2.0-py3-none-any.whl").touch()
    check = ["bash", "-eu", "-c", commands(RELEASE["build"])[1]]
    ended = {
        tag: subprocess.run(check, cwd=tmp_path, env={"GITHUB_REF_NAME": tag}, check=False)
        for tag in ("v1.2.0", "v1.2.1", "v1.2")
    }
    assert {tag: done.returncode for tag, done in ended.items()} == {
        "v1.2.0": 0,
        "v1.2.1": 1,
        "v1.2": 1,
    }


def test_the_next_sdk_is_tried_every_night_and_stops_nothing() -> None:
    nightly = WORKFLOWS["nightly.yml"]
    job = nightly["jobs"]["sdk-pre-release"]
    assert "schedule" in nightly["on"]
    assert commands(job)[0] == "make test-sdk"
    assert job["continue-on-error"] == "true"
    assert not any("needs" in one for one in nightly["jobs"].values())


def test_zizmor_refuses_what_is_unsafe(tmp_path: Path) -> None:
    (tmp_path / ".github" / "workflows").mkdir(parents=True)
    path = tmp_path / ".github" / "workflows" / "release.yml"
    zizmor = (Path(sys.executable).parent / "zizmor", "--quiet", "--offline", path)
    text = (CHECKOUT / ".github" / "workflows" / "release.yml").read_text()
    path.write_text(text)
    assert subprocess.run(zizmor, capture_output=True, check=False).returncode == 0

    for good, bad in (
        ("persist-credentials: false", "show-progress: false"),
        ("@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "@v7"),
        ("run: make dist", "run: make dist DIST=${{ github.head_ref }}"),
    ):
        path.write_text(text.replace(good, bad))
        assert path.read_text() != text
        assert subprocess.run(zizmor, capture_output=True, check=False).returncode > 10, bad
