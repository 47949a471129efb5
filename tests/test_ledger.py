"""The ledger of passes: what its rows say, when they are written, and what they never hold."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest
from starlette.responses import JSONResponse
from support import Sent, failing, only, refusal

from tap_kombo.api.endpoints import LEDGER
from tap_kombo.api.timestamps import to_moment
from tap_kombo.replication.report import RunFailedError
from tap_kombo.schemas import load_schema

if TYPE_CHECKING:
    from support import Kombo

FINE, UNKNOWN, OPTED_OUT = "tool:fine", "tool:unknown", "tool:opted-out"
STREAMS = ("interviews", "jobs", LEDGER.name)
INTERVIEWS, JOBS, PAGE = 15, 3, 5

Row = dict[str, Any]


@pytest.fixture
def three(kombo: Kombo) -> Kombo:
    """An integration that is fine, one that Kombo does not know, one that shares no interviews."""
    for name in (FINE, OPTED_OUT):
        kombo.emulator.add_integration(name, "ATS", only(interviews=INTERVIEWS, jobs=JOBS))
    kombo.emulator.integrations[OPTED_OUT].details.opted_out.add("ats_interviews")
    return kombo


def run(kombo: Kombo, *ids: str, **options: Any) -> Sent:  # noqa: ANN401
    return kombo.attempt(*(ids or (FINE,)), **{"streams": STREAMS, "page_size": PAGE, **options})


def rows(sent: Sent) -> dict[tuple[str, str], Row]:
    """The rows by integration and stream; each pass has one."""
    found = sent.records(LEDGER.name)
    by_place = {(one["integration_id"], one["stream"]): one for one in found}
    assert len(by_place) == len(found) == len({one["id"] for one in found})
    return by_place


def row_of(sent: Sent, stream: str = "interviews") -> Row:
    return rows(sent)[FINE, stream]


def test_each_pass_has_a_row_that_says_what_became_of_it(three: Kombo) -> None:
    sent = run(three, FINE, UNKNOWN, OPTED_OUT, concurrency=1)
    names = ("outcome", "error_code", "http_status", "error_action", "kind", "records", "pages")
    told = {place: tuple(row[name] for name in names) for place, row in rows(sent).items()}

    unknown = ("PLATFORM.INTEGRATION_NOT_FOUND", 404, "FAIL_INTEGRATION")
    assert told == {
        (FINE, "interviews"): ("complete", None, None, None, "full", INTERVIEWS, 3),
        (FINE, "jobs"): ("complete", None, None, None, "full", JOBS, 1),
        (UNKNOWN, "interviews"): ("failed", *unknown, "full", 0, 0),
        (OPTED_OUT, "interviews"): ("skipped", None, None, "SKIP_MODEL", None, 0, 0),
        (OPTED_OUT, "jobs"): ("complete", None, None, None, "full", JOBS, 1),
    }
    assert row_of(sent)["reason"] == "there is no bookmark"
    why = rows(sent)[OPTED_OUT, "interviews"]["reason"]
    assert why == "the customer does not share this model [opted_out_by_customer]"


def test_an_integration_that_kombo_does_not_know_is_told_once(
    three: Kombo, caplog: pytest.LogCaptureFixture
) -> None:
    """Of which category it is nobody knows, so there is no row for each stream of all."""
    streams = (*STREAMS, "hris_employees", "integrations")
    caplog.set_level("INFO")
    sent = run(three, FINE, UNKNOWN, streams=streams)

    about = [one for one in caplog.messages if UNKNOWN in one]
    told = [one for one in about if not one.startswith("Reading ")]
    assert [one.split(": ")[0] for one in told] == ["Failed", "FAILED", "VERDICT"]
    assert told[0].startswith(f"Failed: {UNKNOWN}: Kombo does not know")
    assert [place for place in rows(sent) if place[0] == UNKNOWN] == [(UNKNOWN, "integrations")]


def test_an_integration_that_has_gone_fails_in_each_stream_that_it_had(three: Kombo) -> None:
    first = run(three, FINE, OPTED_OUT)
    del three.emulator.integrations[FINE]
    sent = run(three, FINE, OPTED_OUT, streams=(*STREAMS, "hris_employees"), state=first.state)

    failed = {place for place, row in rows(sent).items() if row["outcome"] == "failed"}
    assert failed == {(FINE, "interviews"), (FINE, "jobs")}
    assert row_of(sent, "jobs")["bookmark_after"] == first.bookmark(FINE, "jobs")


def test_a_row_counts_what_the_emulator_has_served(three: Kombo) -> None:
    ats = three.emulator.integrations[FINE]
    deleted = ats.records("ats_interviews")[0]
    ats.delete("ats_interviews", deleted["id"])
    sent = run(three, FINE, OPTED_OUT)
    served: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for asked in three.emulator.requests:
        if asked.integration_id and asked.path.startswith("/ats/"):
            stream = asked.path.rpartition("/")[2]
            served[asked.integration_id, stream].append(asked.records or 0)
    told = {
        place: (row["requests"], row["records"])
        for place, row in rows(sent).items()
        if row["requests"]
    }

    assert told == {place: (len(counts), sum(counts)) for place, counts in served.items()}
    assert row_of(sent)["tombstones"] == 1
    newest = max(one["changed_at"] for one in ats.records("ats_interviews"))
    assert to_moment(row_of(sent)["newest_changed_at"]) == to_moment(newest)


def test_bookmarks_in_the_rows_are_those_of_the_state(three: Kombo) -> None:
    first = run(three)
    three.emulator.clock.advance(seconds=3600)
    second = run(three, state=first.state, lookback_seconds=60)
    before, after = row_of(first), row_of(second)

    assert before["bookmark_before"] is None
    assert before["bookmark_after"] == first.bookmark(FINE)
    assert (after["kind"], after["reason"]) == ("incremental", None)
    assert after["bookmark_before"] == first.bookmark(FINE)
    assert after["bookmark_after"] == second.bookmark(FINE)
    before_that = to_moment(after["bookmark_before"]).subtract(seconds=60)
    assert to_moment(after["updated_after"]) == before_that
    assert before["question"] == after["question"] == second.remembered(FINE)["question"]
    assert before["run_id"] != after["run_id"]


@pytest.mark.usefixtures("_no_waiting")
def test_a_pass_that_fails_keeps_its_bookmark_in_the_row(three: Kombo) -> None:
    first = run(three)
    code = "REMOTE.SERVICE_UNAVAILABLE"
    three.emulator.intercept = failing(FINE, refusal(code, 503))
    row = row_of(run(three, state=first.state, max_retries=2))

    assert (row["outcome"], row["error_code"], row["error_action"]) == ("failed", code, "RETRY")
    assert row["bookmark_before"] == row["bookmark_after"] == first.bookmark(FINE)
    assert (row["requests"], row["retries"], row["pages"]) == (3, 2, 0)


@pytest.mark.usefixtures("_no_waiting")
def test_retries_are_told_apart_from_pages(three: Kombo) -> None:
    refused = iter([refusal("PLATFORM.UNKNOWN_ERROR", 500), refusal(None, 503)])
    three.emulator.intercept = lambda asked: (
        next(refused, None) if asked.path.endswith("interviews") else None
    )
    row = row_of(run(three))

    assert (row["outcome"], row["pages"], row["requests"], row["retries"]) == ("complete", 3, 5, 2)


def test_what_ends_the_run_has_a_row_too(three: Kombo) -> None:
    stop = refusal("PLATFORM.IP_NOT_WHITELISTED", 403)
    three.emulator.intercept = failing(FINE, stop, "/ats/jobs")
    sent = run(three, concurrency=1)

    assert sent.error
    row = row_of(sent, "jobs")
    assert (row["outcome"], row["error_action"]) == ("failed", "STOP_RUN")


@pytest.mark.parametrize("concurrency", [1, 8])
def test_no_state_confirms_a_pass_before_its_row_and_no_row_before_its_records(
    three: Kombo, concurrency: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tap_kombo.run.CHECKPOINT_SECONDS", 0)
    sent = run(three, FINE, OPTED_OUT, concurrency=concurrency)
    records: defaultdict[tuple[str, str], int] = defaultdict(int)
    complete: dict[tuple[str, str], Row] = {}
    for message in sent.messages:
        if message["type"] == "RECORD" and message["stream"] == LEDGER.name:
            row = message["record"]
            place = row["integration_id"], row["stream"]
            assert records[place] == row["records"]
            complete[place] = row
        elif message["type"] == "RECORD":
            records[message["record"]["integration_id"], message["stream"]] += 1
        elif message["type"] == "STATE":
            for stream, entry in message["value"].get("bookmarks", {}).items():
                for one in entry.get("partitions", ()):
                    place = one["context"]["integration_id"], stream
                    bookmark = one.get("replication_key_value")
                    assert bookmark in {None, complete.get(place, {}).get("bookmark_after")}
    assert len(complete) == 4


class CutOffError(BaseException):
    """The run ends here, as by kill -9."""


def test_wherever_a_run_is_cut_off_a_complete_row_has_all_its_records(three: Kombo) -> None:
    fewest = len([one for one in run(three).messages if one["type"] != "STATE"])
    for moment in range(fewest):
        left = iter(range(moment))

        def cut(left: Any = left) -> None:  # noqa: ANN401
            if next(left, None) is None:
                raise CutOffError

        sent = Sent(before=cut)
        with pytest.raises(CutOffError):
            three.run(FINE, streams=STREAMS, page_size=PAGE, sent=sent)
        for row in sent.records(LEDGER.name):
            assert (row["outcome"], row["records"]) == (
                "complete",
                len(sent.records(row["stream"])),
            )


def test_a_resumed_pass_counts_what_was_sent_before(
    three: Kombo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tap_kombo.run.CHECKPOINT_SECONDS", 0)
    three.emulator.intercept = lambda asked: (
        refusal("REMOTE.INPUT_INVALID", 400) if asked.params.get("cursor") else None
    )
    cut_off = run(three, streams=("interviews", LEDGER.name))
    three.emulator.intercept = None
    three.emulator.clock.advance(seconds=300)
    resumed, follow_up = run(
        three, streams=("interviews", LEDGER.name), state=cut_off.state
    ).records(LEDGER.name)

    assert row_of(cut_off)["records"] == PAGE
    assert (resumed["resumed"], resumed["kind"], resumed["outcome"]) == (True, "full", "complete")
    assert (resumed["records"], resumed["pages"]) == (INTERVIEWS, 3)
    assert (resumed["requests"], resumed["started_at"]) == (2, row_of(cut_off)["started_at"])
    assert (follow_up["resumed"], follow_up["kind"]) == (False, "incremental")
    assert follow_up["bookmark_before"] == resumed["bookmark_after"]


def test_what_was_left_out_blanked_or_unfit_is_counted(three: Kombo) -> None:
    ats = three.emulator.integrations[FINE]
    ids = [one["id"] for one in ats.records("ats_interviews")]
    ats.delete("ats_interviews", ids[0])
    three.emulator.clock.advance(days=15)

    def spoil(_: object, response: Any) -> Any:  # noqa: ANN401
        answer = json.loads(response.body)
        for one in answer["data"].get("results", ()):
            if one["id"] == ids[1]:
                one["id"] = None
            elif one["id"] == ids[2]:
                one["changed_at"] = one["starting_at"] = ["neither"]
        return JSONResponse(answer, headers={"Date": response.headers["Date"]})

    three.emulator.alter = spoil
    row = row_of(run(three, streams=("interviews", LEDGER.name)))

    assert (row["outcome"], row["left_out"], row["blanked"]) == ("failed", 1, 1)
    assert row["misfits"] == {"changed_at": 1, "starting_at": 1}
    assert row["records"] == INTERVIEWS - 1


def test_what_a_map_made_before_it_failed_is_of_no_other_pass(kombo: Kombo) -> None:
    for name in (FINE, OPTED_OUT):
        kombo.emulator.add_integration(name, "ATS", only(interviews=2))
    *_, last = run(kombo, FINE).records("interviews")
    kombo.emulator.integrations[FINE].edit("ats_interviews", last["id"], title="last")
    made = "[1] if title != 'last' else int(title)"

    sent = run(kombo, FINE, OPTED_OUT, stream_maps={"interviews": {"made": made}}, concurrency=1)

    assert row_of(sent)["outcome"] == "failed"
    assert rows(sent)[OPTED_OUT, "interviews"]["misfits"] == {"made of interviews": 2}


def test_a_record_under_two_names_counts_once(three: Kombo) -> None:
    maps = {"interviews_log": {"__source__": "interviews", "__key_properties__": ["id"]}}
    sent = run(three, streams=("interviews", LEDGER.name), stream_maps=maps)

    assert len(sent.records("interviews_log")) == INTERVIEWS
    assert row_of(sent)["records"] == INTERVIEWS


def test_a_ledger_that_cannot_be_written_costs_no_pass(three: Kombo) -> None:
    sent = run(three, FINE, stream_maps={LEDGER.name: {"oops": "1 // 0"}})

    assert isinstance(sent.error, RunFailedError)
    assert not sent.records(LEDGER.name)
    assert sent.bookmark(FINE)
    assert sent.bookmark(FINE, "jobs")


def test_rows_of_earlier_runs_are_never_replaced(three: Kombo) -> None:
    sent = run(three, method="FULL_TABLE", emit_activate_version_messages=True)
    activated = {one["stream"] for one in sent.messages if one["type"] == "ACTIVATE_VERSION"}
    ledger = [one for one in sent.messages if one.get("stream") == LEDGER.name]
    versions = {one["version"] for one in ledger if one["type"] == "RECORD"}

    assert activated == {"interviews", "jobs"}
    assert versions == {None}


def test_the_ledger_alone_reads_nothing(three: Kombo) -> None:
    sent = run(three, streams=(LEDGER.name,))

    assert "no stream is selected" in str(sent.error)
    assert three.emulator.requests == []


def test_without_the_ledger_nothing_is_told(three: Kombo) -> None:
    assert not run(three, streams=("interviews",)).records(LEDGER.name)


def test_a_row_has_the_columns_of_its_schema(three: Kombo) -> None:
    assert row_of(run(three)).keys() == load_schema(LEDGER.name)["properties"].keys()
