"""The site of the documentation: complete, no broken link, no request to anywhere else."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import pytest
import yaml
from typing_extensions import override

from scripts.meltano_project import CHECKOUT
from scripts.mkdocs_tables import on_page_content
from scripts.prose import pages

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.xdist_group("docs")  # one worker, for all tests share one build

HOME = "https://site.invalid/"
VERSION = (CHECKOUT / "CHANGELOG.md").read_text().partition("## [")[2].partition("]")[0].lower()
LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src"}
LINKED = {"stylesheet", "icon", "preconnect", "dns-prefetch", "preload", "manifest"}


@dataclass
class Html(HTMLParser):
    """What one page of the site links to, loads and can be linked to."""

    links: list[str] = field(default_factory=list)
    assets: list[str] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.ids.add(found.get("id", ""))
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        if tag == "link" and LINKED & set(found.get("rel", "").split()):
            self.assets.append(found["href"])
        if tag in LOADED and LOADED[tag] in found:
            self.assets.append(found[LOADED[tag]])


@pytest.fixture(scope="module")
def site() -> dict[str, Html]:
    """The pages of the site, by address, as `make docs` builds them."""
    done = subprocess.run(
        ["make", "docs"], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stdout + done.stderr
    pages = {}
    for path in (CHECKOUT / "site").rglob("*.html"):
        page = Html()
        page.feed(path.read_text(encoding="utf-8"))
        pages[HOME + path.relative_to(CHECKOUT / "site").as_posix().removesuffix("index.html")] = (
            page
        )
    return pages


def file_of(address: str) -> Path:
    """The file that a server would send for an address of the site."""
    path = unquote(urlsplit(address).path).lstrip("/")
    return CHECKOUT / "site" / (f"{path}index.html" if path.endswith("/") or not path else path)


def test_each_page_is_built(site: dict[str, Html]) -> None:
    """MkDocs warns of a page that is not in `nav`, and a warning fails the build."""
    names = {path.stem for path in (CHECKOUT / "docs").glob("*.md")} - {"index"}
    assert {f"{HOME}{name}/" for name in names} | {HOME, f"{HOME}CHANGELOG/"} <= site.keys()


def test_internal_links_lead_somewhere(site: dict[str, Html]) -> None:
    broken, seen = [], 0
    for address, page in site.items():
        for link in page.links:
            target, anchor = urldefrag(urljoin(address, link))
            if not target.startswith(HOME):
                continue
            seen += 1
            known = site[target].ids if target in site else set()
            if not file_of(target).is_file() or (anchor and anchor not in known):
                broken.append((address, link))
    assert seen > 100
    assert broken == []


def test_nothing_is_loaded_from_elsewhere(site: dict[str, Html]) -> None:
    for address, page in site.items():
        assert len(page.assets) > 3, address
        for asset in page.assets:
            there = urljoin(address, asset)
            assert there.startswith(HOME), (address, asset)
            assert file_of(there).is_file(), (address, asset)


@pytest.mark.usefixtures("site")
def test_styles_name_no_other_place() -> None:
    styles = list((CHECKOUT / "site").rglob("*.css"))
    assert len(styles) > 2
    for style in styles:
        assert not [one for one in ("url(http", "url(//", "@import") if one in style.read_text()]


def test_pages_with_a_diagram_bring_mermaid(site: dict[str, Html]) -> None:
    """Else the theme would load it from elsewhere."""
    drawn = [one for one in site if 'class="mermaid"' in file_of(one).read_text()]
    bring = [one for one, page in site.items() if any("mermaid" in it for it in page.assets)]
    assert f"{HOME}layers/" in drawn
    assert sorted(drawn) == sorted(bring)


def test_each_page_names_the_repository_and_the_version(site: dict[str, Html]) -> None:
    repository = yaml.safe_load((CHECKOUT / "plugin.yaml").read_text())["repo"]
    for address, page in site.items():
        text = file_of(address).read_text()
        assert repository in page.links, address
        assert f"tap-kombo<br>{VERSION}" in text, address
        assert 'data-md-component="source"' not in text, address  # the theme would ask GitHub


def test_the_repository_shows_the_same(site: dict[str, Html]) -> None:
    """It knows no `!!!` and no `===`; both it and the site show `> [!WARNING]` as a box."""
    texts = [path.read_text(encoding="utf-8") for path in pages()]
    assert [text for text in texts if re.search(r"^ *(!!!|===|\?\?\?) ", text, re.MULTILINE)] == []
    boxes = sum(file_of(one).read_text().count('class="admonition warning"') for one in site)
    assert boxes == sum(text.count("\n> [!WARNING]\n") for text in texts) > 5


def test_a_wide_table_can_be_read_on_a_phone() -> None:
    """There its rows are cards, in which each cell says its column; a name may be broken."""
    rows = "<tr><td><code>a.b_c</code></td><td></td><td>{}</td></tr>"
    table = (
        '<table><thead><tr><th>Code</th><th>Cause</th><th>The "<code>x</code>"</th></tr></thead>'
        f"<tbody>{rows}{rows}</tbody></table>"
    )
    narrow, wide = (on_page_content(table.replace("{}", text)) for text in ("no", "so " * 20))

    cells = ["Code", "Cause", "The &quot;x&quot;"]
    assert re.findall(r'<td data-label="([^"]*)">', wide) == [*cells, *cells]
    assert '<td data-label="Code"><code>a.<wbr>b_<wbr>c</code></td>' in wide
    assert wide.startswith("<table data-wide>")
    assert narrow.startswith("<table><thead>")
    assert re.sub(r" data-(wide|label=\"[^\"]*\")|<wbr>", "", wide) == table.replace(
        "{}", "so " * 20
    )


@pytest.mark.usefixtures("site")
def test_every_table_of_the_site_is_so() -> None:
    pages = [path.read_text(encoding="utf-8") for path in (CHECKOUT / "site").rglob("*.html")]
    assert sum(page.count("<table data-wide>") for page in pages) > 10
    assert sum(page.count("<td data-label=") for page in pages) > 500
    assert [page for page in pages if "<td>" in page] == []
