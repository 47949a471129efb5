from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from starlette.responses import JSONResponse, Response
from support import Kombo, Sent, expected, failing, only, refusal

from kombo_emulator import Behaviour
from tap_kombo import run
from tap_kombo.replication.fanout import Fanout, Job, Runner
from tap_kombo.replication.report import RunFailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from kombo_emulator.exchange import Received

A, B = "greenhouse:demo", "lever:demo"


def interrupt_after(messages: int) -> Callable[[], None]:
    """A loader that ends the run at its n-th message."""
    count = itertools.count(1)

    def interrupt() -> None:
        if next(count) > messages:
            raise KeyboardInterrupt

    return interrupt


def test_every_record_arrives_once_with_its_integration(kombo: Kombo) -> None:
    kombo.emulator.add_integration(A)
    kombo.emulator.add_integration(B)

    records = kombo.run(A, B, page_size=50).records()

    assert len(records) == len(expected(kombo, A, B))
    assert {record["id"]: record for record in records} == expected(kombo, A, B)


def test_each_request_says_who_asks_for_what(kombo: Kombo) -> None:
    kombo.emulator.add_integration(A)

    kombo.run(A, page_size=50)

    asked = kombo.asked()
    assert len(asked) > 1
    assert {one.integration_id for one in asked} == {A}
    assert {one.params["page_size"] for one in asked} == {"50"}
    assert {one.params["include_deleted"] for one in asked} == {"true"}
    assert {one.headers["authorization"] for one in asked} == {"Bearer ks_dev_emulator"}
    assert all(one.headers["user-agent"].startswith("tap-kombo/") for one in asked)
    assert [("cursor" in one.params) for one in asked] == [False] + [True] * (len(asked) - 1)
    assert all("updated_after" not in one.params for one in asked)


def test_every_page_repeats_the_filters(kombo: Kombo) -> None:
    ats = kombo.emulator.add_integration(A)
    jobs = [job["id"] for job in ats.records("ats_jobs")][:4]

    kombo.run(
        A,
        page_size=5,
        start_date="2000-01-01",
        filters={"interviews": {"job_ids": jobs}},
        ignore_unsupported_filters=True,
    )

    asked = kombo.asked()
    assert len(asked) > 1
    assert {one.params["updated_after"] for one in asked} == {"2000-01-01T00:00:00.000Z"}
    assert {one.params["job_ids"] for one in asked} == {",".join(jobs)}
    assert {one.params["ignore_unsupported_filters"] for one in asked} == {"true"}


def test_empty_pages_do_not_end_a_pass(kombo: Kombo) -> None:
    kombo.emulator.behaviour = Behaviour(empty_pages=2)
    kombo.emulator.add_integration(A)

    sent = kombo.run(A, page_size=20)

    assert len(sent.records()) == len(expected(kombo, A))


def test_a_second_run_sends_only_what_lies_within_the_lookback(kombo: Kombo) -> None:
    ats = kombo.emulator.add_integration(A)
    kombo.emulator.clock.advance(days=1)
    first = kombo.run(A)
    kombo.emulator.clock.advance(seconds=200)
    changed = ats.records("ats_interviews")[0]["id"]
    ats.edit("ats_interviews", changed, title="Within the lookback")
    kombo.emulator.clock.advance(seconds=60)

    second = kombo.run(A, state=first.state)
    kombo.emulator.clock.advance(seconds=600)
    third = kombo.run(A, state=second.state)
    fourth = kombo.run(A, state=third.state)

    assert [record["id"] for record in second.records()] == [changed]
    assert [record["id"] for record in third.records()] == [changed]  # 260 s before the bookmark
    assert fourth.records() == []


@pytest.mark.parametrize("change", ["application", "candidate of the application"])
def test_a_nested_change_sends_the_record_again_and_keeps_the_bookmark(
    change: str, kombo: Kombo
) -> None:
    ats = kombo.emulator.add_integration(A)
    kombo.emulator.clock.advance(days=1)
    first = kombo.run(A)
    kombo.emulator.clock.advance(days=1)
    interview = next(one for one in ats.records("ats_interviews") if one["application"])
    application = interview["application"]
    other = "HIRED" if application["outcome"] != "HIRED" else "DECLINED"
    if change == "candidate of the application":
        ats.edit("ats_candidates", application["candidate"]["id"], first_name="Renée")
    ats.edit("ats_applications", application["id"], outcome=other)

    second = kombo.run(A, state=first.state)

    sent = {record["id"]: record for record in second.records()}
    assert interview["id"] in sent
    assert sent[interview["id"]]["changed_at"] == interview["changed_at"]
    assert sent[interview["id"]]["application"] != application
    assert (second.bookmark(A) or "") > (first.bookmark(A) or "")


def test_the_bookmark_is_the_servers_clock_if_that_is_behind(kombo: Kombo) -> None:
    kombo.emulator.add_integration(A)

    assert kombo.run(A).bookmark(A) == "2026-11-23T09:59:59.000Z"  # less what it took


@pytest.mark.usefixtures("_no_waiting")
def test_what_may_pass_is_asked_for_again(kombo: Kombo) -> None:
    kombo.emulator.add_integration(A)
    answers = [
        Response(status_code=429, headers={"retry-after": "0"}),
        Response("<html>", 502),
        Response("{", 200),
    ]
    kombo.emulator.intercept = lambda asked: (
        answers.pop(0) if answers and asked.path.endswith("/ats/interviews") else None
    )

    sent = kombo.run(A)

    assert len(sent.records()) == len(expected(kombo, A))
    assert [one.status for one in kombo.asked()] == [429, 502, 200, 200]


@pytest.mark.usefixtures("_no_waiting")
def test_retries_end(kombo: Kombo) -> None:
    kombo.emulator.add_integration(A)
    kombo.emulator.intercept = lambda asked: (
        Response(status_code=503) if asked.path.endswith("/ats/interviews") else None
    )

    with pytest.raises(RunFailedError):
        kombo.run(A, max_retries=3)

    assert len(kombo.asked()) == 4


def test_a_failed_integration_is_named_and_the_others_complete(
    kombo: Kombo, caplog: pytest.LogCaptureFixture
) -> None:
    kombo.emulator.add_integration(A)
    kombo.emulator.add_integration(B)
    kombo.emulator.intercept = failing(
        A, refusal("PLATFORM.INTEGRATION_NOT_FOUND", 404, log_url="https://app.kombo.dev/logs/1")
    )
    sent = Sent()

    with pytest.raises(RunFailedError):
        kombo.run(A, B, sent=sent)

    assert {record["integration_id"] for record in sent.records()} == {B}
    assert sent.bookmark(A) is None
    assert sent.bookmark(B)
    assert "PLATFORM.INTEGRATION_NOT_FOUND" in caplog.text
    assert "https://app.kombo.dev/logs/1" in caplog.text


def test_an_integration_that_is_not_ready_is_skipped(
    kombo: Kombo, caplog: pytest.LogCaptureFixture
) -> None:
    codes = ("SETUP_INCOMPLETE", "SETUP_SYNC_PENDING", "QA_FAILED")
    refusals = {
        f"{code}:{status}": refusal(f"INTEGRATION.{code}", status)
        for code in codes
        for status in (409, 503)
    }
    for one in (*refusals, B):
        kombo.emulator.add_integration(one, "ATS", only(interviews=2, jobs=2))
    kombo.emulator.intercept = lambda asked: (
        refusals.get(asked.integration_id or "") if asked.path == "/ats/interviews" else None
    )

    sent = kombo.run(*refusals, B, streams=("interviews", "jobs"), concurrency=1)

    assert {record["integration_id"] for record in sent.records()} == {B}
    assert [one for one in refusals if f"Skipped: {one}: " not in caplog.text] == []
    assert [one.integration_id for one in kombo.asked("/ats/jobs")] == [B]


def test_a_failure_half_way_keeps_the_bookmark_and_the_resume_point(kombo: Kombo) -> None:
    kombo.emulator.add_integration(A)
    pages = Counter[str]()

    def refuse_third(asked: Received) -> Response | None:
        pages[asked.path] += 1
        refused = asked.path.endswith("/ats/interviews") and pages[asked.path] == 3
        return refusal("REMOTE.UNKNOWN_HTTP_ERROR", 400) if refused else None

    kombo.emulator.intercept = refuse_third
    sent = Sent()
    with pytest.raises(RunFailedError):
        kombo.run(A, page_size=30, sent=sent)

    assert len(sent.records()) == 60
    assert sent.bookmark(A) is None
    assert sent.remembered(A)["resume"]["cursor"]

    kombo.emulator.clear_requests()
    resumed = kombo.run(A, page_size=30, state=sent.state)

    both = sent.records() + resumed.records()
    assert len(both) == len(expected(kombo, A))
    assert {one["id"] for one in both} == set(expected(kombo, A))
    assert "resume" not in resumed.remembered(A)


def test_a_resumed_pass_is_followed_by_what_changed_meanwhile(
    kombo: Kombo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "CHECKPOINT_SECONDS", 0)
    ats = kombo.emulator.add_integration(A)
    kombo.emulator.clock.advance(days=1)
    first_page = ats.records("ats_interviews")[0]["id"]
    cut = Sent(before=interrupt_after(40))
    with pytest.raises(KeyboardInterrupt):
        kombo.run(A, page_size=10, sent=cut, streams=("interviews",))
    state = cut.state
    assert state["bookmarks"]["interviews"]["partitions"][0]["resume"]
    kombo.emulator.clock.advance(seconds=3600)
    ats.edit("ats_interviews", first_page, title="Changed meanwhile")
    kombo.emulator.clock.advance(seconds=3600)

    resumed = kombo.run(A, page_size=10, state=state)

    titles = {one["id"]: one["title"] for one in resumed.records()}
    assert titles[first_page] == "Changed meanwhile"
    assert resumed.bookmark(A) == "2026-11-24T11:59:59.000Z"


def test_a_refused_cursor_starts_the_pass_anew(kombo: Kombo) -> None:
    kombo.emulator.add_integration(A)
    first = kombo.run(A, page_size=30)
    state = first.state
    partition = state["bookmarks"]["interviews"]["partitions"][0]
    del partition["replication_key_value"]
    partition["resume"] = {
        "started_at": "2026-11-23T09:00:00.000Z",
        "updated_after": None,
        "cursor": "made-up",
        "full": "as there is no bookmark",
        "question": partition["question"],
        "page_size": 30,
        "data_expired_at": None,
    }

    second = kombo.run(A, page_size=30, state=state)

    assert len(second.records()) == len(expected(kombo, A))
    assert second.bookmark(A) == "2026-11-23T09:59:59.000Z"


def test_a_cursor_that_comes_back_fails_the_pass(kombo: Kombo) -> None:
    kombo.emulator.add_integration(A)
    answer = JSONResponse({"status": "success", "data": {"results": [], "next": "again"}})
    kombo.emulator.intercept = failing(A, answer)
    sent = Sent()

    with pytest.raises(RunFailedError):
        kombo.run(A, sent=sent, max_retries=0)

    assert sent.bookmark(A) is None


def test_a_record_without_a_key_is_left_out_and_the_pass_goes_on(
    kombo: Kombo, caplog: pytest.LogCaptureFixture
) -> None:
    keys: list[dict[str, object]] = [{}, {"id": None}, {"id": 7}, {"id": ""}, {"id": "\0"}]
    answers = {
        f"tool:{number}": [{"id": "1"}, key | {"title": "x"}, {"id": "2"}]
        for number, key in enumerate(keys)
    }
    for one in answers:
        kombo.emulator.add_integration(one, "ATS", only(jobs=1))
    kombo.emulator.intercept = lambda asked: (
        JSONResponse(
            {
                "status": "success",
                "data": {"results": answers[asked.integration_id or ""], "next": None},
            }
        )
        if asked.path == "/ats/interviews"
        else None
    )

    sent = kombo.attempt(*answers, streams=("interviews", "jobs"))

    assert isinstance(sent.error, RunFailedError)
    arrived = Counter((one["integration_id"], one["id"]) for one in sent.records())
    assert arrived == {(one, key): 1 for one in answers for key in ("1", "2")}
    assert "interviews: id in 5 value(s): no key, the record is left out." in caplog.text
    for one in answers:
        told = f"Failed: interviews of {one}: records without a key were left out"
        assert told in caplog.text
        assert sent.bookmark(one) is None
        assert sent.bookmark(one, "jobs")


def test_unusable_values_are_told_once_without_the_value(
    kombo: Kombo, caplog: pytest.LogCaptureFixture
) -> None:
    kombo.emulator.add_integration(A)
    records = [
        {"id": str(number), "starting_at": "secret", "users": [{"email": [7], "first_name": "a\0"}]}
        for number in range(3)
    ]
    kombo.emulator.intercept = failing(
        A, JSONResponse({"status": "success", "data": {"results": records, "next": None}})
    )

    sent = kombo.run(A)

    first = {name: value for name, value in sent.records()[0].items() if value is not None}
    assert first | {"starting_at": None} == {
        "id": "0",
        "integration_id": A,
        "starting_at": None,
        "users": [{"email": None, "first_name": "a"}],
    }
    told = [one.message for one in caplog.records if one.message.startswith("interviews: ")]
    assert told == [
        "interviews: starting_at in 3 value(s): neither date nor time, sent as null.",
        "interviews: users[].email in 3 value(s): not of the declared type, sent as null.",
        "interviews: users[].first_name in 3 value(s): U+0000 removed.",
    ]
    assert "secret" not in caplog.text


def test_each_integration_is_looked_up_once(kombo: Kombo) -> None:
    kombo.emulator.add_integration(A)

    kombo.run(A, streams=("interviews", "jobs", "users"))

    assert len(kombo.asked(f"/integrations/{A}")) == 1


def test_lists_of_another_category_are_not_asked_for(kombo: Kombo) -> None:
    kombo.emulator.add_integration("personio:demo", "HRIS")

    sent = kombo.run("personio:demo", streams=("interviews", "hris_employees"))

    assert not kombo.asked()
    assert sent.records("hris_employees")
    schemas = [one["stream"] for one in sent.messages if one["type"] == "SCHEMA"]
    assert schemas == ["hris_employees"]


class CutOffError(BaseException):
    """What nobody expects, as it is no `Exception`."""


def cut_off(*_: object) -> Any:  # noqa: ANN401
    raise CutOffError


@pytest.mark.timeout(20)  # else the run would wait for a pass that is no more
@pytest.mark.parametrize("jobs", [[Job("jobs", A, cut_off)], map(cut_off, [A])])
def test_whatever_is_raised_in_a_pass_ends_the_run(jobs: Iterable[Job[str]]) -> None:
    runner = Runner()

    with pytest.raises(CutOffError):
        next(Fanout(runner, jobs, Counter(jobs=1), 1).pages("jobs"))

    runner.close()
