"""What a refused request means: retry, skip, fail or stop, and what to tell the user."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec
from singer_sdk.exceptions import RetriableAPIError, SyncError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_kombo.transport import Answer


class Action(enum.StrEnum):
    """What to do about an error, from the mildest to the gravest."""

    WAIT = "let all requests wait, then ask again"
    RETRY = "retry, then fail the model of this integration"
    RETRY_INTEGRATION = "retry, then fail the integration"
    SKIP_MODEL = "skip the model of this integration"
    SKIP_INTEGRATION = "skip the integration"
    FAIL_MODEL = "fail the model of this integration"
    FAIL_INTEGRATION = "fail the integration"
    STOP_RUN = "stop the run"


@dataclass(frozen=True)
class Rule:
    """How one kind of error is handled.

    Attributes:
        action: What the tap does.
        cause: What happened, as the end of a sentence.
        cure: What the user can do about it, a sentence of its own.
    """

    action: Action
    cause: str
    cure: str


_WAIT = "Nothing to do unless it lasts; the next run continues where this one stopped."

RULES: Mapping[str, Rule] = {
    "PLATFORM.RATE_LIMIT_EXCEEDED": Rule(
        Action.WAIT, "Kombo's request limit is used up", "Nothing to do; the tap waits."
    ),
    "PLATFORM.CONCURRENCY_LIMIT_EXCEEDED": Rule(
        Action.WAIT, "too many actions are in flight", "Nothing to do; the tap waits."
    ),
    "PLATFORM.AUTHENTICATION_INVALID": Rule(
        Action.STOP_RUN,
        "Kombo does not accept the API key",
        "A key belongs to one region and one environment: check `api_key` and `region`.",
    ),
    "PLATFORM.IP_NOT_WHITELISTED": Rule(
        Action.STOP_RUN,
        "the API key may not be used from this network address",
        "Add the address to the key's allow list in the Kombo dashboard.",
    ),
    "PLATFORM.INTEGRATION_NOT_FOUND": Rule(
        Action.FAIL_INTEGRATION,
        "Kombo does not know this integration",
        "It may be deleted, or belong to another environment or region: check `integration_ids`.",
    ),
    "PLATFORM.INPUT_INVALID": Rule(
        Action.FAIL_MODEL,
        "Kombo does not accept a parameter of the request",
        "Check the settings `filters` and `start_date`.",
    ),
    "PLATFORM.UNKNOWN_ERROR": Rule(Action.RETRY, "Kombo had an internal error", _WAIT),
    "PLATFORM.TASK_TIMED_OUT": Rule(Action.RETRY, "Kombo took too long", _WAIT),
    "INTEGRATION.SETUP_SYNC_PENDING": Rule(
        Action.SKIP_INTEGRATION, "Kombo's first sync of it is still running", _WAIT
    ),
    "INTEGRATION.SETUP_INCOMPLETE": Rule(
        Action.SKIP_INTEGRATION,
        "its setup is not finished",
        "Someone has to finish the setup in the Kombo dashboard.",
    ),
    "INTEGRATION.QA_FAILED": Rule(
        Action.SKIP_INTEGRATION,
        "its first sync failed and is under review",
        "Kombo or the customer has to act; see the integration in the Kombo dashboard.",
    ),
    "INTEGRATION.INACTIVE": Rule(
        Action.SKIP_INTEGRATION, "it is switched off", "Activate it in the Kombo dashboard."
    ),
    "INTEGRATION.AUTHENTICATION_INVALID": Rule(
        Action.SKIP_INTEGRATION,
        "the connected tool refuses the stored credentials",
        "The customer has to reconnect the tool.",
    ),
    "INTEGRATION.PERMISSION_MISSING": Rule(
        Action.SKIP_MODEL,
        "the connected tool does not permit reading this model",
        "The customer has to extend the permissions of the connection.",
    ),
    "INTEGRATION.MODEL_NOT_AVAILABLE": Rule(
        Action.SKIP_MODEL,
        "the connected tool has no such model",
        "Nothing to do; deselect the stream if no integration has it.",
    ),
    "INTEGRATION.MODEL_DISABLED": Rule(
        Action.SKIP_MODEL,
        "the model is switched off in the scope configuration",
        "Enable it in the Kombo dashboard if it is wanted.",
    ),
    "INTEGRATION.ACTION_NOT_AVAILABLE": Rule(
        Action.SKIP_MODEL, "the connected tool has no such action", "Deselect the stream."
    ),
    "INTEGRATION.ACTION_DISABLED": Rule(
        Action.SKIP_MODEL,
        "the action is switched off in the scope configuration",
        "Enable it in the Kombo dashboard if it is wanted.",
    ),
    "REMOTE.SERVICE_UNAVAILABLE": Rule(Action.RETRY, "the connected tool cannot be reached", _WAIT),
    "REMOTE.RATE_LIMIT_EXCEEDED": Rule(
        Action.RETRY, "the connected tool's request limit is used up", _WAIT
    ),
    "REMOTE.INPUT_INVALID": Rule(
        Action.FAIL_MODEL, "the connected tool refuses the request", "Ask Kombo's support."
    ),
    "REMOTE.UNKNOWN_HTTP_ERROR": Rule(
        Action.FAIL_MODEL, "the connected tool had an error", "Ask Kombo's support."
    ),
}
"""Kombo's error codes (docs.kombo.dev/guides/errors) that a reader can meet."""

LIMITED = RULES["PLATFORM.RATE_LIMIT_EXCEEDED"]
TRANSIENT = Rule(Action.RETRY_INTEGRATION, "the server had an error", _WAIT)
REFUSED = Rule(Action.FAIL_MODEL, "Kombo refuses the request", "Ask Kombo's support.")
REDIRECTED = Rule(
    Action.FAIL_INTEGRATION,
    "the server sends us to another address, and the API key stays where it belongs",
    "Check that `api_url` is the very address of Kombo, with `https://`.",
)
UNREACHABLE = Rule(
    Action.RETRY_INTEGRATION,
    "no complete answer came from Kombo",
    "Check the network, a proxy and the settings `region` and `api_url`.",
)
UNTRUSTED = Rule(
    Action.STOP_RUN,
    "the server cannot prove that it is Kombo",
    "Check `api_url`; if a proxy opens the connections of your network, name its certificate in "
    "the variable `REQUESTS_CA_BUNDLE`.",
)
UNREADABLE = Rule(
    Action.RETRY_INTEGRATION,
    "the answer is not what Kombo documents",
    "Check that `api_url` leads to Kombo; if it does, ask Kombo's support.",
)
CIRCULAR = Rule(
    Action.FAIL_MODEL,
    "the pages lead back to one that was read before",
    "Nothing of this model is lost: its bookmark stays. Ask Kombo's support.",
)
UNUSABLE = Rule(
    Action.FAIL_MODEL,
    "Kombo sent what cannot be stored",
    "Nothing of this model is lost: its bookmark stays. Ask Kombo's support.",
)
BAD_STATE = Rule(
    Action.FAIL_MODEL,
    "what is remembered of it cannot be read",
    "Correct it with `meltano state edit`, or remove it for a full pass.",
)
OPTED_OUT = Rule(
    Action.SKIP_MODEL,
    "the customer does not share this model",
    "Nothing to do; the customer decides it in Kombo's connection flow.",
)
CURSOR_REFUSED = "PLATFORM.INPUT_INVALID"

_CODE = re.compile(r"[A-Z_]{1,40}(\.[A-Z_]{1,60})?")
_LOG_URL = re.compile(r"https://[a-z0-9.-]{1,60}/[A-Za-z0-9/_-]{1,200}")
_REDIRECTION = 3
RETRIED_STATUSES = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)


class KomboError(SyncError):
    """A request that Kombo did not answer with records.

    Args:
        rule: How this kind of error is handled.
        where: What was asked for, e.g. `interviews of greenhouse:demo`.
        what: The error's code or name and its HTTP status, never the body.
        code: Kombo's `error.code`, if there is one.
        log_url: Kombo's page about the error, if it named one.
    """

    def __init__(
        self,
        rule: Rule,
        where: str,
        what: str,
        *,
        code: str | None = None,
        log_url: str | None = None,
    ) -> None:
        """Build the message from its parts."""
        self.rule = rule
        self.what = what
        self.code = code
        see = f" See {log_url}" if log_url else ""
        super().__init__(f"{where}: {rule.cause} [{what}]. {rule.cure}{see}")

    @property
    def action(self) -> Action:
        """What to do about it."""
        return self.rule.action

    @property
    def is_failure(self) -> bool:
        """Whether the run has to end with an error."""
        return self.action not in {Action.SKIP_MODEL, Action.SKIP_INTEGRATION}


class LimitedKomboError(KomboError):
    """A request beyond what Kombo grants at this time."""


class RetriableKomboError(KomboError, RetriableAPIError):
    """A request that may succeed when it is sent again."""


def kombo_error(
    rule: Rule, where: str, what: str, *, code: str | None = None, log_url: str | None = None
) -> KomboError:
    """Return the exception for a rule, of the class that says whether to ask again."""
    kind = _KINDS.get(rule.action, KomboError)
    return kind(rule, where, what, code=code, log_url=log_url)


_KINDS = {
    Action.WAIT: LimitedKomboError,
    Action.RETRY: RetriableKomboError,
    Action.RETRY_INTEGRATION: RetriableKomboError,
}


def from_answer(answer: Answer, where: str) -> KomboError:
    """Read the error in an answer, by Kombo's code first and by HTTP status then.

    Args:
        answer: An answer with an error status, or with `status: "error"` in its body.
        where: What was asked for.

    Returns:
        The exception to raise; the body is not in it.
    """
    details = _error_details(answer.body)
    code, log_url = details.get("code"), details.get("log_url")
    rule, status = _of_status(answer.status), f"HTTP {answer.status}"
    if not (isinstance(code, str) and _CODE.fullmatch(code)):
        code, what = None, status
    else:
        rule, what = RULES.get(code, rule), f"{code}, {status}"
    if not (isinstance(log_url, str) and _LOG_URL.fullmatch(log_url)):
        log_url = None
    return kombo_error(rule, where, what, code=code, log_url=log_url)


def _of_status(status: int) -> Rule:
    """Return what an HTTP status means if no known code says it."""
    if status == HTTPStatus.OK:
        return UNREADABLE
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return LIMITED
    if status in RETRIED_STATUSES:
        return TRANSIENT
    return REDIRECTED if status // 100 == _REDIRECTION else REFUSED


def _error_details(body: bytes) -> dict[str, Any]:
    """Return Kombo's `error` object; empty for HTML, text or an empty body."""
    try:
        answer = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    details = answer.get("error") if isinstance(answer, dict) else None
    return details if isinstance(details, dict) else {}
