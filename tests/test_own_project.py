"""A Meltano project that holds no code of the tap: what its page and its image say, done."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import subprocess
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import yaml
from canaries import CANARY, Cage
from support import KEY
from test_dockerfile import COPIED, lint
from test_opt_in import GENERAL, SENSITIVE, everywhere

from kombo_emulator import Emulator, Size, serve
from scripts.meltano_project import CHECKOUT, MeltanoProject
from tap_kombo.api.endpoints import ENDPOINTS, STREAMS
from tap_kombo.privacy import places

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from scripts.embedded_postgres import PostgreSQL

pytestmark = pytest.mark.xdist_group("test_own_project")  # one worker, for tests share one image

A = "greenhouse:demo"
VERSION = "1.0.0"
ACCOUNT = yaml.safe_load((CHECKOUT / "plugin.yaml").read_text())["variant"]
SOMEONE = f"account-{uuid.uuid4()}"  # uv keeps what it has seen at an address
EXAMPLE = CHECKOUT / "examples" / "meltano"
PROJECT = (EXAMPLE / "meltano.yml").read_text()
README = (EXAMPLE / "README.md").read_text()
PAGE = (CHECKOUT / "docs" / "own-project.md").read_text()
WAYS = re.findall(r"^    (?:# )?pip_url: (.*(?:tap-kombo|tap_kombo).*)$", PROJECT, re.MULTILINE)
DOCKERFILE = (EXAMPLE / "Dockerfile").read_text()
INSTRUCTIONS = re.findall(r"^([A-Z]+) (.*)$", DOCKERFILE.replace("\\\n", ""), re.MULTILINE)
ADD = "meltano add --plugin-type extractor tap-kombo --from-ref plugin.yaml"
DONE_ELSEWHERE = {
    'pip install "meltano~=4.4"',  # test_examples
    "mkdir our-kombo && cd our-kombo",
    "meltano install",  # a step of the image
    ADD,
}
INSTALL = "python -m venv /opt/meltano   && /opt/meltano/bin/pip install"
[PINNED] = re.findall(
    r"^meltano==.*", (CHECKOUT / "constraints" / "meltano.txt").read_text(), re.MULTILINE
)
UV = CHECKOUT / ".venv" / "bin" / "uv"
PLUGINS: dict[str, Any] = yaml.safe_load(PROJECT)["plugins"]


def run(command: list[str | Path], folder: Path, **env: str) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with version 1 of the tap as it would be found: a repository, and its wheel."""
    folder = tmp_path_factory.mktemp("released")
    source = folder / "tap-kombo.git"
    source.mkdir()
    for name in COPIED:
        copy = shutil.copytree if (CHECKOUT / name).is_dir() else shutil.copy
        copy(CHECKOUT / name, source / name)
    git: list[str | Path] = ["git", "-c", "user.name=any", "-c", "user.email=any"]
    run([*git, "init", "--quiet"], source)
    run([*git, "add", "."], source)
    run([*git, "commit", "--quiet", "--message=any"], source)
    run([*git, "tag", f"v{VERSION}"], source)
    build: list[str | Path] = [UV, "build", "--quiet", "--wheel", "--out-dir", folder]
    run([*build, "--no-build-isolation", "--python", UV.parent / "python"], source)
    return folder


@pytest.fixture(scope="module")
def environment(released: Path) -> Mapping[str, str]:
    """Lets a project find the release where PyPI and GitHub would have it."""
    return {
        "UV_FIND_LINKS": str(released),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.file://{released}/tap-kombo.git.insteadOf",
        "GIT_CONFIG_VALUE_0": f"https://github.com/{SOMEONE}/tap-kombo.git",
    }


def chosen(way: str) -> str:
    """The project with another of the three lines in effect."""
    text = PROJECT.replace(f"    pip_url: {WAYS[0]}\n", "")
    text = text.replace(f"    # pip_url: {way}\n", f"    pip_url: {way}\n")
    return text.replace(f"/{ACCOUNT}/", f"/{SOMEONE}/")


def test_the_page_shows_the_file() -> None:
    assert PAGE.partition("```yaml\n")[2].partition("```\n")[0] in PROJECT


def test_it_has_what_the_project_of_the_checkout_has() -> None:
    ours = yaml.safe_load((CHECKOUT / "meltano.yml").read_text())["plugins"]
    tap, loader = PLUGINS["extractors"][0], PLUGINS["loaders"][0]
    plain = [
        {name: one[name] for name in one if name not in {"label", "description"}}
        for one in ours["extractors"][0]["settings"]
    ]
    assert tap == ours["extractors"][0] | {"settings": plain, "pip_url": WAYS[0]}
    assert loader == ours["loaders"][0]


def test_it_follows_its_schema() -> None:
    checker = ["-m", "check_jsonschema", "--builtin-schema", "vendor.meltano"]
    run([UV.parent / "python", *checker, EXAMPLE / "meltano.yml"], CHECKOUT)


@pytest.mark.parametrize("way", WAYS[1:])
def test_the_tap_comes_from_elsewhere(
    way: str, released: Path, environment: Mapping[str, str], tmp_path: Path
) -> None:
    assert f"{way.rpartition('/')[2]}` |" in PAGE
    if way.startswith("./"):
        shutil.copy(released / way, tmp_path)
    (tmp_path / "meltano.yml").write_text(chosen(way))
    project = MeltanoProject(tmp_path, environment)

    project.run("install", "extractor", "tap-kombo")

    venv = tmp_path / ".meltano" / "extractors" / "tap-kombo" / "venv"
    assert [path.name for path in venv.glob("lib/*/site-packages/tap_kombo-*")] == [
        f"tap_kombo-{VERSION}.dist-info"
    ]


def test_the_tap_is_added_to_a_project(environment: Mapping[str, str], tmp_path: Path) -> None:
    """With the plugin's file changed as the page says; `test_plugin` looks at what is written."""
    [line] = re.findall(r"`(pip_url: .*?)`", PAGE)
    plugin = (CHECKOUT / "plugin.yaml").read_text()
    assert f"\n{line}\n" in plugin
    there = f"pip_url: {WAYS[1].replace(ACCOUNT, SOMEONE)}"
    (tmp_path / "plugin.yaml").write_text(plugin.replace(f"\n{line}\n", f"\n{there}\n"))
    (tmp_path / "meltano.yml").write_text("project_id: any\nsend_anonymous_usage_stats: false\n")
    project = MeltanoProject(tmp_path, environment)

    project.run(*ADD.split()[1:])

    assert VERSION in project.run("invoke", "tap-kombo", "--version")


def test_there_are_three_ways() -> None:
    assert [one[:4] for one in WAYS] == ["tap-", "git+", "./ta"]
    assert all(VERSION in one or one.endswith("~=1.0") for one in WAYS)
    for way in WAYS[1:]:
        tap = yaml.safe_load(chosen(way))["plugins"]["extractors"][0]
        assert tap["pip_url"] == way.replace(ACCOUNT, SOMEONE)


def test_the_tap_is_installed_without_meltano(
    environment: Mapping[str, str], tmp_path: Path
) -> None:
    """As docs/without-meltano.md says; uv installs here, which is faster than pip."""
    [commands, *_] = re.findall(
        r"```bash\n(.*?)```", (CHECKOUT / "docs" / "without-meltano.md").read_text(), re.DOTALL
    )
    faster = re.sub(r"(\w+)/bin/pip install", rf"{UV} pip install -q --python \1", commands)
    assert faster != commands

    found = run(["bash", "-euc", f"{faster}\ntap-kombo --version"], tmp_path, **environment)

    assert f"v{VERSION}" in found
    assert (tmp_path / "loader" / "bin" / "target-postgres").exists()


# The image.


def arguments(instruction: str) -> list[str]:
    return [rest for name, rest in INSTRUCTIONS if name == instruction]


@dataclass(frozen=True)
class Image:
    """What the steps of the Dockerfile make, in a folder that stands for the root.

    The step that installs Meltano is not repeated: what it makes is here already.
    """

    root: Path
    declared: dict[str, str]

    @property
    def home(self) -> Path:
        return self.root / "home"

    def build(self, context: Path, **env: str) -> None:
        """Copy what is copied, and run what is run by the user."""
        self.home.mkdir()
        (self.root / "meltano").symlink_to(CHECKOUT / ".venv-meltano")
        for source in arguments("COPY")[0].split()[1:-1]:
            shutil.copy(context / source, self.home)
        meltano, user, *steps = arguments("RUN")
        assert meltano == f"{INSTALL} {PINNED}"
        assert user.startswith("useradd ")
        assert len(steps) == 1
        self.run("/bin/sh", "-ec", steps[0], **env)

    def run(self, *command: str, **env: str) -> str:
        """Run a command in it, but for what forbids a cache."""
        path = self.declared["PATH"].strip('"').replace("/opt/", f"{self.root}/")
        path = path.replace("$PATH", os.environ["PATH"])
        declared = {name: one for name, one in self.declared.items() if "CACHE" not in name}
        there = {**declared, "PATH": path, "NO_COLOR": "1", **env}
        return run(list(command), self.home, **there)


@pytest.fixture(scope="module")
def image(environment: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Image:
    declared = dict(one.split("=", 1) for line in arguments("ENV") for one in line.split())
    built = Image(tmp_path_factory.mktemp("image"), declared)
    built.build(EXAMPLE, **environment)
    return built


@pytest.fixture(scope="module")
def given(postgres: PostgreSQL) -> Iterator[dict[str, str]]:
    """What `.env` would hold, with a database of its own."""
    emulator = Emulator(api_key=KEY)
    emulator.add_integration(A, "ATS", Size(interviews=7))
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("create database own_project")
    with serve(emulator) as address:
        yield {
            "TAP_KOMBO_API_KEY": KEY,
            "TAP_KOMBO_API_URL": address,
            "TAP_KOMBO_INTEGRATION_IDS": A,
            "TAP_KOMBO__SELECT": '["interviews.*"]',
            **dataclasses.replace(postgres, database="own_project").target_settings,
        }


def test_the_image_loads(image: Image, postgres: PostgreSQL, given: dict[str, str]) -> None:
    """With the commands of the page, of which one is just what the image does by itself."""
    entry, command = (json.loads(arguments(one)[0]) for one in ("ENTRYPOINT", "CMD"))
    before = (image.home / "meltano.yml").read_text()
    blocks = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
    lines = [line.split("    #")[0] for line in "".join(blocks).splitlines()]
    doctor, run_dev, run_prod, states = (one for one in lines if one not in DONE_ELSEWHERE)
    assert run_dev.split() == [*entry, *command]
    assert run_prod.split() == [*entry, "--environment=prod", *command]

    assert "Everything selected can be read." in image.run(*doctor.split(), **given)
    image.run(*entry, *command, **given)

    assert "prod:tap-kombo-to-target-postgres" in image.run(*states.split())
    assert (image.home / "meltano.yml").read_text() == before
    with psycopg.connect(dataclasses.replace(postgres, database="own_project").url) as connection:
        counted = connection.execute("select count(*) from tap_kombo.interviews").fetchall()
    assert counted == [(7,)]


def test_a_project_without_select_gets_nothing_that_needs_opt_in(
    image: Image, given: dict[str, str], tmp_path: Path
) -> None:
    """The tap of the wheel keeps it back, whatever a project selects: by default all there is."""
    project = yaml.safe_load(PROJECT)
    del project["plugins"]["extractors"][0]["select"]
    (tmp_path / "meltano.yml").write_text(yaml.safe_dump(project))
    (tmp_path / ".meltano").symlink_to(image.home / ".meltano")
    emulator = Emulator(api_key=KEY)
    emulator.alter = cage = Cage()
    integrations = {A: "ATS", "personio:hr": "HRIS", "docebo:lms": "LMS", "tests:as": "ASSESSMENT"}
    for name, category in integrations.items():
        emulator.add_integration(name, category, Size(interviews=3, applications=2, candidates=1))
    with serve(emulator) as address:
        here = {name: one for name, one in given.items() if name != "TAP_KOMBO__SELECT"}
        here |= {"TAP_KOMBO_API_URL": address, "TAP_KOMBO_INTEGRATION_IDS": ",".join(integrations)}
        invoke = ("meltano", f"--cwd={tmp_path}", "invoke", "tap-kombo")
        lines = image.run(*invoke, **here).splitlines()

    catalog = (tmp_path / ".meltano" / "run" / "tap-kombo" / "tap.properties.json").read_text()
    streams = {one.name for one in STREAMS if not one.parent}
    told = [*json.loads(catalog)["streams"], *map(json.loads, lines)]
    assert {one["stream"] for one in told if one.get("type") == "RECORD"} == streams
    assert cage.planted == {one for one in places() if "." in one}
    assert {one["stream"] for one in told if CANARY in json.dumps(one)} == set()
    hidden = [one for one in told if one.get("stream", "integration_fields") not in GENERAL]
    assert {*everywhere(hidden)} & {*SENSITIVE} == set()
    lists = {one.path for one in ENDPOINTS if not one.parent}
    paths = [
        one.path.replace(one.integration_id or "-", "{integration_id}") for one in emulator.requests
    ]
    assert {*paths} == lists  # none is about a single record


def test_the_environment_dev_has_a_schema_of_its_own(image: Image) -> None:
    shown = image.run("meltano", "--environment=dev", "config", "print", "target-postgres")
    assert json.loads(shown)["default_target_schema"] == "kombo_dev"
    assert "fills the schema `kombo_dev`" in PAGE


def test_the_readme_runs_the_image_with_what_the_entrypoint_takes() -> None:
    lines = re.findall(r"^docker run --rm --env-file .env our-kombo ?(.*)$", README, re.MULTILINE)
    assert lines == ["", "invoke tap-kombo --doctor"]


def test_the_image_is_as_the_other_one() -> None:
    assert lint(DOCKERFILE) == ""
    ours = (CHECKOUT / "Dockerfile").read_text()
    assert arguments("USER") == ["1000"]
    assert f"FROM {arguments('FROM')[0]}\n" in ours
