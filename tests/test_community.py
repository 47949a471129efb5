"""The pages for those who work on the project are short, and name what exists."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from test_pages import bash, fenced
from test_readme import COMMANDS as OF_THE_README

CHECKOUT = Path(__file__).parent.parent
PAGES = {
    name: (CHECKOUT / name).read_text()
    for name in (
        ".github/pull_request_template.md",
        "AGENTS.md",
        "CODE_OF_CONDUCT.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "docs/dependencies.md",
    )
}
COMMANDS = [
    line.split("    #")[0].strip()
    for page in PAGES.values()
    for block in re.findall(r"```bash\n(.*?)```", page, re.DOTALL)
    for line in block.splitlines()
]
MADE_LATER = {".env"}


def test_pages_are_short() -> None:
    assert [name for name, text in PAGES.items() if len(text.splitlines()) > 80] == []


def test_pages_lead_to_files_that_exist() -> None:
    missing = set()
    for page, text in PAGES.items():
        folder = (CHECKOUT / page).parent
        links = re.findall(r"\]\((?!https:)([^)#]+)", text)
        missing |= {f"{page}: {one}" for one in links if not (folder / one).exists()}
        named = re.findall(r"`([\w./-]+(?:\.(?:py|md|toml|yml|txt)|/)|\.[\w./-]+)`", text)
        places = (CHECKOUT, CHECKOUT / "tap_kombo", CHECKOUT / ".github" / "workflows")
        missing |= {
            f"{page}: {one}"
            for one in set(named) - MADE_LATER
            if not any((place / one).exists() for place in places)
        }
    assert missing == set()


def test_pages_name_targets_of_make() -> None:
    targets = re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE)
    unknown = {
        f"{page}: make {one}"
        for page, text in PAGES.items()
        for one in re.findall(r"[`\n]make ([a-z-]+)", text)
        if one not in targets
    }
    assert unknown == set()


def test_every_command_is_one_that_tests_run() -> None:
    """`make` runs the tests, so they cannot run it; the programs are run here and in others."""
    programs = (".venv/bin/pre-commit ", ".venv/bin/pytest ", ".venv/bin/python scripts/")
    for command in COMMANDS:
        if not command.startswith("make "):
            assert command.startswith(programs), command
            paths = [word for word in command.split() if "/" in word]
            assert all((CHECKOUT / path).exists() for path in paths), command


def test_the_hooks_can_be_installed(tmp_path: Path) -> None:
    shutil.copy(CHECKOUT / ".pre-commit-config.yaml", tmp_path)
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    [command] = [one for one in COMMANDS if "pre-commit" in one]

    program, *arguments = command.split()
    subprocess.run([CHECKOUT / program, *arguments], cwd=tmp_path, check=True)

    assert "pre-commit" in (tmp_path / ".git" / "hooks" / "pre-commit").read_text()


def test_getting_started_has_the_commands_of_the_readme() -> None:
    [commands] = bash("getting-started.md")
    assert set(commands.splitlines()) < set(OF_THE_README)


def test_postgresql_is_loaded_as_in_the_readme() -> None:
    run, _ = bash("loading.md")
    assert run.strip() in OF_THE_README


def test_make_commands_of_the_pages_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))
    pages = (CHECKOUT / "docs").glob("*.md")
    named = {
        name
        for page in pages
        for block in fenced(page.name, "bash")
        for name in re.findall(r"\bmake ([a-z-]+)", block)
    }
    assert {"demo", "install"} <= named <= targets
