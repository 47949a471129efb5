"""Lets pages link to files beside `docs/`, as they do in the repository, and names the repository.

MkDocs knows the folder `docs/` only. Here each file outside of it that a page links to, such as an
example, becomes part of the site, and the links are bent to where it is there.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from mkdocs.structure.files import File

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"(?<=\]\()([^)#:\s]+)(?=[)#])")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Link to the repository and name the version that the pages describe."""
    config.repo_url = yaml.safe_load((ROOT / "plugin.yaml").read_text(encoding="utf-8"))["repo"]
    config.repo_name = config.site_name
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    config.extra["version"] = re.findall(r"^## \[(.+?)\]", changelog, re.MULTILINE)[0].lower()
    return config


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the files outside of `docs/` that a page links to."""
    waiting = [Path(file.abs_src_path or "") for file in files.documentation_pages()]
    known = {file.src_uri for file in files}
    while waiting:
        for path in linked(waiting.pop()):
            uri = place(path)
            if uri not in known:
                known.add(uri)
                files.append(File.generated(config, uri, abs_src_path=str(path)))
                if path.suffix == ".md":
                    waiting.append(path)
    return files


def on_page_markdown(markdown: str, *, page: Page, **_: object) -> str:
    """Bend the links of a page to where the files are in the site."""
    source = Path(page.file.abs_src_path or "")
    folder = Path(page.file.src_uri).parent

    def bend(link: re.Match[str]) -> str:
        path = (source.parent / link[1]).resolve()
        return os.path.relpath(place(path), folder) if path.is_file() else link[1]

    return LINK.sub(bend, markdown)


def linked(page: Path) -> Iterator[Path]:
    """Yield the files that a page links to."""
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        path = (page.parent / target).resolve()
        if path.is_file() and path.is_relative_to(ROOT):
            yield path


def place(path: Path) -> str:
    """Return where a file of the repository is in the site; `README.md` would be its home page."""
    uri = path.relative_to(ROOT).as_posix().removeprefix("docs/")
    return "readme.md" if uri == "README.md" else uri
