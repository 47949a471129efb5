"""Puts the pictures of the joins into the page itself, so that they follow its light or dark."""

from __future__ import annotations

import re
from pathlib import Path

PICTURES = Path(__file__).parent.parent / "docs"
IMAGE = re.compile(r'<img [^>]*src="(?:[^"]*/)?([\w-]+\.svg)"[^>]*>')


def on_page_content(html: str, **_: object) -> str:
    """Replace each image that this project has drawn by what it holds."""
    drawn = {path.name: path for path in PICTURES.rglob("*.svg")}

    def inline(image: re.Match[str]) -> str:
        svg = drawn[image[1]].read_text(encoding="utf-8") if image[1] in drawn else ""
        return svg if 'class="joins"' in svg else image[0]

    return IMAGE.sub(inline, html)
