"""Reads our pages and descriptions with proselint, and with our own list of words in prose.toml.

    python -m scripts.prose [FILE ...]

Code, links and markup are not read. The exit code is 1 if something is found.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from proselint.checks import __register__
from proselint.config import DEFAULT, Config
from proselint.registry import CheckRegistry
from proselint.registry.checks import Check, Padding, engine, types
from proselint.tools import LintFile

from scripts.generated import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

STYLE = Path(__file__).with_suffix(".toml")
NOT_PROSE = re.compile(
    r"```.*?```(?:\n\n(?:\|[^\n]*\n)+)?|"
    r"`[^`\n]*`|\]\([^)]*\)|<!--.*?-->|<[^>\n]+>|^> \[!.*?$",
    re.DOTALL | re.MULTILINE,
)
"""Blocks of code with the results below, words of code, targets of links, comments, markup."""

OFF = {
    "typography": False,  # Markdown has straight quotes and tables
    "lexical_illusions": False,  # a heading and its first sentence may begin alike
}
PAGES = ("*.md", "docs/*.md", "docs/**/*.md", "examples/*/*.md", "scripts/descriptions.toml")


def main(names: Sequence[str]) -> int:
    """Tell what is found in the files.

    Args:
        names: The files; all pages of the repository by default.

    Returns:
        The exit code.
    """
    CheckRegistry().register_many((*__register__, *ours()))
    checks = {**DEFAULT["checks"], **OFF, "ours": True}
    config = Config(max_errors=DEFAULT["max_errors"], checks=checks)
    found = 0
    for path in [Path(name) for name in names] or pages():
        for line, message in read(path.read_text(encoding="utf-8"), config):
            found += 1
            print(f"{os.path.relpath(path)}:{line}: {message}")
    return int(bool(found))


def read(text: str, config: Config) -> Iterator[tuple[int, str]]:
    """Yield the line and the message of each finding in a text."""
    prose = NOT_PROSE.sub(lambda code: re.sub(r"[^\n]", "-", code[0]), text)
    prose = prose.replace('"', " ")  # what is quoted would not be read
    for one in LintFile(source="page", content=prose).lint(config):
        yield one.pos[0], one.check_result.message


def ours() -> Iterator[Check]:
    """Yield our own checks."""
    style = tomllib.loads(STYLE.read_text(encoding="utf-8"))
    for words, better in style["instead"].items():
        yield check("instead", words, f"'{{}}': write {better}.")
    for kind, patterns in style["never"].items():
        for words in patterns:
            yield check(kind, words, f"'{{}}': {kind}; see scripts/prose.toml.")


def check(kind: str, words: str, message: str) -> Check:
    """Return a check for words that may not occur."""
    found = types.ExistenceSimple(pattern=Padding.WORDS_IN_TEXT.format(f"(?:{words})"))
    return Check(check_type=found, path=f"ours.{kind}", message=message, engine=engine.Fancy())


def pages() -> list[Path]:
    """Return the pages of the repository."""
    listed = subprocess.run(  # noqa: S603
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *PAGES],  # noqa: S607
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [CHECKOUT / name for name in sorted(listed.stdout.splitlines())]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
