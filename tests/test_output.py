"""What is sent is what the plain SDK path would send, only faster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk.helpers.conform import TypeConformanceLevel

from kombo_emulator import Behaviour
from tap_kombo.client import KomboStream
from tap_kombo.endpoints import ENDPOINTS
from tap_kombo.passes import PassReader

if TYPE_CHECKING:
    import pytest
    from support import Kombo, Sent

IDS = {name: f"tool:{name}" for name in ("ATS", "HRIS", "LMS", "ASSESSMENT")}
STREAMS = tuple(one.name for one in ENDPOINTS)


def by_key(sent: Sent) -> dict[tuple[str, str], dict[str, Any]]:
    records = [one for one in sent.messages if one["type"] == "RECORD"]
    found = {(one["stream"], one["record"]["id"]): one["record"] for one in records}
    assert len(found) == len(records)
    return found


def test_all_streams_send_what_the_plain_path_sends(
    kombo: Kombo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plain path: every value cleaned by itself, and the SDK's conformance of the root."""
    kombo.emulator.behaviour = Behaviour(remote_data=True)
    for category, one in IDS.items():
        kombo.emulator.add_integration(one, category)
    fast = by_key(kombo.run(*IDS.values(), streams=STREAMS))
    walked = []
    monkeypatch.setattr(KomboStream, "TYPE_CONFORMANCE_LEVEL", TypeConformanceLevel.ROOT_ONLY)
    plain_init = PassReader.__init__

    def init(reader: PassReader, stream: KomboStream) -> None:
        plain_init(reader, stream)
        monkeypatch.setattr(reader, "_fits", lambda _: walked.append(stream.name))

    monkeypatch.setattr(PassReader, "__init__", init)

    plain = by_key(kombo.run(*IDS.values(), streams=STREAMS))

    assert set(walked) == set(STREAMS)
    assert {stream for stream, _ in fast} == set(STREAMS)
    assert fast == plain
