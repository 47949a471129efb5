"""How the emulator's lists are cut into pages."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Any

import pytest
from emulator_client import Client, refusal

from kombo_emulator import Behaviour, Emulator

if TYPE_CHECKING:
    from starlette.responses import Response

    from kombo_emulator import Received


@pytest.mark.parametrize("order", ["id", "changed"])
@pytest.mark.parametrize("paging", ["live", "snapshot"])
@pytest.mark.parametrize("empty_pages", [0, 2])
def test_pass_reads_every_record_once(
    client: Client,
    emulator: Emulator,
    order: Any,  # noqa: ANN401
    paging: Any,  # noqa: ANN401
    empty_pages: int,
) -> None:
    emulator.behaviour = Behaviour(order=order, paging=paging, empty_pages=empty_pages)
    pages = list(client.pages("/ats/interviews", page_size="50"))
    sizes = {0: [50, 50, 20], 2: [50, 0, 50, 0, 20]}
    assert [len(page) for page in pages] == sizes[empty_pages]
    ids = [row["id"] for page in pages for row in page]
    assert sorted(ids) == [row["id"] for row in client.ats.records("ats_interviews")]
    assert (ids == sorted(ids)) is (order == "id")


def test_last_page_may_be_full(client: Client) -> None:
    assert [len(page) for page in client.pages("/ats/interviews", page_size="60")] == [60, 60]


def test_page_size_is_100_unless_given(client: Client) -> None:
    assert [len(page) for page in client.pages("/ats/interviews")] == [100, 20]


@pytest.mark.parametrize(("paging", "seen"), [("live", True), ("snapshot", False)])
def test_record_added_between_two_pages(
    client: Client,
    emulator: Emulator,
    paging: Any,  # noqa: ANN401
    *,
    seen: bool,
) -> None:
    emulator.behaviour = Behaviour(order="changed", paging=paging)
    added: list[str] = []

    def add_before_second_page(received: Received) -> Response | None:
        if "cursor" in received.params and not added:
            emulator.clock.advance(seconds=1)
            added.append(client.ats.add_interview())
        return None

    emulator.intercept = add_before_second_page
    ids = client.ids("/ats/interviews", page_size="100")
    assert added
    assert (added[0] in ids) is seen


def test_record_deleted_between_two_pages_is_left_out_of_the_frozen_list(
    client: Client, emulator: Emulator
) -> None:
    emulator.behaviour = Behaviour(paging="snapshot")
    last = client.ids("/ats/interviews")[-1]
    first = client.data("/ats/interviews")
    client.ats.delete("ats_interviews", last)
    rest = client.data("/ats/interviews", cursor=first["next"])
    assert len(rest["results"]) == 19


@pytest.mark.parametrize(("paging", "kept"), [("live", 0), ("snapshot", 1)])
def test_record_that_stops_matching_between_two_pages(
    client: Client,
    emulator: Emulator,
    paging: Any,  # noqa: ANN401
    kept: int,
) -> None:
    emulator.behaviour = Behaviour(paging=paging)
    pending = {"outcomes": "PENDING"}
    *others, last = client.ids("/ats/applications", **pending)
    first = client.data("/ats/applications", **pending, page_size=str(len(others)))
    client.ats.reject_application(last)
    rest = client.data("/ats/applications", **pending, cursor=first["next"])
    assert [row["outcome"] for row in rest["results"]] == ["DECLINED"] * kept


def test_cursor_allows_another_page_size_but_nothing_else(
    client: Client, emulator: Emulator
) -> None:
    emulator.add_integration("lever:acme")
    first = client.data("/ats/interviews", page_size="10", include_deleted="true")
    cursor = {"cursor": first["next"], "include_deleted": "true"}
    second = client.data("/ats/interviews", page_size="7", **cursor)
    assert len(second["results"]) == 7
    other = client.get_as({"X-Integration-Id": "lever:acme"}, "/ats/interviews", **cursor)
    for refused in (
        other,
        client.get("/ats/interviews", cursor=first["next"]),
        client.get("/ats/interviews", **cursor, updated_after="2026-01-01"),
        client.get("/ats/applications", **cursor),
    ):
        assert refusal(refused) == (400, "PLATFORM.INPUT_INVALID")


def test_malformed_cursor_is_refused(client: Client) -> None:
    cursor = client.data("/ats/interviews", page_size="10")["next"]
    forged = urlsafe_b64encode(b"12345678" + json.dumps(["x", [0, "a"], 2, None]).encode()).decode()
    for wrong in ("", "x", "%00", cursor[:-4], "A" + cursor[1:], forged, "ü"):
        answer = client.get("/ats/interviews", page_size="10", cursor=wrong)
        assert refusal(answer) == (400, "PLATFORM.INPUT_INVALID"), wrong


def test_every_page_empty_would_never_end() -> None:
    with pytest.raises(ValueError, match="never ends"):
        Behaviour(empty_pages=1)
