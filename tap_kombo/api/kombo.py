"""Kombo: pages of lists and the details of integrations; owns transport, limits and retries."""

from __future__ import annotations

import asyncio
from collections import Counter
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

import requests
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from tap_kombo.api import answers
from tap_kombo.api.integrations import Details
from tap_kombo.api.limits import Limits, OutageError
from tap_kombo.api.problems import (
    OF_INTEGRATION,
    OUTAGE,
    RETRIED,
    UNREACHABLE,
    UNREADABLE,
    UNTRUSTED,
    Action,
    KomboError,
    Problem,
)
from tap_kombo.api.transport import NoAnswerError, Transport, UntrustedError

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Mapping

    from tenacity import RetryCallState

    from tap_kombo.api.limits import Grant, Rate

T = TypeVar("T")
Aside: TypeAlias = "Callable[[], AbstractAsyncContextManager[None]]"
"""Makes what is entered while there is nothing to do but wait."""

MAX_WAIT_SECONDS = 60
"""Longest wait before a request is sent again."""

STAY: Aside = nullcontext


def _ignore(_: object) -> None: ...


@dataclass(frozen=True)
class Access:
    """How Kombo is reached."""

    url: str
    headers: Mapping[str, str]  # of the requests that belong to no stream, with the credentials
    concurrency: int  # how many requests are in flight at most
    max_retries: int  # how often a request that may succeed later is sent again
    timeout_seconds: float  # how long an answer may take to its last byte


@dataclass(frozen=True)
class Call(Generic[T]):
    """What is asked for; `build`, `read` and `answered` are called in a worker."""

    where: str  # its name for messages, e.g. `interviews of greenhouse:demo`
    integration_id: str | None  # whose data it is; `None` if nobody's
    build: Callable[[], requests.PreparedRequest]  # anew for each try
    read: Callable[[requests.Response], T]  # of an answer with records
    answered: Callable[[requests.Response], None] = _ignore  # told each answer
    sent: Callable[[float], None] = _ignore  # told the seconds waited for leave, at each try
    aside: Aside = STAY


@dataclass(frozen=True)
class _Outcome(Generic[T]):
    """How one exchange ended: with a result or with a problem."""

    result: T | None = None
    problem: Problem | None = None
    grant: Grant | None = None


@dataclass
class LookUp:
    """What came of asking Kombo about an integration."""

    details: Details = field(default_factory=Details)
    problem: Problem | None = None  # why nothing is known


class Kombo:
    """Kombo's API for one run, asked from one event loop; requests are sent in threads.

    Args:
        access: How Kombo is reached.
        logger: Where waits and retries are told.
        readers: How many passes read the answer about each integration itself.
    """

    def __init__(
        self, access: Access, logger: logging.Logger, readers: Mapping[str, int] | None = None
    ) -> None:
        """Open no connection yet."""
        self._access, self._logger, self._readers = access, logger, Counter(readers)
        self.look_ups = 0
        self._limits = Limits(access.concurrency, access.max_retries, logger)
        self._transport = Transport(access.concurrency)
        self._workers: list[Thread] = []
        self._calls: SimpleQueue[tuple[Future[_Outcome[Any]], Call[Any]] | None] = SimpleQueue()
        self._look_ups: dict[str, asyncio.Future[LookUp]] = {}
        self._answers: dict[str, requests.Response] = {}
        self._trying: dict[str | None, asyncio.Future[Problem | None]] = {}
        self._key_works = False
        self._silence = ""

    async def ask(self, call: Call[T]) -> T:
        """Return what is asked for, once there is an answer.

        A tool that is away is asked by one request, again and again; the others of its
        integration wait for what comes of it.

        Raises:
            KomboError: If Kombo refused, or did not answer after retries.
        """
        while True:
            while trying := self._trying.get(call.integration_id):
                async with call.aside():
                    problem = await asyncio.shield(trying)
                if problem:
                    raise KomboError(problem, call.where)
            try:
                return await self._once(call)
            except KomboError as error:
                if not (_may_pass(error) and self._access.max_retries):
                    raise
                failed = error
            if failed.problem.action is Action.RETRY or call.integration_id is None:
                return await self._ask_again(call, failed)
            if call.integration_id not in self._trying:
                return await self._ask_for_all(call.integration_id, call, failed)

    async def _ask_for_all(self, integration_id: str, call: Call[T], failed: KomboError) -> T:
        """Retry, and tell the other requests of the integration what came of it."""
        trying = self._trying[integration_id] = asyncio.get_running_loop().create_future()
        problem = None
        try:
            return await self._ask_again(call, failed)
        except KomboError as error:
            if error.problem.action in OF_INTEGRATION:
                problem = error.problem
            raise
        finally:
            del self._trying[integration_id]
            trying.set_result(problem)

    async def _ask_again(self, call: Call[T], failed: KomboError) -> T:
        """Retry, ever later and with full jitter; the first try is the one that has failed."""
        retrying = AsyncRetrying(
            retry=retry_if_exception(_may_pass),
            wait=wait_random_exponential(max=MAX_WAIT_SECONDS),
            stop=stop_after_attempt(self._access.max_retries + 1),
            sleep=partial(_rest, call),
            before_sleep=self._tell_retry,
            reraise=True,
        )
        async for attempt in retrying:
            with attempt:
                if attempt.retry_state.attempt_number > 1:
                    return await self._once(call)
                raise failed
        raise failed

    @property
    def requests_left(self) -> str:
        """What is left of Kombo's limit, as the end of a sentence; empty if it is not known."""
        left = self._limits.left
        return f", {left[0]:,} of {left[1]:,} requests left in Kombo's window" if left else ""

    @property
    def rate(self) -> Rate | None:
        """How fast Kombo lets requests be sent; none if it has not told."""
        return self._limits.rate

    async def check_key(self) -> None:
        """Do nothing if the API key works (GET /check-api-key in Kombo's reference).

        Raises:
            KomboError: If it does not, or nobody answers.
        """
        await self.ask(self._key_call())

    async def integration(self, integration_id: str, aside: Aside = STAY) -> requests.Response:
        """Return Kombo's answer about an integration itself, to one of `readers`.

        Raises:
            KomboError: If Kombo refused it.
        """
        found = await self.look_up(integration_id, aside)
        if integration_id in self._answers:
            return self._answers[integration_id]
        raise KomboError(found.problem or Problem(UNREADABLE, "gone"), _about(integration_id))

    def let_go(self, integration_id: str) -> None:
        """Do without an answer once the last of its `readers` has ended, also if it never read."""
        self._readers[integration_id] -= 1
        if self._readers[integration_id] <= 0:
            self._answers.pop(integration_id, None)  # it is large, and there may be thousands

    async def look_up(self, integration_id: str, aside: Aside = STAY) -> LookUp:
        """Return what Kombo says of an integration; it is asked once in a run, whoever asks.

        Raises:
            KomboError: If the run has to stop; any other refusal is what came of it.
        """
        known = self._look_ups.get(integration_id)
        if known is None or known.cancelled():
            known = asyncio.ensure_future(self._ask_about(integration_id, aside))
            self._look_ups[integration_id] = known
            return await asyncio.shield(known)
        if known.done():
            return known.result()
        async with aside():
            return await asyncio.shield(known)

    def close(self) -> None:
        """Send nothing any more and cut off what is under way."""
        self._limits.stop()
        self._transport.close()
        for _ in self._workers:
            self._calls.put(None)

    async def _once(self, call: Call[T]) -> T:
        """Ask once; what is refused for a limit is asked again, however often.

        Raises:
            KomboError: If there was no answer with records.
        """
        loop = asyncio.get_running_loop()
        if not self._workers:
            self._hire()
        while True:
            while (seconds := self._limits.held_until(call.integration_id) - loop.time()) > 0:
                await _rest(call, seconds)  # its tool wants to be left alone
            try:
                async with self._limits.leave(call.integration_id) as waited:
                    call.sent(waited)
                    sent_at = loop.time()
                    exchanged = Future[_Outcome[T]]()
                    self._calls.put((exchanged, call))
                    outcome = await asyncio.wrap_future(exchanged)
                    problem = self._learn(outcome, call, sent_at)
                    if problem and problem.is_silence:  # before another gets leave
                        self._silence = problem.what
                        over = self._limits.silence(sent_at, problem.what, self._is_answered)
                if problem is None:
                    return outcome.result  # type: ignore[return-value] # there is one
                if problem.is_silence:
                    await over
            except OutageError:
                raise KomboError(Problem(OUTAGE, self._silence), "") from None
            if problem.action is Action.STOP_RUN:
                raise KomboError(problem, "")  # whoever happened to ask is not to blame
            if problem.action is not Action.WAIT:
                raise KomboError(problem, call.where)
            self._logger.debug("%s", problem.sentence(call.where))

    def _hire(self) -> None:
        """Start the workers.

        They are no executor's, for which the end of the program would wait: nothing can cut off
        one that waits for a name server.
        """
        workers = range(self._access.concurrency)
        self._workers = [Thread(target=self._work, name="kombo", daemon=True) for _ in workers]
        for worker in self._workers:
            worker.start()

    def _work(self) -> None:
        """Do what is asked for, until the run is over; this is a worker."""
        while one := self._calls.get():
            exchanged, call = one
            if exchanged.set_running_or_notify_cancel():
                try:
                    exchanged.set_result(self._exchange(call))
                except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
                    exchanged.set_exception(error)
            del one, exchanged, call  # a page is large, and the next call may be long in coming

    def _exchange(self, call: Call[T]) -> _Outcome[T]:
        """Send a request and read the answer; this runs in a worker."""
        try:
            response = self._transport.send(call.build(), self._access.timeout_seconds)
        except NoAnswerError as error:
            rule = UNTRUSTED if isinstance(error, UntrustedError) else UNREACHABLE
            return _Outcome(problem=Problem(rule, str(error)))
        call.answered(response)
        grant = answers.grant_of(response)
        problem = answers.problem_of(response, key_works=self._key_works)
        try:
            return _Outcome(None if problem else call.read(response), problem, grant)
        except answers.EnvelopeError as error:
            return _Outcome(None, error.problem, grant)

    def _learn(self, outcome: _Outcome[Any], call: Call[Any], sent_at: float) -> Problem | None:
        """Take in what an answer says of limits, and return its problem."""
        problem = outcome.problem
        if problem is None or not problem.is_silence:
            self._limits.learn(outcome.grant, sent_at)
        if problem is None or (problem.code and problem.action is not Action.STOP_RUN):
            self._key_works = True
        if problem and (pause := problem.pause):
            concerned = call.integration_id if pause.of_integration else None
            self._limits.pause(pause.seconds, concerned)
        return problem

    async def _is_answered(self) -> bool:
        """Ask for what concerns no integration, to know whether anybody answers at all."""
        exchanged = Future[_Outcome[Any]]()
        self._calls.put((exchanged, self._key_call()))
        problem = (await asyncio.wrap_future(exchanged)).problem
        return not (problem and problem.is_silence)

    async def _ask_about(self, integration_id: str, aside: Aside) -> LookUp:
        """Ask Kombo; if it refuses, nothing is known, and the lists will tell why."""
        build = partial(self._request, f"/integrations/{integration_id}")
        call = Call(
            _about(integration_id), integration_id, build, _with_data, sent=self._count, aside=aside
        )
        try:
            answer = await self.ask(call)
        except KomboError as error:
            if error.problem.action is Action.STOP_RUN:
                raise
            self._logger.debug("%s", error)
            return LookUp(problem=error.problem)
        if self._readers[integration_id] > 0:
            self._answers[integration_id] = answer
        return LookUp(Details.of(answers.data_of(answer)))

    def _count(self, _: float) -> None:
        self.look_ups += 1

    def _key_call(self) -> Call[dict[str, Any]]:
        return Call("API key", None, partial(self._request, "/check-api-key"), answers.data_of)

    def _request(self, path: str) -> requests.PreparedRequest:
        headers = {"Accept-Encoding": "gzip, deflate", **self._access.headers}
        return requests.Request("GET", self._access.url + path, headers).prepare()

    def _tell_retry(self, state: RetryCallState) -> None:
        error = state.outcome and state.outcome.exception()
        if isinstance(error, KomboError):  # as `_may_pass` says
            retry = f"(retry {state.attempt_number} of {self._access.max_retries})"
            then = f"Trying again in {state.upcoming_sleep:.1f} seconds {retry}."
            self._logger.warning("%s", error.problem.sentence(error.where, then))


def _about(integration_id: str) -> str:
    return f"integrations of {integration_id}"


def _with_data(response: requests.Response) -> requests.Response:
    """Return an answer that has `data`."""
    answers.data_of(response)
    return response


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, KomboError) and error.problem.action in RETRIED


async def _rest(call: Call[Any], seconds: float) -> None:
    """Wait without keeping anybody else from being read."""
    async with call.aside():
        await asyncio.sleep(seconds)
