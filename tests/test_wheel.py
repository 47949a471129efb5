"""What a release would send: the wheel of `make dist`."""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.metadata import Metadata
from packaging.specifiers import SpecifierSet
from processes import Scene, opened

from kombo_emulator import Size
from tap_kombo.api.endpoints import STREAMS
from tap_kombo.tap import TapKombo

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT = Path(__file__).parent.parent
LARGE = "greenhouse:large"
LIST = """
from importlib.metadata import distributions
print(*(one.name for one in distributions()))
"""

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
    data = ("/api/endpoints.toml", "/api/problems.toml", "/py.typed")
    assert all(name.endswith((".py", ".json", *data)) for name in names)
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


@pytest.fixture(scope="module")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of a venv with the wheel, what it needs, and nothing else."""
    python, uv = CHECKOUT / ".venv" / "bin" / "python", CHECKOUT / ".venv" / "bin" / "uv"
    venv = tmp_path_factory.mktemp("bare") / "venv"
    run(uv, "venv", "--quiet", "--python", python, venv)
    constraints = ("--constraint", CHECKOUT / "constraints" / "dev.txt")
    run(uv, "pip", "install", "--quiet", "--python", venv, *constraints, wheel)
    return venv / "bin"


@pytest.fixture
def scene(bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """The tap as a user has it: what the tests put on Python's path is not there."""
    monkeypatch.delenv("PYTHONPATH")
    with opened(tmp_path, (str(bare / "tap-kombo"),)) as scene:
        scene.emulator.add_integration(LARGE, "ATS", Size(interviews=300))
        yield scene


def test_nothing_of_the_tests_is_installed(bare: Path) -> None:
    listed = run(bare / "python", "-c", LIST)

    assert "tap-kombo" in listed.split()
    assert set(listed.split()).isdisjoint({"hypothesis", "meltano", "pytest", "starlette"})


def test_it_tells_of_itself(scene: Scene, wheel: Path) -> None:
    version = scene.run("--version").output
    about = json.loads(scene.run("--about", "--format=json").output)

    assert wheel.name.split("-")[1] in version
    assert about["settings"]["required"] == ["api_key", "integration_ids"]


def test_it_discovers_what_the_checkout_does(scene: Scene) -> None:
    found = json.loads(scene.run("--discover").output)

    ours = TapKombo(config={}, validate_config=False).catalog_dict
    assert found == json.loads(json.dumps(ours))


@pytest.mark.parametrize(
    ("unbuffered", "blocking"), [(False, True), (False, False), (True, True), (True, False)]
)
def test_a_run_loses_nothing_in_a_full_pipe(
    scene: Scene, *, unbuffered: bool, blocking: bool
) -> None:
    ended = scene.run_into_a_full_pipe(blocking=blocking, unbuffered=unbuffered, ids=(LARGE,))

    assert ended.code == 0
    assert ended.written == {"interviews": 300, "jobs": 6}


def test_a_run_may_make_names_up(scene: Scene) -> None:
    """In another encoding, too."""
    maps = {"interviews": {"title": "fake.name()"}}

    ended = scene.run(stream_maps=maps, faker_config={"seed": 1}, encoding="ascii")

    assert ended.code == 0
    records = (one["record"] for one in ended.messages if one["type"] == "RECORD")
    names = {one["title"] for one in records if "title" in one}
    assert len(names) == 8
    assert all(names)


def test_wrong_settings_are_told_in_a_line_each(scene: Scene) -> None:
    ended = scene.run(page_size=0, colour="red")

    assert ended.code == 1
    assert ended.output == ""
    assert ["'page_size'" in ended.errors[0], "'colour'" in ended.errors[1]] == [True, True]
