"""Runs the tap in this process and keeps what it sends."""

from __future__ import annotations

import copy
import functools
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from singer_sdk.singerlib.encoding.base import GenericSingerWriter
from singer_sdk.singerlib.encoding.simple import Message
from starlette.responses import JSONResponse
from typing_extensions import override

from kombo_emulator import Size
from scripts.meltano_project import CHECKOUT
from scripts.tables import as_sent
from tap_kombo.api.endpoints import STREAMS
from tap_kombo.privacy import sensitive_paths
from tap_kombo.schemas import load_schema
from tap_kombo.selection import compile_edits
from tap_kombo.tap import TapKombo

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.responses import Response

    from kombo_emulator import Emulator
    from kombo_emulator.exchange import Received
    from kombo_emulator.models import Embed

KEY = "ks_dev_emulator"

REFERENCE = Path(os.environ.get("KOMBO_REFERENCE_DIR") or CHECKOUT.parent / "shared" / "reference")
"""Where Kombo's document and facts on it may be; they are no part of the repository."""

needs_reference = pytest.mark.skipif(
    not REFERENCE.is_dir(), reason="the reference is not at hand; KOMBO_REFERENCE_DIR tells where"
)

Measured = Callable[[str], None]


@dataclass
class Sent(GenericSingerWriter[str, Message]):
    """The Singer messages of one run, in order.

    Attributes:
        messages: What was written so far.
        before: Called before each message; may raise, as a loader that has died does.
        error: What has ended the run, if `Kombo.attempt` made it.
        known: The streams of which a SCHEMA was sent; a STATE is of none.
    """

    messages: list[dict[str, Any]] = field(default_factory=list)
    before: Callable[[], None] | None = None
    error: Exception | None = None
    known: set[str] = field(default_factory=lambda: {""})

    @override
    def serialize_message(self, message: Message) -> str:
        raise AssertionError

    @override
    def write_message(self, message: Message) -> None:
        if self.before:
            self.before()
        sent = {name: getattr(message, name) for name in message.__dataclass_fields__}
        sent["type"] = message.type.value
        if sent["type"] == "SCHEMA":
            self.known.add(sent["stream"])
        assert sent.get("stream", "") in self.known, "a loader ends, as it knows no SCHEMA of this"
        if sent["type"] == "STATE":
            sent = copy.deepcopy(sent)  # it goes on changing
        self.messages.append(sent)

    def records(self, stream: str = "interviews") -> list[dict[str, Any]]:
        """The records of one stream, in the order sent."""
        return [
            message["record"]
            for message in self.messages
            if message["type"] == "RECORD" and message["stream"] == stream
        ]

    @property
    def state(self) -> dict[str, Any]:
        """The last state."""
        states = [message["value"] for message in self.messages if message["type"] == "STATE"]
        return states[-1] if states else {}

    def remembered(self, integration_id: str, stream: str = "interviews") -> dict[str, Any]:
        """What the last state holds of one integration."""
        partitions = self.state.get("bookmarks", {}).get(stream, {}).get("partitions", [])
        found = [one for one in partitions if one["context"] == {"integration_id": integration_id}]
        return found[0] if found else {}

    def bookmark(self, integration_id: str, stream: str = "interviews") -> str | None:
        """The bookmark of one integration in the last state."""
        return self.remembered(integration_id, stream).get("replication_key_value")


@functools.cache
def discovered() -> dict[str, Any]:
    """Return the catalog as `--discover` prints it."""
    config = {"opt_in": ["*_attachments"]}
    return TapKombo(config=config, validate_config=False, setup_mapper=False).catalog_dict


@functools.cache
def _tap_of(streams: tuple[str, ...]) -> type[TapKombo]:
    """The tap without the streams that are not chosen: to make them takes half of a small run."""
    needed = {*streams, *(one.parent for one in STREAMS if one.name in streams)}
    endpoints = [one for one in STREAMS if one.name in needed]
    return type(TapKombo.__name__, (TapKombo,), {"endpoints": endpoints})


@functools.cache
def catalog(
    *streams: str, method: str | None = None, deselected: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Return a catalog in which just these streams are selected.

    Args:
        streams: Their names.
        method: Replication method to force on them.
        deselected: Properties to leave out of each, such as `application.outcome`.
    """
    unwanted = [
        ["properties", *name.replace(".", ".properties.").split(".")] for name in deselected
    ]
    entries = [entry for entry in discovered()["streams"] if entry["stream"] in streams]
    chosen = copy.deepcopy({"streams": entries})  # a stream without an entry is not selected
    for entry in chosen["streams"]:
        root = next(one["metadata"] for one in entry["metadata"] if not one["breadcrumb"])
        root["selected"] = True
        for one in entry["metadata"]:
            if one["breadcrumb"] in unwanted:
                one["metadata"]["selected"] = False
        if method:
            entry["replication_method"] = method
    return chosen


@dataclass
class Kombo:
    """The emulator at an address, and the tap run against it.

    Attributes:
        emulator: The emulator; its clock is also the tap's.
        url: Where it answers.
        skew: Seconds that the tap's clock is ahead of Kombo's.
    """

    emulator: Emulator
    url: str
    skew: float = 0

    def run(
        self,
        *integrations: str,
        streams: tuple[str, ...] = ("interviews",),
        state: dict[str, Any] | None = None,
        method: str | None = None,
        deselected: tuple[str, ...] = (),
        sent: Sent | None = None,
        **settings: object,
    ) -> Sent:
        """Run the tap in this process.

        Args:
            integrations: The integrations to read.
            streams: The streams to read.
            state: The state that an earlier run has left.
            method: Replication method to force on the streams.
            deselected: Properties to leave out of each stream.
            sent: Where the messages go.
            settings: Further settings.

        Returns:
            What was sent.

        Raises:
            Exception: Whatever ends the run; what was sent until then is in `sent`.
        """
        sent = sent or Sent()
        config = {"api_key": KEY, "integration_ids": list(integrations), "api_url": self.url}
        config["opt_in"] = [one for one in streams if one.endswith("_attachments")]
        now = self.emulator.clock.now() + timedelta(seconds=self.skew)
        with time_machine.travel(now, tick=True):
            tap = _tap_of(streams)(
                config=config | settings,
                state=copy.deepcopy(state),
                catalog=catalog(*streams, method=method, deselected=deselected),
                message_writer=sent,
            )
            tap.sync_all()
        return sent

    def attempt(self, *integrations: str, **options: Any) -> Sent:  # noqa: ANN401
        """Run as `run` does; what ends the run is in `error` of what was sent, without frames."""
        sent: Sent = options.setdefault("sent", Sent())
        try:
            self.run(*integrations, **options)
        except Exception as error:  # noqa: BLE001 - the test looks at it
            sent.error = error.with_traceback(None)
        return sent

    def asked(self, path: str = "/ats/interviews") -> list[Received]:
        """The requests for one list."""
        return [one for one in self.emulator.requests if one.path.endswith(path)]


def only(**counts: int) -> Size:
    """So many records of these models, and of all others none: to make them up takes longest."""
    return replace(Size.empty(), **counts)


def refusal(code: str | None, status: int, **more: object) -> Response:
    return JSONResponse({"status": "error", "error": {"code": code, **more}}, status)


def expected(kombo: Kombo, *integrations: str) -> dict[str, dict[str, Any]]:
    """What the interviews table holds if it equals Kombo, by id."""
    return {
        record["id"]: shown("interviews", record) | {"integration_id": integration_id}
        for integration_id in integrations
        for record in kombo.emulator.integrations[integration_id].records("ats_interviews")
    }


@functools.cache
def _view(stream: str) -> tuple[dict[str, Any], Callable[[list[dict[str, Any]]], None]]:
    """The schema of a stream, and what takes out of its records what nobody has opted in."""
    return load_schema(stream), compile_edits(dict.fromkeys(sensitive_paths(stream)))


def shown(stream: str, record: dict[str, Any]) -> dict[str, Any]:
    """What a stream has of a record if nothing is opted in."""
    schema, hide = _view(stream)
    hide([record])
    sent: dict[str, Any] = as_sent(record, schema)
    return sent


def failing(integration_id: str, answer: Response, stream: str = "/ats/interviews") -> Any:  # noqa: ANN401
    """An interception that refuses one list of one integration."""
    return lambda asked: (
        answer if asked.path.endswith(stream) and asked.integration_id == integration_id else None
    )


def differences(
    stored: dict[str, dict[str, Any]], wanted: dict[str, dict[str, Any]]
) -> dict[str, object]:
    """Where two tables of rows by id differ: both values, by id and column."""
    found: dict[str, object] = dict.fromkeys(stored.keys() ^ wanted.keys(), "only one has this row")
    for key in stored.keys() & wanted.keys():
        row, other = stored[key], wanted[key]
        for name in row.keys() | other.keys():
            pair = (row.get(name, "no column"), other.get(name, "no column"))
            if pair[0] != pair[1]:
                found[f"{key} {name}"] = pair
    return found


def promised(record: dict[str, Any], embeds: Sequence[Embed]) -> dict[str, Any]:
    """Return the part of a record whose changes `updated_after` promises to bring."""
    kept = dict(record)
    for embed in embeds:
        nested = kept.pop(embed.key, None)
        if embed.many or embed.reverse:
            children = sorted(nested or (), key=str)
            if embed.on_link and embed.on_change:
                kept[embed.key] = [promised(one, embed.embeds) for one in children]
            elif embed.on_link:
                kept[embed.key] = sorted(one["id"] for one in children)
        elif embed.on_change and nested:
            kept[embed.key] = promised(nested, embed.embeds)
    return kept


def each(*cases: object) -> Callable[[Callable[..., None]], Callable[[], None]]:
    """Let one test try cases that are alike, and tell all that fail; a tuple is all arguments."""

    def of(check: Callable[..., None]) -> Callable[[], None]:
        def test() -> None:
            wrong = []
            for case in cases:
                try:
                    check(*(case if isinstance(case, tuple) else (case,)))
                except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - all are tried
                    wrong.append(f"{ascii(case)[:200]}: {type(error).__name__}: {error}")
            assert not wrong, "\n\n".join(wrong)

        test.__name__, test.__doc__ = check.__name__, check.__doc__
        return test

    return of
