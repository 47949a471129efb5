"""In time, and no longer than the transport."""

from __future__ import annotations

import contextlib
import gc
import itertools
import socket
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from transport.hosts import BODY, PHASES, SOON, STALLS, WAYS, WHOLE, Host, Scene, answering, get
from typing_extensions import override

from tap_kombo.api import transport as module
from tap_kombo.api.transport import CLOSED, NoAnswerError, Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


HEADS = ("no headers", "status", "headers")
BODIES = ("body", "chunks", "no length")


def places(way: str, turn: int) -> list[tuple[str, str]]:
    """A stall in a head and one in a body, one on a new connection and one on a reused one."""
    number = WAYS.index(way)
    return [
        (phases[(number + turn) % 3], ("", "whole")[(number // 3 + turn + which) % 2])
        for which, phases in enumerate((HEADS, BODIES))
    ]


def test_each_phase_is_tried_on_a_new_and_on_a_reused_connection() -> None:
    tried = {one for turn in (0, 1) for way in WAYS for one in places(way, turn)}

    assert tried == set(itertools.product(PHASES, ("", "whole")))


# --- in time, and no longer than the transport


@pytest.mark.parametrize("way", WAYS)
def test_an_answer_arrives_over_each_way(transport: Transport, scene: Scene, way: str) -> None:
    host = scene.way(way, answering(WHOLE))

    for _ in range(3):
        assert get(transport, scene.url).content == BODY

    assert (len(host.received), host.opened) == (3, 1)


@pytest.mark.parametrize("way", WAYS)
def test_a_late_answer_is_cut_off(transport: Transport, scene: Scene, way: str) -> None:
    for phase, first in places(way, 0):
        host = scene.way(way, PHASES[phase])
        if first:
            get(transport, scene.url + first)

        with pytest.raises(NoAnswerError, match=r"^not complete after 0\.3 seconds$"):
            get(transport, scene.url, 0.3)

        assert host.closed.acquire(timeout=SOON), phase
        assert get(transport, f"{scene.url}whole").content == BODY, phase


@pytest.mark.parametrize("stall", STALLS)
def test_a_late_connection_is_cut_off(transport: Transport, scene: Scene, stall: str) -> None:
    scene.stall(stall)

    with pytest.raises(NoAnswerError, match=r"^not complete after 0\.1 seconds$"):
        get(transport, scene.url, 0.1)


def test_connecting_has_a_time_of_its_own(
    transport: Transport, full: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    urls = [f"{scheme}://127.0.0.1:{full}/" for scheme in ("http", "https")]
    for url in urls:
        with pytest.raises(NoAnswerError, match=r"^not complete after"):
            get(transport, url, 0.2)
    monkeypatch.setattr(module, "CONNECT_TIMEOUT_SECONDS", 0.2)
    for url in urls:
        with pytest.raises(NoAnswerError, match=r"^no answer in time$"):
            get(transport, url, 300)


def test_who_is_late_does_not_wait_for_others(transport: Transport, scene: Scene) -> None:
    """The watchdog sleeps until the first deadline, and is woken for an earlier one."""
    host = scene.way("http", PHASES["headers"])
    with ThreadPoolExecutor() as threads:
        slow = threads.submit(get, transport, scene.url, 300)
        assert host.reached.wait(SOON)

        with pytest.raises(NoAnswerError, match=r"0\.1 seconds"):
            get(transport, scene.url, 0.1)

        assert not slow.done()
        transport.close()
        assert isinstance(slow.exception(SOON), NoAnswerError)


@contextlib.contextmanager
def cut_off(transport: Transport, url: str) -> Iterator[None]:
    """Close the transport while a request is under way."""
    with ThreadPoolExecutor() as threads:
        sent = threads.submit(get, transport, url, 300)
        yield
        transport.close()
        error = sent.exception(SOON)
    assert isinstance(error, NoAnswerError)
    assert str(error) == CLOSED


@pytest.mark.parametrize("way", WAYS)
def test_close_cuts_off_an_answer(scene: Scene, way: str) -> None:
    for phase, first in places(way, 1):
        transport, host = Transport(4), scene.way(way, PHASES[phase])
        if first:
            get(transport, scene.url + first)

        with cut_off(transport, scene.url):
            assert host.reached.wait(SOON), phase

        assert host.closed.acquire(timeout=SOON), phase


@pytest.mark.parametrize("stall", STALLS)
def test_close_cuts_off_a_connection_in_the_making(
    transport: Transport, scene: Scene, stall: str
) -> None:
    reached = scene.stall(stall)

    with cut_off(transport, scene.url):
        assert reached.wait(SOON)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_close_cuts_off_connecting(
    transport: Transport, full: int, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    """Even if it was told too early: what does not connect yet cannot be cut off."""
    connecting, told = threading.Event(), threading.Event()

    class Socket(socket.socket):
        @override
        def connect(self, address: Any) -> None:
            connecting.set()
            assert told.wait(SOON)
            super().connect(address)

        @override
        def shutdown(self, how: int) -> None:
            try:
                super().shutdown(how)
            finally:
                told.set()

    monkeypatch.setattr(socket, "socket", Socket)
    with cut_off(transport, f"{scheme}://127.0.0.1:{full}/"):
        assert connecting.wait(SOON)


@pytest.mark.parametrize("way", ["http", "https", "http by https", "https by https"])
def test_nothing_is_left_open(scene: Scene, way: str) -> None:
    host = scene.way(way, PHASES["no length"])
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        transport = Transport(4)
        get(transport, f"{scene.url}whole")
        with pytest.raises(NoAnswerError):
            get(transport, scene.url, 0.1)
        get(transport, f"{scene.url}whole")
        with cut_off(transport, scene.url):
            assert host.reached.wait(SOON)
        del transport
        gc.collect()

    assert [str(one.message) for one in warned] == []


def test_close_ends_all(transport: Transport, serve: Callable[..., Host]) -> None:
    before = set(threading.enumerate())
    host = serve(answering(WHOLE))
    url = f"http://127.0.0.1:{host.port}/"
    get(transport, url)
    (watchdog,) = (one for one in {*threading.enumerate()} - before if one.name == "deadlines")

    transport.close()
    transport.close()

    assert host.closed.acquire(timeout=SOON)  # the connection that was kept alive
    watchdog.join(SOON)
    assert not watchdog.is_alive()
    with pytest.raises(NoAnswerError, match=f"^{CLOSED}$"):
        get(transport, url)
    assert host.opened == 1


def test_what_was_never_used_can_be_closed() -> None:
    before = threading.active_count()
    transport = Transport(1)
    transport.close()

    with pytest.raises(NoAnswerError, match=f"^{CLOSED}$"):
        get(transport, "http://127.0.0.1:1/")
    assert threading.active_count() == before
