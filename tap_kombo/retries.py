"""How a request that failed in passing is sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING, ParamSpec, TypeVar

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    sleep_using_event,
    stop_after_attempt,
    stop_when_event_set,
    wait_random_exponential,
)

from tap_kombo.errors import RetriableKomboError

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable
    from threading import Event

P = ParamSpec("P")
T = TypeVar("T")

MAX_WAIT_SECONDS = 60


def retried(
    read: Callable[P, T], retries: int, stopped: Event, logger: logging.Logger
) -> Callable[P, T]:
    """Let a read be tried again, ever later and with full jitter, unless the run ends.

    Args:
        read: What raises a `RetriableKomboError` if it failed in passing.
        retries: How often it is tried again.
        stopped: Set when the run ends.
        logger: Where each retry is told.
    """

    def tell(state: RetryCallState) -> None:
        logger.warning(
            "%s Trying again in %.1f seconds (retry %d of %d).",
            state.outcome and state.outcome.exception(),
            state.upcoming_sleep,
            state.attempt_number,
            retries,
        )

    return Retrying(
        retry=retry_if_exception_type(RetriableKomboError),
        wait=wait_random_exponential(max=MAX_WAIT_SECONDS),
        stop=stop_after_attempt(retries + 1) | stop_when_event_set(stopped),
        sleep=sleep_using_event(stopped),
        before_sleep=tell,
        reraise=True,
    ).wraps(read)
