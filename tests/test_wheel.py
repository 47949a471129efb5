"""What a release would send: the wheel of `make dist`."""

from __future__ import annotations

import os
import subprocess
import zipfile
from pathlib import Path

import pytest
from packaging.metadata import Metadata
from packaging.specifiers import SpecifierSet

from tap_kombo.api.endpoints import STREAMS

CHECKOUT = Path(__file__).parent.parent

pytestmark = pytest.mark.xdist_group("wheel")


def run(*command: str | Path, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        command, cwd=CHECKOUT, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that was made from it; no network is asked."""
    folder = tmp_path_factory.mktemp("built")
    run("make", "dist", f"DIST={folder}", env={**os.environ, "UV_OFFLINE": "1"})
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    [path] = built.glob("*.whl")
    assert len(list(built.glob("*.tar.gz"))) == 1
    return path


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Metadata:
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return Metadata.from_email(archive.read(name), validate=True)


def test_the_wheel_holds_the_tap_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
    assert all(name.startswith("tap_kombo/") for name in names)
    assert all(name.endswith((".py", ".json", "/py.typed", "/endpoints.toml")) for name in names)
    assert "tap_kombo/py.typed" in names
    schemas = {name for name in names if name.endswith(".json")}
    assert schemas == {f"tap_kombo/schemas/{one.name}.json" for one in STREAMS}


def test_the_wheel_is_small(wheel: Path) -> None:
    assert wheel.stat().st_size < 1024 * 1024


def test_the_metadata_says_what_a_user_looks_for(metadata: Metadata) -> None:
    assert metadata.name == "tap-kombo"
    assert metadata.summary
    assert metadata.license_expression == "Apache-2.0"
    assert metadata.license_files == ["LICENSE"]
    assert metadata.requires_python == SpecifierSet(">=3.11")
    assert metadata.description_content_type == "text/markdown"
    assert metadata.description == (CHECKOUT / "README.md").read_text()
    assert metadata.classifiers
    assert "Typing :: Typed" in metadata.classifiers


def test_development_tools_are_not_installed_with_the_tap(metadata: Metadata) -> None:
    names = {one.name for one in metadata.requires_dist or []}
    assert "singer-sdk" in names
    assert names.isdisjoint({"hypothesis", "meltano", "pytest", "ruff", "starlette", "uv"})


def test_the_wheel_runs_in_an_environment_of_its_own(wheel: Path, tmp_path: Path) -> None:
    python, uv = CHECKOUT / ".venv" / "bin" / "python", CHECKOUT / ".venv" / "bin" / "uv"
    run(uv, "venv", "--quiet", "--python", python, tmp_path / "venv")
    run(
        *(uv, "pip", "install", "--quiet", "--python", tmp_path / "venv"),
        *("--constraint", CHECKOUT / "constraints" / "dev.txt", wheel),
    )
    printed = run(tmp_path / "venv" / "bin" / "tap-kombo", "--version")
    assert wheel.name.split("-")[1] in printed
