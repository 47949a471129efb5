"""The reference names every stream and column, and what of it needs `opt_in`."""

from __future__ import annotations

import re
from functools import cache

import pytest
from support import each

from tap_kombo.api.endpoints import STREAMS, Endpoint
from tap_kombo.privacy import is_opted_in, place, places, walk
from tap_kombo.reference import Column, columns, kind_of, reference
from tap_kombo.schemas import load_schema
from tap_kombo.tap import TapKombo

ROW = re.compile(r"^\| `([^`]+)` \| ([^|]+) \| ([^|]*) \| (.+) \|$", re.MULTILINE)


@cache
def sections() -> dict[str, str]:
    """What is said of each stream."""
    _, *parts = re.split(r"^### `(\w+)`$", reference(), flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


@pytest.mark.parametrize("chosen", ["markdown", "json", None])
def test_about_has_the_streams_in_markdown_only(
    chosen: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    TapKombo.print_about(chosen)

    printed = capsys.readouterr().out
    assert "flattening_enabled" in printed  # the SDK's part
    assert (reference() in printed) == (chosen == "markdown")


@each(*STREAMS)
def test_every_column_is_told(endpoint: Endpoint) -> None:
    section = sections()[endpoint.name]
    rows = [Column(*row) for row in ROW.findall(section)]
    needed = [one for one in places() if one.startswith(f"{endpoint.name}.")]
    paths = [place(endpoint.name, path) for path, _ in walk(load_schema(endpoint.name))]

    assert endpoint.about.endswith(".")
    assert endpoint.about in section
    assert [f"{endpoint.name}.{one.name}" for one in rows] == paths
    assert rows == list(columns(endpoint.name))
    assert [one for one in paths if is_opted_in(one, needed)] == [
        f"{endpoint.name}.{one.name}" for one in rows if "**opt-in**" in one.privacy
    ]


def test_types_are_told_in_words() -> None:
    told = {
        f"{endpoint.name}.{one.name}": one.kind
        for endpoint in STREAMS
        for one in columns(endpoint.name)
    }
    assert set(told.values()) == {
        *("text", "number", "boolean", "date", "timestamp", "object", "any JSON"),
        *("list of text", "list of objects"),
    }
    assert told["interviews.starting_at"] == "timestamp"
    assert told["interviews.users"] == "list of objects"
    assert told["scorecards.responses.answer"] == "any JSON"
    assert kind_of({"type": ["array", "null"], "items": {"type": ["string"]}}) == "list of text"
