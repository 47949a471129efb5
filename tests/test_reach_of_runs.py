"""A fault of a parent, a stream map, an outage or a refusal reaches no further than it must."""

from __future__ import annotations

import gc
import logging
import socket
import struct
import threading
from contextlib import contextmanager
from functools import partial
from itertools import cycle, product
from typing import TYPE_CHECKING, Any

import pytest
from starlette.responses import PlainTextResponse, Response
from support import Kombo, only, refusal
from test_reach import KEYS, failures, put, spoil

from kombo_emulator import Emulator, serve
from kombo_emulator.faults import PASSING
from kombo_emulator.table import MODELS
from tap_kombo.api.problems import OUTAGE, KomboError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kombo_emulator.exchange import Received

pytestmark = pytest.mark.timeout(120)

A, B, C = "greenhouse:demo", "lever:demo", "personio:demo"
FEW = only(interviews=10, applications=4, candidates=10, jobs=3, attachments=30)
(SUBLIST,) = MODELS["ats_candidates"].sublists


# --- 2.3: a parent that cannot be asked for is left out


def with_files(kombo: Kombo) -> list[str]:
    """The candidates of A that have files, in the order of the list."""
    ats = kombo.emulator.integrations[A]
    return [
        one["id"]
        for one in ats.records("ats_candidates", include_deleted=False)
        if ats.sublist("ats_candidates", one["id"], SUBLIST)
    ]


NOT_THERE: dict[str, Callable[[], Response]] = {
    "404": lambda: refusal(None, 404),
    "404 as text": lambda: PlainTextResponse("not here", 404),
    "400 of the tool": lambda: refusal("REMOTE.INPUT_INVALID", 400),
    "410 of Kombo": lambda: refusal("ATS.CANDIDATE_GONE", 410),
}


def test_a_parent_that_cannot_be_asked_for_is_left_out(
    kombo: Kombo, caplog: pytest.LogCaptureFixture
) -> None:
    """The first, the second or the last."""
    for one in (A, B):
        kombo.emulator.add_integration(one, "ATS", FEW)
    files = "candidate_attachments"
    streams = (files, "interviews")
    whole = kombo.attempt(A, B, streams=streams)
    for form, place in zip(("missing", "list", "number", *NOT_THERE), cycle((0, 1, -1))):
        lost = with_files(kombo)[place]
        kombo.emulator.alter = kombo.emulator.intercept = None
        if form in KEYS:
            put(kombo, "/ats/candidates", partial(spoil, record_id=lost, form=form))
        else:
            path = f"/ats/candidates/{lost}/attachments"
            kombo.emulator.intercept = partial(at, path, NOT_THERE[form])
        caplog.clear()

        sent = kombo.attempt(A, B, streams=streams)

        assert "1 pass(es) of 1 integration(s) failed" in str(sent.error), form
        assert {(one["candidate_id"], one["id"]) for one in sent.records(files)} == {
            (one["candidate_id"], one["id"])
            for one in whole.records(files)
            if one["candidate_id"] != lost
        }, form
        assert len(sent.records()) == len(whole.records()), form
        (failed,) = failures(caplog)
        assert f"{files} of {A}: " in failed, form
        assert "1 x " in failed, form


def at(path: str, answer: Callable[[], Response], asked: Received) -> Response | None:
    return answer() if asked.path == path else None


# --- 2.4: a stream map that fails, fails its model, and says where

SECRET = "37.75"
MAPS: dict[str, tuple[str, str, str]] = {
    # what is wrong, the column, the expression, what of it may not be told
    "an error of Python": ("x", "int(name + 'c7531')", "7531"),
    "an error of the SDK": ("x", "name.c7531", "c7531"),
    "in a filter": ("__filter__", "7531 / (weekly_hours - weekly_hours) > 1", "7531"),
    "in a column that exists": ("name", "record['c7531']", "c7531"),
}


def test_a_stream_map_that_fails_is_told_in_one_line_and_fails_its_model(
    kombo: Kombo, caplog: pytest.LogCaptureFixture
) -> None:
    for one in (A, B):
        kombo.emulator.add_integration(one, "ATS", FEW)

    def earn(records: list[dict[str, Any]]) -> None:
        for one in records:
            one |= {"weekly_hours": float(SECRET), "name": "Chief Example"}

    put(kombo, "/ats/jobs", earn)
    kombo.emulator.integrations[B].disable_model("ats_jobs")
    caplog.set_level(logging.INFO)
    for form, (column, expression, part) in MAPS.items():
        caplog.clear()

        sent = kombo.attempt(
            A,
            B,
            streams=("interviews", "jobs", "users"),
            stream_maps={"jobs": {column: expression}},
        )

        assert "1 pass(es) of 1 integration(s) failed" in str(sent.error), form
        (failed,) = failures(caplog)
        assert f"jobs of {A}: " in failed, form
        assert column in failed, form
        for secret in (SECRET, part, expression, "Chief Example"):
            assert secret not in failed, form
            assert secret not in str(sent.error), form
        assert SECRET not in caplog.text, form
        assert "Chief Example" not in caplog.text, form
        assert "Traceback" not in caplog.text, form
        assert not sent.bookmark(A, "jobs"), form
        for one in (A, B):
            assert sent.bookmark(one), form
            assert sent.bookmark(one, "users"), form
        assert len(sent.records()) == 20, form


def test_a_stream_map_that_fails_for_one_integration_leaves_the_others(kombo: Kombo) -> None:
    for one in (A, B):
        kombo.emulator.add_integration(one, "ATS", FEW)

    def earn(records: list[dict[str, Any]]) -> None:
        for one in records:
            one["weekly_hours"] = 0

    put(kombo, "/ats/jobs", earn)

    hours = "(1 if weekly_hours is None else weekly_hours)"
    sent = kombo.attempt(A, B, streams=("jobs",), stream_maps={"jobs": {"x": f"1 / {hours}"}})

    assert "1 pass(es) of 1 integration(s) failed" in str(sent.error)
    assert sent.bookmark(B, "jobs")
    assert not sent.bookmark(A, "jobs")


# --- 2.7: an outage is waited out once, however many integrations there are


@contextmanager
def closed_port() -> Iterator[tuple[str, list[int]]]:
    """An address at which nobody listens; connections are refused."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # and does not listen
        yield f"http://127.0.0.1:{held.getsockname()[1]}/v1", []


@contextmanager
def resetting() -> Iterator[tuple[str, list[int]]]:
    """An address at which each connection is accepted and then reset; counts them."""
    accepted: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    line, _ = listener.accept()
                except OSError:
                    return
                accepted.append(1)
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                line.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1", accepted
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(20)


class Attempts:
    """Counts the connections that are tried to an address."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ports: list[int] = []
        connect = socket.socket.connect

        def counted(line: socket.socket, address: Any) -> None:  # noqa: ANN401
            if isinstance(address, tuple):
                self.ports.append(address[1])
            connect(line, address)

        monkeypatch.setattr(socket.socket, "connect", counted, raising=False)

    def to(self, url: str) -> int:
        return self.ports.count(int(url.rpartition(":")[2].removesuffix("/v1")))


@pytest.mark.usefixtures("_no_waiting")
@pytest.mark.parametrize("server", [closed_port, resetting])
def test_an_outage_is_waited_out_once(
    kombo: Kombo,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    server: Callable[[], Any],
) -> None:
    kombo.emulator.add_integration("greenhouse:0", "ATS", FEW)
    good = kombo.run("greenhouse:0")
    attempts = Attempts(monkeypatch)
    asked = {}
    for integrations in (4, 40):
        caplog.clear()
        ids = [f"greenhouse:{number}" for number in range(integrations)]
        with server() as (url, _):
            before = attempts.to(url)
            sent = kombo.attempt(
                *ids,
                streams=("interviews", "jobs"),
                state=good.state,
                max_retries=3,
                concurrency=4,
                api_url=url,
            )
            asked[integrations] = attempts.to(url) - before

        assert sent.error is not None
        (line,) = str(sent.error).splitlines()
        assert line.startswith("Kombo is not available, whatever is asked for [")
        assert failures(caplog) == []
        assert sent.remembered("greenhouse:0") == good.remembered("greenhouse:0")
    assert max(asked.values()) <= 4 + 1 + 3  # those in flight, and one who asks for all
    assert min(asked.values()) >= 1


GATEWAYS: dict[str, Callable[[], Response]] = {
    "503 as text": lambda: PlainTextResponse("upstream connect error", 503),
    "504 empty": lambda: Response(status_code=504),
    "503 without a code": lambda: refusal(None, 503),
    "a page with 200": lambda: Response("<html>Back soon</html>", media_type="text/html"),
}


@pytest.mark.usefixtures("_no_waiting")
def test_a_gateway_that_answers_for_all_is_one_outage(
    kombo: Kombo, caplog: pytest.LogCaptureFixture
) -> None:
    for one in ("greenhouse:0", "greenhouse:1"):
        kombo.emulator.add_integration(one, "ATS", FEW)
    good = kombo.run("greenhouse:0", "greenhouse:1", streams=("interviews", "jobs"))
    for form, integrations in product(GATEWAYS, (4, 40)):
        caplog.clear()
        ids = [f"greenhouse:{number}" for number in range(integrations)]

        gateway = Emulator()  # of its own, as one that was left may still be busy
        gateway.intercept = lambda _, form=form: GATEWAYS[form]()
        with serve(gateway) as url:
            kombo = Kombo(gateway, url)
            sent = kombo.attempt(
                *ids, streams=("interviews", "jobs"), state=good.state, max_retries=3, concurrency=4
            )

        assert isinstance(sent.error, KomboError)
        assert sent.error.problem.rule is OUTAGE
        what = sent.error.problem.what
        assert str(sent.error).startswith(f"Kombo is not available, whatever is asked for [{what}]")
        assert len(str(sent.error).splitlines()) == 1
        assert caplog.text.count(f"Kombo is not available [{what}]. Asking again in ") == 3
        assert '"stopped_by":"outage"' in caplog.text
        assert failures(caplog) == []
        assert len(kombo.asked("/check-api-key")) == 1 + 3
        assert len(kombo.emulator.requests) <= 4 + 1 + 3
        assert sent.records() == []
        for one in ("greenhouse:0", "greenhouse:1"):
            for stream in ("interviews", "jobs"):
                assert sent.remembered(one, stream) == good.remembered(one, stream)
                assert sent.bookmark(one, stream)


@pytest.mark.usefixtures("_no_waiting")
@pytest.mark.parametrize("form", ["reset before the answer", "503 as text"])
def test_what_fails_for_one_integration_is_no_outage(
    kombo: Kombo, caplog: pytest.LogCaptureFixture, form: str
) -> None:
    """Guards the other side: who waits out an outage must not take one integration for all."""
    for one in (A, B, C):
        kombo.emulator.add_integration(one, "ATS", FEW)
    kombo.emulator.alter = lambda asked, right: (
        PASSING[form](asked, right) if asked.integration_id == A else right
    )

    sent = kombo.attempt(A, B, C, streams=("interviews", "jobs"), max_retries=2)

    assert "of 1 integration(s) failed" in str(sent.error)
    assert "Kombo is not available" not in caplog.text
    for one in (B, C):
        assert sent.bookmark(one)
        assert sent.bookmark(one, "jobs")
    assert sent.bookmark(A) is None
    assert len(failures(caplog)) == 1


# --- 2.8: what has failed keeps nothing alive


@pytest.mark.parametrize(
    ("stream", "make"),
    [
        ("interviews", lambda: refusal("INTEGRATION.PERMISSION_MISSING", 403)),
        ("interviews", lambda: refusal("REMOTE.INPUT_INVALID", 400)),
        ("candidate_attachments", lambda: refusal("INTEGRATION.PERMISSION_MISSING", 403)),
        ("candidate_attachments", lambda: PlainTextResponse("not here", 404)),
    ],
    ids=["list skipped", "list failed", "parent skipped", "parent without a code"],
)
def test_passes_that_are_refused_keep_no_page(
    kombo: Kombo, make: Callable[[], Response], stream: str
) -> None:
    ids = [f"greenhouse:{number}" for number in range(10)]
    size = only(candidates=3, interviews=3)
    for one in ids:
        kombo.emulator.add_integration(one, "ATS", size)
    path = "/attachments" if stream == "candidate_attachments" else "/ats/interviews"
    kombo.emulator.intercept = lambda asked: (
        make()
        if asked.path.endswith(path) and ("cursor" in asked.params or path == "/attachments")
        else None
    )
    kinds = {"Response", "Page", "Answer"}
    gc.collect()
    gc.disable()
    try:
        before = {id(one) for one in gc.get_objects()}
        kombo.attempt(*ids, streams=(stream,), max_retries=0, page_size=1)
        for worker in threading.enumerate():
            if worker.name == "kombo":
                worker.join()  # it lets go of its last page as it ends
        alive = [
            type(one).__name__
            for one in gc.get_objects()
            if type(one).__name__ in kinds
            and id(one) not in before
            and type(one).__module__.partition(".")[0] in {"tap_kombo", "requests"}
        ]
    finally:
        gc.enable()

    assert len(kombo.emulator.requests) >= 2 * len(ids)
    assert alive == []


# --- 2.9: nobody waits for what nobody wants


@pytest.mark.parametrize("column", ["x", "__filter__"])
def test_a_pass_that_fails_does_not_wait_for_its_next_page(
    kombo: Kombo, caplog: pytest.LogCaptureFixture, column: str
) -> None:
    kombo.emulator.add_integration(A, "ATS", FEW)
    over, outcome = threading.Event(), []

    def hold(asked: Received) -> Response | None:
        if asked.path == "/ats/interviews" and "cursor" in asked.params:
            outcome.append(over.wait(25))
        return None

    kombo.emulator.intercept = hold
    try:
        sent = kombo.attempt(
            A,
            streams=("interviews", "jobs"),
            page_size=3,
            stream_maps={"interviews": {column: "record['c7531']"}},
        )
        ended_first = not outcome
    finally:
        over.set()

    assert ended_first
    assert sent.error is not None
    assert len(failures(caplog)) == 1
    assert sent.bookmark(A, "jobs")
