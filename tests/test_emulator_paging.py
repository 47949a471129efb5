"""How the emulator's lists are cut into pages, and what a reader sees while records change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from emulator_client import Client, refusal

from kombo_emulator import Behaviour, Emulator

if TYPE_CHECKING:
    from collections.abc import Callable

WAYS: dict[str, dict[str, Any]] = {
    "id": {},
    "change up": {"order": "changed"},
    "change down": {"order": "changed_down"},
    "offset": {"paging": "offset"},
    "page number": {"paging": "page"},
    "snapshot": {"paging": "snapshot"},
}
LIST = "/ats/interviews"


@pytest.mark.parametrize(
    ("way", "empty_pages"),
    [*((way, 0) for way in WAYS), ("id", 2), ("page number", 2), ("snapshot", 2)],
)
def test_pass_reads_every_record_once(
    client: Client, emulator: Emulator, way: str, empty_pages: int
) -> None:
    emulator.behaviour = Behaviour(**WAYS[way], empty_pages=empty_pages)
    pages = list(client.pages(LIST, page_size="50"))
    sizes = {0: [50, 50, 20], 2: [50, 0, 50, 0, 20]}
    assert [len(page) for page in pages] == sizes[empty_pages]
    rows = [row for page in pages for row in page]
    assert sorted(row["id"] for row in rows) == [
        row["id"] for row in client.ats.records("ats_interviews")
    ]
    by_change = [row["changed_at"] for row in rows]
    upwards = {"change up": True, "change down": False}.get(way)
    if upwards is None:
        assert rows == sorted(rows, key=lambda row: str(row["id"]))
    else:
        assert by_change == sorted(by_change, reverse=not upwards)


@pytest.mark.parametrize(("page_size", "sizes"), [("60", [60, 60]), ("", [100, 20])])
def test_pages_have_the_size_asked_for(client: Client, page_size: str, sizes: list[int]) -> None:
    params = {"page_size": page_size} if page_size else {}
    assert [len(page) for page in client.pages(LIST, **params)] == sizes


class Pass:
    """A pass of two pages, between which something happens to one record."""

    def __init__(self, client: Client, happen: Callable[[Client, str], object], at: int) -> None:
        """Read a page, let it happen to the record at a place of the order, read the rest."""
        order = client.ids(LIST)
        self.subject = order[at]
        client.ats.world.clock.advance(seconds=1)
        first = client.data(LIST, page_size="60")
        self.others = set(order) - {self.subject}
        happen(client, self.subject)
        seen = [row["id"] for row in first["results"]]
        cursor = {"cursor": first["next"]}
        while cursor["cursor"]:
            data = client.data(LIST, page_size="60", **cursor)
            seen += [row["id"] for row in data["results"]]
            cursor = {"cursor": data["next"]}
        self.seen = seen

    @property
    def result(self) -> tuple[int, int, int]:
        """How often the subject was read, how many others were missed, how many came twice."""
        counts = {key: self.seen.count(key) for key in self.others}
        missed = sum(count == 0 for count in counts.values())
        twice = sum(count > 1 for count in counts.values())
        return self.seen.count(self.subject), missed, twice


EVENTS: dict[str, tuple[Callable[[Client, str], object], int]] = {
    "a read one changes": (lambda it, key: it.ats.edit("ats_interviews", key, title="New"), 3),
    "an unread one changes": (lambda it, key: it.ats.edit("ats_interviews", key, title="New"), -3),
    "a read one leaves": (lambda it, key: it.ats.delete("ats_interviews", key), 3),
    "an unread one leaves": (lambda it, key: it.ats.delete("ats_interviews", key), -3),
}
PROMISES = {
    # By event: the subject read so often, others missed, others read twice.
    "id": [(1, 0, 0), (1, 0, 0), (1, 0, 0), (0, 0, 0)],
    "change up": [(2, 0, 0), (1, 0, 0), (1, 0, 0), (0, 0, 0)],
    "change down": [(1, 0, 0), (0, 0, 0), (1, 0, 0), (0, 0, 0)],
    "offset": [(1, 0, 0), (1, 0, 0), (1, 1, 0), (0, 0, 0)],
    "page number": [(1, 0, 0), (1, 0, 0), (1, 1, 0), (0, 0, 0)],
    "snapshot": [(1, 0, 0), (1, 0, 0), (1, 0, 0), (0, 0, 0)],
}


@pytest.mark.parametrize("way", PROMISES)
def test_what_a_reader_sees(client: Client, emulator: Emulator, way: str) -> None:
    emulator.behaviour = Behaviour(**WAYS[way])
    seen = {event: Pass(client, *happening).result for event, happening in EVENTS.items()}
    assert seen == dict(zip(EVENTS, PROMISES[way], strict=True))


@pytest.mark.parametrize(
    ("way", "seen", "twice"),
    [
        ("change up", True, 0),
        ("change down", False, 0),
        ("snapshot", False, 0),
        ("offset", False, 1),
        ("page number", False, 1),
    ],
)
def test_a_record_appears_between_two_pages(
    client: Client, emulator: Emulator, way: str, *, seen: bool, twice: int
) -> None:
    """By counting, it comes in front of the newest; behind an id, it depends on the id."""
    counted = {"order": "changed_down"} if "paging" in WAYS[way] else {}
    emulator.behaviour = Behaviour(**(counted | WAYS[way]))
    added: list[str] = []
    done = Pass(client, lambda it, _: added.append(it.ats.make("ats_interviews")), 0)
    assert (added[0] in done.seen, done.result[1]) == (seen, 0)
    assert len(done.seen) - len(set(done.seen)) == twice


@pytest.mark.parametrize("seen", [True, False])
def test_a_record_appears_before_or_behind_the_last_id(client: Client, *, seen: bool) -> None:
    added: list[str] = []

    def add(it: Client, _: str) -> None:
        last = it.ids(LIST)[59]
        while not added or (added[-1] > last) is not seen:
            added.append(it.ats.make("ats_interviews"))

    done = Pass(client, add, 0)
    assert (added[-1] in done.seen) is seen
    assert done.result[1:] == (0, 0)


@pytest.mark.parametrize("way", ["offset", "page number"])
def test_a_record_moves_by_changing(client: Client, emulator: Emulator, way: str) -> None:
    """Read and moved to the end: one that stayed is missed, the moved one comes twice."""
    emulator.behaviour = Behaviour(**WAYS[way], order="changed")
    assert Pass(client, *EVENTS["a read one changes"]).result == (2, 1, 0)


@pytest.mark.parametrize(("way", "kept"), [("id", 0), ("snapshot", 1)])
def test_a_record_stops_matching_between_two_pages(
    client: Client, emulator: Emulator, way: str, kept: int
) -> None:
    emulator.behaviour = Behaviour(**WAYS[way])
    pending = {"outcomes": "PENDING"}
    *others, last = client.ids("/ats/applications", **pending)
    first = client.data("/ats/applications", **pending, page_size=str(len(others)))
    client.ats.edit("ats_applications", last, outcome="DECLINED")
    rest = client.data("/ats/applications", **pending, cursor=first["next"])
    assert [row["outcome"] for row in rest["results"]] == ["DECLINED"] * kept


@pytest.mark.parametrize("way", ["id", "page number", "snapshot"])  # by key, counted, frozen
def test_cursor_is_bound_to_its_filters_but_for_the_page_size(
    client: Client, emulator: Emulator, way: str
) -> None:
    emulator.behaviour = Behaviour(**WAYS[way])
    emulator.add_integration("lever:acme")
    first = client.data(LIST, page_size="10", include_deleted="true")
    cursor = {"cursor": first["next"], "include_deleted": "true"}
    assert len(client.data(LIST, page_size="7", **cursor)["results"]) == 7
    other = client.get_as({"X-Integration-Id": "lever:acme"}, LIST, **cursor)
    refused = {
        "another integration": other,
        "fewer filters": client.get(LIST, cursor=first["next"]),
        "more filters": client.get(LIST, **cursor, updated_after="2026-01-01"),
        "another list": client.get("/ats/applications", **cursor),
        "cut short": client.get(LIST, **{**cursor, "cursor": first["next"][:-4]}),
        "empty": client.get(LIST, **{**cursor, "cursor": ""}),
        "no cursor at all": client.get(LIST, **{**cursor, "cursor": "ü\0"}),
    }
    assert {name: one.status_code for name, one in refused.items()} == dict.fromkeys(refused, 400)
    told = {name: refusal(one)[1] for name, one in refused.items()}
    assert told == dict.fromkeys(refused, "PLATFORM.INPUT_INVALID")


@pytest.mark.parametrize(
    ("way", "expired", "refused"),
    [
        ("id", "code", (400, "PLATFORM.INPUT_INVALID")),
        ("offset", "no code", (404, None)),
        ("snapshot", "empty", None),
    ],
)
def test_a_cursor_expires(
    client: Client,
    emulator: Emulator,
    way: str,
    expired: Any,  # noqa: ANN401
    refused: tuple[int, str | None] | None,
) -> None:
    emulator.behaviour = Behaviour(**WAYS[way], cursor_seconds=60, expired_cursor=expired)
    cursor = client.data(LIST)["next"]
    emulator.clock.advance(seconds=59)
    assert len(client.data(LIST, cursor=cursor)["results"]) == 20
    emulator.clock.advance(seconds=1)
    if refused:
        assert refusal(client.get(LIST, cursor=cursor)) == refused
    else:
        assert client.data(LIST, cursor=cursor) == {"results": [], "next": None}
