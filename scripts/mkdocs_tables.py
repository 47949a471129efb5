"""Lets tables be read on a phone: each cell knows its column, and long names may be broken.

The style sheet shows a row as a card where the screen is narrow, and the name of its column before
each cell; a name such as `application.candidate.email_addresses` is broken at a dot, not cut off.
"""

from __future__ import annotations

import re

TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)
CELL = re.compile(r"<(t[hd])\b[^>]*>(.*?)</t[hd]>", re.DOTALL)
CODE = re.compile(r"(?<=<code>)[^<]+(?=</code>)")
TAG = re.compile(r"<[^>]*>")
BREAK = re.compile(r"(?<=[./_,:-])(?=\w)")
"""Where a name may be broken."""

FEW = 2
NARROW = 50
PADDING = 4
"""So many columns fit on a phone, or so many characters with what is around each cell."""


def on_page_content(html: str, **_: object) -> str:
    """Change the tables of a page."""
    return TABLE.sub(lambda table: breakable(labelled(table[0])), html)


def labelled(table: str) -> str:
    """Return a table that says whether it is wide, and with the name of its column in each cell."""
    texts = [(tag, TAG.sub("", inner)) for tag, inner in CELL.findall(table)]
    names = [text.replace('"', "&quot;") for tag, text in texts if tag == "th"]
    columns = (texts[at :: len(names)] for at in range(len(names)))
    width = sum(max(len(text) for _, text in column) for column in columns)
    parts = table.split("<td")
    cells = (
        f'<td data-label="{names[at % len(names)]}"{part}' for at, part in enumerate(parts[1:])
    )
    whole = "".join((parts[0], *cells))
    if len(names) > FEW and width > NARROW:
        return whole.replace("<table", "<table data-wide", 1)
    return whole


def breakable(table: str) -> str:
    """Return a table in whose names a browser may begin a line after each part."""
    return CODE.sub(lambda code: BREAK.sub("<wbr>", code[0]), table)
