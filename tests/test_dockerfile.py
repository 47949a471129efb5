"""The Dockerfile, as far as it can be tried without an engine."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

from scripts.meltano_project import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

HADOLINT = CHECKOUT / ".venv" / "bin" / "hadolint"
TEXT = (CHECKOUT / "Dockerfile").read_text().replace("\\\n", "")
INSTRUCTIONS = re.findall(r"^([A-Z]+) (.*)$", TEXT, re.MULTILINE)


def arguments(instruction: str) -> list[str]:
    return [rest for name, rest in INSTRUCTIONS if name == instruction]


COPIED = [
    source
    for rest in arguments("COPY")
    if not rest.startswith("--from")
    for source in rest.split()[:-1]
]
INSTALL = arguments("RUN")[0]


def lint(text: str) -> str:
    checker = (HADOLINT, "--no-color", "-")
    done = subprocess.run(checker, input=text, capture_output=True, text=True, check=False)
    return done.stdout


def test_hadolint_has_nothing_to_say() -> None:
    assert lint((CHECKOUT / "Dockerfile").read_text()) == ""


def test_hadolint_finds_a_base_that_moves() -> None:
    assert "DL3007" in lint(TEXT.replace("python:3.14-slim", "python:latest"))


def test_the_tap_runs_as_a_user() -> None:
    assert arguments("USER") == ["1000"]


def test_the_image_gets_just_what_is_installed() -> None:
    lines = (CHECKOUT / ".dockerignore").read_text().splitlines()
    assert [line for line in lines if not line.startswith("!")] == ["*", "**/__pycache__"]
    assert sorted(line[1:] for line in lines if line.startswith("!")) == sorted(COPIED)


def test_it_installs_the_version_that_it_is_given(tmp_path: Path) -> None:
    """Runs the instruction of the Dockerfile on what is copied into the image: there is no git.

    uv installs here, which is faster than pip.
    """
    for name in COPIED:
        copy = shutil.copytree if (CHECKOUT / name).is_dir() else shutil.copy
        copy(CHECKOUT / name, tmp_path / name)
    venv = f"{tmp_path}/tap-kombo"
    install = INSTALL.replace("/opt/tap-kombo/bin/pip install", f"uv pip install --python {venv}")
    assert install != INSTALL
    command = ["/bin/sh", "-c", install.replace("/opt/tap-kombo", venv)]
    env = {**os.environ, "PATH": f"{HADOLINT.parent}:{os.environ['PATH']}", "VERSION": "1.2.3"}

    subprocess.run(command, cwd=tmp_path, env=env, check=True)

    [entry] = map(json.loads, arguments("ENTRYPOINT"))
    program = [entry[0].replace("/opt/", f"{tmp_path}/"), "--version"]
    said = subprocess.check_output(program, cwd="/", text=True)
    assert said.startswith("tap-kombo v1.2.3,")
    without = subprocess.run(
        command, cwd=tmp_path, env={**env, "VERSION": ""}, capture_output=True, check=False
    )
    assert b"VERSION: is not given" in without.stderr
