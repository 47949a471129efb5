"""A record of each stream, as the tap sends it: what the column reference shows."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import time_machine
from singer_sdk.singerlib.encoding.base import GenericSingerWriter
from singer_sdk.singerlib.encoding.simple import Message
from singer_sdk.singerlib.messages import RecordMessage
from typing_extensions import override

from kombo_emulator import Emulator, Size, serve
from tap_kombo.api.endpoints import LEDGER
from tap_kombo.tap import TapKombo

if TYPE_CHECKING:
    from collections.abc import Iterable

NOW = "2026-11-23T10:00:00Z"
INTEGRATIONS = {
    "greenhouse:demo": "ATS",
    "personio:demo": "HRIS",
    "docebo:demo": "LMS",
    "icims:demo": "ASSESSMENT",
}
SIZE = Size(applications=8, candidates=8, interviews=16)
"""Their files take a request each, and Kombo's limit lets only so many through."""

MADE_ANEW = {
    "id": "a41d3cf9-2b9c-4c0e-9a56-0d5f1a7c8e21",
    "run_id": "7f0a52d4-51c6-4f6b-8a3e-c3b1d9e0f764",
    "question": "9af0736b8430c46c",
    "tap_version": "1.0.0",
}
"""What the ledger says otherwise in each run or version of the tap."""

WIDE = 3
"""Entries of a list of plain values that are shown."""


@dataclass
class Records(GenericSingerWriter[str, Message]):
    """Keeps the records of a run, by stream."""

    found: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @override
    def serialize_message(self, message: Message) -> str:
        raise AssertionError

    @override
    def write_message(self, message: Message) -> None:
        if isinstance(message, RecordMessage):
            self.found.setdefault(message.stream, []).append(message.record)


def records() -> dict[str, list[dict[str, Any]]]:
    """Return what the tap sends of the emulator's records if all streams are read, by stream."""
    logging.disable(logging.WARNING)
    emulator, kept = Emulator(now=NOW), Records()
    for name, category in INTEGRATIONS.items():
        emulator.add_integration(name, category, SIZE)
    with serve(emulator) as url, time_machine.travel(emulator.clock.now(), tick=False):
        config = {
            "api_key": emulator.api_key,
            "api_url": url,
            "integration_ids": list(INTEGRATIONS),
            "opt_in": ["*_attachments"],
        }
        catalog = TapKombo(config=config).catalog_dict
        for entry in catalog["streams"]:
            for one in entry["metadata"]:
                if not one["breadcrumb"]:
                    one["metadata"]["selected"] = True
        TapKombo(config=config, catalog=catalog, message_writer=kept).sync_all()
    logging.disable(logging.NOTSET)
    passes = [one for one in kept.found[LEDGER.name] if one["stream"] == "interviews"]
    return kept.found | {LEDGER.name: [one | MADE_ANEW for one in passes]}


def sample(found: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return the record that shows most, without the further entries of its lists.

    Args:
        found: The records of a stream.
    """
    in_order = sorted(found, key=lambda one: str(one["id"]))  # pages come as they are answered
    living = [short(one) for one in in_order if one.get("remote_deleted_at") is None]
    shown: dict[str, Any] = max(living, key=filled)
    return shown


def short(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return a value with one entry of each list of objects, and three of any other."""
    if isinstance(value, dict):
        return {name: short(one) for name, one in value.items()}
    if isinstance(value, list):
        length = 1 if any(isinstance(one, dict) for one in value) else WIDE
        return [short(one) for one in value[:length]]
    return value


def filled(value: Any) -> int:  # noqa: ANN401 - any JSON
    """Return how many values there are, at any depth."""
    if isinstance(value, dict):
        return sum(map(filled, value.values()))
    if isinstance(value, list):
        return sum(map(filled, value))
    return int(value is not None)
