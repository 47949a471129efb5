"""The linter of our pages finds what it is to find, and nothing in code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scripts.prose import main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Run it, and the script draws the picture anew.", "'anew': write again."),
        ("Left out is the join that all have.", "'Left out is': inverted"),
        ("It fails; else it ends well.", "'; else': otherwise"),
        ("It waits, for it has to.", "', for it': because"),
        ("It is very unique.", "Comparison of an uncomparable"),  # one of proselint's own
    ],
)
def test_what_readers_stumble_over_is_found(
    text: str, found: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# A page\n\n{text}\n")

    assert main([str(page)]) == 1
    assert f"page.md:3: {found}" in capsys.readouterr().out


def test_code_and_links_are_not_read(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```text\nanew\n```\n\nThe word `anew` and [this](anew.md) are fine.\n")

    assert main([str(page)]) == 0
