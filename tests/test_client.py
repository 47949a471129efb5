from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support import Kombo, Sent, failing, only, refusal

from tap_kombo.replication.report import RunFailedError

if TYPE_CHECKING:
    from singer_sdk.streams.core import Stream

A, B = "greenhouse:demo", "lever:demo"


def kinds(sent: Sent) -> list[str]:
    """The types of the messages of a run, repetitions folded, states left out."""
    found: list[str] = []
    for message in sent.messages:
        if message["type"] != "STATE" and found[-1:] != [message["type"]]:
            found.append(message["type"])
    return found


def test_old_records_alone_do_not_move_the_bookmark_back(kombo: Kombo) -> None:
    """Holds the private hook `_increment_stream_state`: without it the SDK promotes records."""
    ats = kombo.emulator.add_integration(A)
    kombo.emulator.clock.advance(days=1)
    first = kombo.run(A)
    kombo.emulator.clock.advance(days=1)
    application = next(one["application"] for one in ats.records("ats_interviews"))
    ats.edit("ats_applications", application["id"], outcome="HIRED")

    second = kombo.run(A, state=first.state)

    assert second.records()
    assert max(one["changed_at"] for one in second.records()) < (first.bookmark(A) or "")
    assert second.bookmark(A) == "2026-11-25T09:59:59.000Z"
    assert set(second.state["bookmarks"]["interviews"]) == {"partitions", "questions"}


def test_full_table_reads_everything_each_time(kombo: Kombo) -> None:
    kombo.emulator.add_integration(A)
    first = kombo.run(A, method="FULL_TABLE")
    second = kombo.run(A, method="FULL_TABLE", state=first.state)

    assert len(first.records()) == len(second.records()) > 100
    assert "ACTIVATE_VERSION" not in kinds(second)


def replacing(kombo: Kombo, *integrations: str, **more: Any) -> Sent:  # noqa: ANN401
    return kombo.run(
        *integrations, method="FULL_TABLE", emit_activate_version_messages=True, **more
    )


def test_activate_version_follows_the_records(kombo: Kombo) -> None:
    """Holds the private `_stream_version` and `_write_activate_version_message` of the SDK."""
    kombo.emulator.add_integration(A)
    kombo.emulator.add_integration(B)

    sent = replacing(kombo, A, B)

    assert kinds(sent) == ["SCHEMA", "RECORD", "ACTIVATE_VERSION"]
    activated = next(one for one in sent.messages if one["type"] == "ACTIVATE_VERSION")
    versions = {one["version"] for one in sent.messages if one["type"] == "RECORD"}
    assert versions == {activated["version"]}


def test_activate_version_waits_for_every_integration(
    kombo: Kombo, caplog: pytest.LogCaptureFixture
) -> None:
    kombo.emulator.add_integration(A)
    kombo.emulator.add_integration(B)
    kombo.emulator.intercept = failing(B, refusal("INTEGRATION.MODEL_DISABLED", 403))

    sent = replacing(kombo, A, B)

    assert kinds(sent) == ["SCHEMA", "RECORD"]
    assert "ACTIVATE_VERSION of interviews is not sent" in caplog.text


def test_activate_version_is_not_sent_after_a_failure(kombo: Kombo) -> None:
    kombo.emulator.add_integration(A)
    kombo.emulator.intercept = failing(A, refusal("PLATFORM.INTEGRATION_NOT_FOUND", 404))
    sent = Sent()

    with pytest.raises(RunFailedError):
        replacing(kombo, A, sent=sent)

    assert "ACTIVATE_VERSION" not in kinds(sent)


def test_activate_version_is_sent_for_no_stream_that_an_unknown_integration_may_have_had(
    kombo: Kombo,
) -> None:
    kombo.emulator.add_integration(A)
    sent = kombo.attempt(
        A,
        "tool:unknown",
        method="FULL_TABLE",
        emit_activate_version_messages=True,
        streams=("interviews", "jobs"),
    )

    assert isinstance(sent.error, RunFailedError)
    assert "ACTIVATE_VERSION" not in kinds(sent)


@pytest.mark.parametrize("integrations", [("tests:a",), (A,), (A, B)])
def test_activate_version_is_sent_for_no_stream_that_no_integration_has(
    kombo: Kombo, integrations: tuple[str, ...]
) -> None:
    """Those of a default selection; target-postgres ends if it has had no SCHEMA of the stream."""
    for one in integrations:
        kombo.emulator.add_integration(one, "ASSESSMENT" if one == "tests:a" else "ATS")

    sent = replacing(kombo, *integrations, streams=("jobs", "assessment_orders", "lms_users"))

    told = {
        kind: {one["stream"] for one in sent.messages if one["type"] == kind}
        for kind in ("SCHEMA", "ACTIVATE_VERSION")
    }
    assert len(told["SCHEMA"]) == 1
    assert told["ACTIVATE_VERSION"] == told["SCHEMA"]


def test_the_files_of_parents_that_are_all_gone_are_dropped(kombo: Kombo) -> None:
    """No list is asked for files then, so no page brings the SCHEMA."""
    kombo.emulator.add_integration(A, "ATS", only())

    sent = replacing(kombo, A, streams=("candidate_attachments",))

    assert kinds(sent) == ["SCHEMA", "ACTIVATE_VERSION"]


def test_activate_version_never_ends_a_resumed_pass(kombo: Kombo) -> None:
    """Rows that an earlier run sent would carry an older version and vanish."""
    kombo.emulator.add_integration(A)
    calls = iter(range(100))
    kombo.emulator.intercept = lambda asked: (
        refusal("REMOTE.UNKNOWN_HTTP_ERROR", 400)
        if asked.path.endswith("/ats/interviews") and next(calls) == 2
        else None
    )
    cut = Sent()
    with pytest.raises(RunFailedError):
        replacing(kombo, A, sent=cut, page_size=30)
    kombo.emulator.intercept = None

    sent = replacing(kombo, A, state=cut.state, page_size=30)

    assert len(sent.records()) == 120
    assert kinds(sent)[-1] == "ACTIVATE_VERSION"


def test_incremental_streams_send_no_version(kombo: Kombo) -> None:
    kombo.emulator.add_integration(A)

    sent = kombo.run(A, emit_activate_version_messages=True)

    assert kinds(sent) == ["SCHEMA", "RECORD"]


def test_a_model_without_updated_after_is_read_in_full_each_time(kombo: Kombo) -> None:
    kombo.emulator.add_integration(A)
    first = kombo.run(A, streams=("integration_models",))
    second = kombo.run(A, streams=("integration_models",), state=first.state)

    rows = second.records("integration_models")
    assert rows == first.records("integration_models")
    assert len({row["id"] for row in rows}) == len(rows)
    assert {row["field"] is None for row in rows} == {True, False}
    assert {row["integration_id"] for row in rows} == {A}


def test_attachments_are_asked_for_each_living_parent(kombo: Kombo) -> None:
    ats = kombo.emulator.add_integration(A)
    deleted, *alive = (one["id"] for one in ats.records("ats_applications"))
    ats.delete("ats_applications", deleted)

    sent = kombo.run(A, streams=("application_attachments",))

    asked = [one.path.split("/")[3] for one in kombo.asked("/attachments")]
    assert sorted(asked) == sorted(alive)
    assert {one["application_id"] for one in sent.records("application_attachments")} <= set(alive)
    assert sent.records("application_attachments")


def test_columns_off_by_default_and_the_integration(kombo: Kombo) -> None:
    kombo.emulator.add_integration(A)

    sent = kombo.run(A, streams=("jobs",))

    for record in sent.records("jobs"):
        assert record["integration_id"] == A
        assert not {name for name in record if name.startswith("salary") or name == "remote_data"}


@pytest.mark.parametrize(
    ("region", "host"),
    [("eu", "api.kombo.dev"), ("us", "api.us.kombo.dev"), ("ca", "api.ca.kombo.dev")],
)
def test_the_region_decides_the_address(region: str, host: str) -> None:
    from tap_kombo.tap import TapKombo  # noqa: PLC0415 - this test alone needs no emulator

    tap = TapKombo(config={"api_key": "k", "integration_ids": ["a"], "region": region})
    stream: Stream = tap.streams["interviews"]

    assert getattr(stream, "url_base", "") == f"https://{host}/v1"
