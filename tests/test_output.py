"""What is sent is what the plain SDK path would send, made whole by the SCHEMA, only faster."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.metrics import Metric, Point

from kombo_emulator import Behaviour, Size
from tap_kombo.api.endpoints import ENDPOINTS
from tap_kombo.records import Fitter
from tap_kombo.replication.fanout import Written
from tap_kombo.selection import compile_edits
from tap_kombo.streams import KomboStream

if TYPE_CHECKING:
    from collections.abc import Callable

    from support import Kombo, Sent

    from tap_kombo.api.answers import Page

IDS = {name: f"tool:{name}" for name in ("ATS", "HRIS", "LMS", "ASSESSMENT")}
STREAMS = tuple(one.name for one in ENDPOINTS)
FEW = Size(**{name: min(count, 8) for name, count in asdict(Size()).items()})


def by_key(sent: Sent) -> dict[tuple[str, str], dict[str, Any]]:
    records = [one for one in sent.messages if one["type"] == "RECORD"]
    untimed = {"time_extracted": None, "version": None}  # a version is when the run began
    found = {(one["stream"], one["record"]["id"]): one | untimed for one in records}
    assert len(found) == len(records)
    return found


def whole(sent: Sent) -> dict[tuple[str, str], dict[str, Any]]:
    """The records, each with exactly what its SCHEMA declares, in that order."""
    names = {name: list(one["schema"]["properties"]) for name, one in schemas(sent).items()}
    return {
        key: one | {"record": {name: one["record"].get(name) for name in names[one["stream"]]}}
        for key, one in by_key(sent).items()
    }


def versioned(sent: Sent) -> tuple[str, ...]:
    messages = [one for one in sent.messages if one["type"] == "RECORD"]
    names = {one["stream"] for one in messages if one["version"] is not None}
    assert not names & {one["stream"] for one in messages if one["version"] is None}
    return tuple(name for name in STREAMS if name in names)


def schemas(sent: Sent) -> dict[str, Any]:
    return {one["stream"]: one for one in sent.messages if one["type"] == "SCHEMA"}


@pytest.fixture
def take_the_plain_path(monkeypatch: pytest.MonkeyPatch) -> Callable[[], set[str]]:
    """Clean every value by itself and let the SDK write each record; tells which streams did."""
    walked: set[str] = set()
    compile_fitter = Fitter.__init__

    def init(fitter: Fitter, schema: Any, stream: str) -> None:  # noqa: ANN401
        compile_fitter(fitter, schema, stream)
        monkeypatch.setattr(fitter, "_fits", lambda _: walked.add(stream))

    def write(stream: KomboStream, page: Page, integration_id: str) -> Written:
        stream.announce()
        if stream.replaces_table:
            stream._stream_version = stream.tap.initialized_at
        records = stream.fitter.fit(page, integration_id)
        compile_edits(dict.fromkeys(stream.hidden))(records)  # the SDK knows nothing of these
        for record in records:
            stream._write_record_message(record)
        stream.tap.run.report.wrote(stream.name, len(records), 0)
        return Written()

    def use() -> set[str]:
        monkeypatch.setattr(KomboStream, "TYPE_CONFORMANCE_LEVEL", TypeConformanceLevel.ROOT_ONLY)
        monkeypatch.setattr(Fitter, "__init__", init)
        monkeypatch.setattr(KomboStream, "write", write)
        return walked

    return use


@pytest.mark.parametrize(
    ("streams", "options"),
    [
        (STREAMS, {}),
        (STREAMS, {"flattening_enabled": True, "flattening_max_depth": 2}),
        (
            ("applications", "hris_employees", "interviews", "jobs"),
            {"deselected": ("title", "application.candidate.email_addresses", "job.name", "teams")},
        ),
        (("jobs", "users"), {"stream_maps": {"jobs": {"shout": "name.upper()", "name": None}}}),
        (
            ("interviews", "lms_users", "integrations"),
            {"method": "FULL_TABLE", "emit_activate_version_messages": True},
        ),
    ],
    ids=["all", "flattened", "deselected", "mapped", "versioned"],
)
def test_streams_send_what_the_plain_path_sends(
    kombo: Kombo,
    take_the_plain_path: Callable[[], set[str]],
    streams: tuple[str, ...],
    options: dict[str, Any],
) -> None:
    """Columns, maps and versions are for each stream the same, so some of each kind do for them."""
    kombo.emulator.behaviour = Behaviour(remote_data=True)
    for category, one in IDS.items():
        kombo.emulator.add_integration(one, category, FEW)
    fast = kombo.run(*IDS.values(), streams=streams, **options)
    walked = take_the_plain_path()

    plain = kombo.run(*IDS.values(), streams=streams, **options)

    assert walked == set(streams)
    assert {stream for stream, _ in by_key(fast)} == set(streams)
    ordered = whole(fast)
    assert {key for key, one in by_key(fast).items() if str(one) != str(ordered[key])} == set()
    assert by_key(fast) == whole(plain)
    assert versioned(fast) == versioned(plain) == (streams if "method" in options else ())
    assert schemas(fast) == schemas(plain)
    assert fast.state == plain.state


def test_the_metric_counts_the_records(kombo: Kombo, caplog: pytest.LogCaptureFixture) -> None:
    """The SDK counts what it is yielded; pages are counted by the stream."""
    caplog.set_level("INFO")
    kombo.emulator.add_integration("tool:a")

    sent = kombo.run("tool:a", streams=("interviews", "jobs"))

    points = [one.args[0] for one in caplog.records if isinstance(one.args, tuple) and one.args]
    counted = {
        one.tags["stream"]: one.value
        for one in points
        if isinstance(one, Point) and one.metric == Metric.RECORD_COUNT
    }
    assert counted == {name: len(sent.records(name)) for name in ("interviews", "jobs")}
