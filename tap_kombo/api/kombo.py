"""Kombo: pages of lists and the details of integrations; owns transport, limits and retries."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import requests
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from tap_kombo.api import answers
from tap_kombo.api.integrations import Details
from tap_kombo.api.limits import Limits, OutageError
from tap_kombo.api.pagination import CircularError
from tap_kombo.api.problems import (
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

    from tap_kombo.api.limits import Grant

T = TypeVar("T")

MAX_WAIT_SECONDS = 60
"""Longest wait before a request is sent again."""


def _aside() -> AbstractAsyncContextManager[None]:
    return nullcontext()


def _ignore(_: object) -> None: ...


@dataclass(frozen=True)
class Call(Generic[T]):
    """What is asked for.

    Attributes:
        where: Its name for messages, e.g. `interviews of greenhouse:demo`.
        integration_id: Whose data it is; `None` if nobody's.
        build: Makes the request; called in a worker, anew for each try.
        read: Reads an answer with records; called in a worker.
        sent: Told the seconds waited for leave, each time a request is sent.
        answered: Told each answer; called in a worker.
        aside: Entered while nothing can be done but wait.
    """

    where: str
    integration_id: str | None
    build: Callable[[], requests.PreparedRequest]
    read: Callable[[requests.Response], T]
    sent: Callable[[float], None] = _ignore
    answered: Callable[[requests.Response], None] = _ignore
    aside: Callable[[], AbstractAsyncContextManager[None]] = _aside


@dataclass(frozen=True)
class _Outcome(Generic[T]):
    """How one exchange ended.

    Attributes:
        result: What was read, unless there is a problem.
        problem: Why nothing was read.
        grant: What the answer says of the request limit.
    """

    result: T | None = None
    problem: Problem | None = None
    grant: Grant | None = None


@dataclass
class LookUp:
    """What Kombo answered when it was asked about an integration.

    Attributes:
        details: What matters for reading it.
        answer: The answer, as long as a stream still wants it.
        problem: Why nothing is known.
        readers: How many streams still want the answer.
    """

    details: Details = field(default_factory=Details)
    answer: requests.Response | None = None
    problem: Problem | None = None
    readers: int = 0


class Kombo:
    """Kombo's API for one run, from one event loop; requests are sent in threads.

    Args:
        url: Base URL.
        headers: Headers of the requests that belong to no stream, with the credentials.
        concurrency: How many requests are in flight at most.
        max_retries: How often a request that may succeed later is sent again.
        timeout_seconds: How long an answer may take to its last byte.
        logger: Where waits and retries are told.
        readers: How many streams read the answers about integrations themselves.
    """

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        *,
        concurrency: int,
        max_retries: int,
        timeout_seconds: float,
        logger: logging.Logger,
        readers: int = 0,
    ) -> None:
        """Open no connection yet."""
        self._url, self._headers = url, dict(headers)
        self._max_retries, self._timeout = max_retries, timeout_seconds
        self._logger = logger
        self._readers = readers
        self._limits = Limits(concurrency, max_retries, logger)
        self._transport = Transport(concurrency)
        self._workers = ThreadPoolExecutor(concurrency, thread_name_prefix="kombo")
        self._look_ups: dict[str, asyncio.Task[LookUp]] = {}
        self._key_works = False
        self._silence = ""

    async def ask(self, call: Call[T]) -> T:
        """Ask for something until there is an answer, or no hope of one.

        Args:
            call: What is asked for.

        Returns:
            What `call.read` made of the answer.

        Raises:
            KomboError: If Kombo refused, or did not answer after retries.
        """
        retrying = AsyncRetrying(
            retry=retry_if_exception(_may_pass),
            wait=wait_random_exponential(max=MAX_WAIT_SECONDS),
            stop=stop_after_attempt(self._max_retries + 1),
            sleep=partial(_rest, call),
            before_sleep=self._tell_retry,
            reraise=True,
        )
        return await retrying(self._once, call)

    async def details(
        self, integration_id: str, aside: Callable[[], AbstractAsyncContextManager[None]] = _aside
    ) -> Details:
        """Return what Kombo says of an integration; it is asked once in a run.

        Args:
            integration_id: The integration.
            aside: Entered while nothing can be done but wait.

        Raises:
            KomboError: If the run has to stop. If Kombo refuses, nothing is known.
        """
        return (await self.look_up(integration_id, aside)).details

    async def integration(
        self, integration_id: str, aside: Callable[[], AbstractAsyncContextManager[None]] = _aside
    ) -> requests.Response:
        """Return Kombo's answer about an integration itself, to one of `readers` streams.

        Args:
            integration_id: The integration.
            aside: Entered while nothing can be done but wait.

        Raises:
            KomboError: If Kombo refused it.
        """
        found = await self.look_up(integration_id, aside)
        if found.answer is None:
            raise KomboError(found.problem or Problem(UNREADABLE, "gone"), _about(integration_id))
        answer, found.readers = found.answer, found.readers - 1
        if found.readers <= 0:
            found.answer = None  # it is large, and there may be thousands
        return answer

    async def check_key(self) -> None:
        """Ask whether the API key works (docs.kombo.dev/api-reference/general/v1/get-check-api-key).

        Raises:
            KomboError: If it does not, or nobody answers.
        """
        await self.ask(
            Call("API key", None, partial(self._request, "/check-api-key"), answers.data_of)
        )

    def close(self) -> None:
        """Send nothing any more and cut off what is under way."""
        self._limits.stop()
        self._transport.close()
        self._workers.shutdown(wait=False, cancel_futures=True)

    async def _once(self, call: Call[T]) -> T:
        """Ask once; what is refused for a limit is asked again, however often.

        Raises:
            KomboError: If there was no answer with records.
        """
        loop = asyncio.get_running_loop()
        while True:
            await self._wait_until_free(call, loop)
            try:
                async with self._limits.leave(call.integration_id) as waited:
                    call.sent(waited)
                    sent_at = loop.time()
                    outcome = await loop.run_in_executor(self._workers, self._exchange, call)
                    problem = self._learn(outcome, call, sent_at)
                if problem is None:
                    return outcome.result  # type: ignore[return-value] # there is one
                if problem.is_silence:
                    self._silence = problem.what
                    await self._limits.silence(sent_at, self._is_answered)
            except OutageError:
                raise KomboError(Problem(OUTAGE, self._silence), "Kombo") from None
            if problem.action is not Action.WAIT:
                raise KomboError(problem, call.where)
            self._logger.debug("%s", problem.sentence(call.where))

    async def _wait_until_free(self, call: Call[Any], loop: asyncio.AbstractEventLoop) -> None:
        """Wait aside while the tool of the integration wants to be left alone."""
        if call.integration_id is None:
            return
        while (seconds := self._limits.held_until(call.integration_id) - loop.time()) > 0:
            await _rest(call, seconds)

    def _learn(
        self, outcome: _Outcome[Any], call: Call[Any], sent_at: float
    ) -> Problem | None:
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

    def _exchange(self, call: Call[T]) -> _Outcome[T]:
        """Send a request and read the answer; this runs in a worker."""
        try:
            response = self._transport.send(call.build(), self._timeout)
        except UntrustedError as error:
            return _Outcome(problem=Problem(UNTRUSTED, str(error)))
        except NoAnswerError as error:
            return _Outcome(problem=Problem(UNREACHABLE, str(error)))
        call.answered(response)
        grant = answers.grant_of(response)
        problem = answers.problem_of(response, key_works=self._key_works)
        if problem:
            return _Outcome(problem=problem, grant=grant)
        try:
            return _Outcome(call.read(response), grant=grant)
        except answers.EnvelopeError as error:
            problem = Problem(UNREADABLE, str(error), status=response.status_code)
        except CircularError as error:
            problem = error.problem
        return _Outcome(problem=problem, grant=grant)

    async def _is_answered(self) -> bool:
        """Ask for something that concerns no integration, to know whether anybody answers."""
        call = Call("API key", None, partial(self._request, "/check-api-key"), answers.data_of)
        loop = asyncio.get_running_loop()
        outcome = await loop.run_in_executor(self._workers, self._exchange, call)
        if problem := outcome.problem:
            self._silence = problem.what if problem.is_silence else self._silence
        return not (problem and problem.is_silence)

    async def look_up(
        self, integration_id: str, aside: Callable[[], AbstractAsyncContextManager[None]] = _aside
    ) -> LookUp:
        """Return what came of asking about an integration; it is asked once in a run.

        Args:
            integration_id: The integration.
            aside: Entered while nothing can be done but wait.

        Raises:
            KomboError: If the run has to stop.
        """
        known = self._look_ups.get(integration_id)
        if known is None or known.cancelled():
            ask = self._ask_about(integration_id, aside)
            known = self._look_ups[integration_id] = asyncio.ensure_future(ask)
            return await asyncio.shield(known)
        if not known.done():
            async with aside():
                return await asyncio.shield(known)
        return known.result()

    async def _ask_about(
        self, integration_id: str, aside: Callable[[], AbstractAsyncContextManager[None]]
    ) -> LookUp:
        """Ask Kombo; if it refuses, nothing is known, and the lists will tell why."""
        build = partial(self._request, f"/integrations/{integration_id}")
        call = Call(_about(integration_id), integration_id, build, _with_data, aside=aside)
        try:
            answer = await self.ask(call)
        except KomboError as error:
            if error.problem.action is Action.STOP_RUN:
                raise
            self._logger.info("%s", error)
            return LookUp(problem=error.problem)
        found = LookUp(Details.of(answers.data_of(answer)), readers=self._readers)
        if self._readers:
            found.answer = answer
        return found

    def _request(self, path: str) -> requests.PreparedRequest:
        return requests.Request("GET", self._url + path, headers=self._headers).prepare()

    def _tell_retry(self, state: RetryCallState) -> None:
        self._logger.warning(
            "%s Trying again in %.1f seconds (retry %d of %d).",
            state.outcome and state.outcome.exception(),
            state.upcoming_sleep,
            state.attempt_number,
            self._max_retries,
        )


def _about(integration_id: str) -> str:
    return f"integrations of {integration_id}"


def _with_data(response: requests.Response) -> requests.Response:
    """Return the answer if it is one about an integration."""
    answers.data_of(response)
    return response


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, KomboError) and error.problem.action in RETRIED


async def _rest(call: Call[Any], seconds: float) -> None:
    """Wait without keeping anybody else from being read."""
    async with call.aside():
        await asyncio.sleep(seconds)
