"""What a refused request means: what to do about it, its cause and its cure."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Action(enum.StrEnum):
    """What to do about a problem, from the mildest to the gravest."""

    WAIT = "let all requests wait, then ask again"
    RETRY = "retry, then fail the model of this integration"
    RETRY_INTEGRATION = "retry, then fail the integration"
    SKIP_MODEL = "skip the model of this integration"
    SKIP_INTEGRATION = "skip the integration"
    FAIL_MODEL = "fail the model of this integration"
    FAIL_INTEGRATION = "fail the integration"
    STOP_RUN = "stop the run"


RETRIED = frozenset({Action.RETRY, Action.RETRY_INTEGRATION})
SKIPPED = frozenset({Action.SKIP_MODEL, Action.SKIP_INTEGRATION})
OF_INTEGRATION = frozenset(
    {Action.SKIP_INTEGRATION, Action.RETRY_INTEGRATION, Action.FAIL_INTEGRATION}
)


@dataclass(frozen=True)
class Rule:
    """How one kind of problem is handled.

    Attributes:
        action: What the tap does.
        cause: What happened, as the end of a sentence.
        cure: What the user can do about it, a sentence of its own.
    """

    action: Action
    cause: str
    cure: str


_WAIT = (
    "Nothing to do: the next run continues where this one stopped. If it lasts, ask Kombo's "
    "support."
)

RULES: Mapping[str, Rule] = {
    "PLATFORM.RATE_LIMIT_EXCEEDED": Rule(
        Action.WAIT, "Kombo's request limit is used up", "Nothing to do: the tap waits."
    ),
    "PLATFORM.CONCURRENCY_LIMIT_EXCEEDED": Rule(
        Action.WAIT, "too many actions are running at once", "Nothing to do: the tap waits."
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
        "Check `integration_ids`: it may be deleted, or belong to another environment or region.",
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
        "the connected tool does not let Kombo read this model",
        "The customer has to give the connection more permissions.",
    ),
    "INTEGRATION.MODEL_NOT_AVAILABLE": Rule(
        Action.SKIP_MODEL,
        "the connected tool has no such model",
        "Nothing to do. Deselect the stream if no integration has it.",
    ),
    "INTEGRATION.MODEL_DISABLED": Rule(
        Action.SKIP_MODEL,
        "the model is switched off in the scope configuration",
        "Switch it on in the Kombo dashboard if you want it.",
    ),
    "INTEGRATION.ACTION_NOT_AVAILABLE": Rule(
        Action.SKIP_MODEL, "the connected tool has no such action", "Deselect the stream."
    ),
    "INTEGRATION.ACTION_DISABLED": Rule(
        Action.SKIP_MODEL,
        "the action is switched off in the scope configuration",
        "Switch it on in the Kombo dashboard if you want it.",
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
KEY_REFUSED = Rule(
    Action.STOP_RUN,
    "the API key is not accepted",
    "A key belongs to one region and one environment: check `api_key`, `region` and `api_url`.",
)
KEY_REFUSED_HERE = Rule(
    Action.FAIL_INTEGRATION,
    "the API key is refused for this integration, although it works for others",
    "Ask Kombo's support, or whoever runs the gateway at `api_url`.",
)
REFUSED = Rule(
    Action.FAIL_MODEL,
    "Kombo refuses the request",
    "If you have set `api_url`, check that it ends in `/v1`. Otherwise ask Kombo's support.",
)
REDIRECTED = Rule(
    Action.FAIL_INTEGRATION,
    "the server redirects to another address, where the tap does not send the API key",
    "Check that `api_url` is Kombo's own address and begins with `https://`.",
)
UNREACHABLE = Rule(
    Action.RETRY_INTEGRATION,
    "Kombo did not answer, or its answer was cut off",
    "Check your network, your proxy, and the settings `region` and `api_url`.",
)
UNTRUSTED = Rule(
    Action.STOP_RUN,
    "the server cannot prove that it is Kombo",
    "Check `api_url`. If a proxy in your network decrypts HTTPS, save its certificate to a file "
    "and name that file in the variable `REQUESTS_CA_BUNDLE`.",
)
UNREADABLE = Rule(
    Action.RETRY,
    "the answer does not have the form that Kombo documents",
    "Check that `api_url` leads to Kombo. If it does, ask Kombo's support.",
)
CIRCULAR = Rule(
    Action.FAIL_MODEL,
    "Kombo's pages lead back to one that was already read",
    "Nothing is lost: the bookmark stays. Ask Kombo's support.",
)
KEYLESS = Rule(
    Action.FAIL_MODEL,
    "records without a key were left out",
    "All other records were read, and the bookmark stays. If `stream_maps` makes the key, use "
    "columns that are never null. If not, ask Kombo's support.",
)
LEFT_OUT = Rule(
    Action.FAIL_MODEL,
    "Kombo refused single records, and they were left out",
    "All other records were read. If it lasts, ask Kombo's support.",
)
UNMAPPABLE = Rule(
    Action.FAIL_MODEL,
    "an expression in `stream_maps` fails for a value that Kombo sent",
    "Correct the expression. Nothing is lost: the bookmark stays.",
)
UNEXPECTED = Rule(
    Action.FAIL_MODEL,
    "something unexpected happened, probably a bug of the tap",
    "Nothing is lost: the bookmark stays. Please report this line.",
)
UNKNOWN_WORD = Rule(
    Action.FAIL_INTEGRATION,
    "Kombo reports a category or status that this version does not know",
    "Upgrade the tap. If that does not help, ask Kombo's support.",
)
OUTAGE = Rule(
    Action.STOP_RUN,
    "no request gets an answer from Kombo",
    "Check your network, your proxy, and the settings `region` and `api_url`. All bookmarks are "
    "kept, and the next run continues where this one stopped.",
)
BAD_STATE = Rule(
    Action.FAIL_MODEL,
    "its entry in the state cannot be read",
    "Correct the entry with `meltano state edit`, or remove it for a full refresh.",
)
OPTED_OUT = Rule(
    Action.SKIP_MODEL,
    "the customer does not share this model",
    "Nothing to do: the customer decides this in Kombo's connection flow.",
)


@dataclass(frozen=True)
class Pause:
    """A wait that an answer asks for.

    Attributes:
        seconds: How long; none if it does not say.
        of_integration: Whether it concerns one integration only, as its tool asks for it.
    """

    seconds: float | None
    of_integration: bool = False


@dataclass(frozen=True)
class Problem:
    """A request that Kombo did not answer with records.

    Attributes:
        rule: How this kind of problem is handled.
        what: The error's code or name and its HTTP status, never the body.
        code: Kombo's `error.code`, if there is one.
        status: The HTTP status, if there was an answer.
        log_url: Kombo's page about the error, if it named one.
        pause: The wait that the answer asks for, if it does.
    """

    rule: Rule
    what: str
    code: str | None = None
    status: int | None = None
    log_url: str | None = None
    pause: Pause | None = field(default=None, compare=False)

    @property
    def action(self) -> Action:
        """What to do about it."""
        return self.rule.action

    @property
    def is_failure(self) -> bool:
        """Whether the run has to end with an error."""
        return self.action not in SKIPPED

    @property
    def is_silence(self) -> bool:
        """Whether Kombo itself said nothing: there was no answer, or one of a load balancer."""
        return self.code is None and self.rule in {UNREACHABLE, TRANSIENT, UNREADABLE}

    def sentence(self, where: str) -> str:
        """Return the sentence for the user.

        Args:
            where: What was asked for, e.g. `interviews of greenhouse:demo`.
        """
        see = f" See {self.log_url}" if self.log_url else ""
        return f"{where}: {self.rule.cause} [{self.what}]. {self.rule.cure}{see}"


class KomboError(Exception):
    """A problem on its way to whoever decides how far it reaches.

    Args:
        problem: The problem.
        where: What was asked for, e.g. `interviews of greenhouse:demo`.
    """

    def __init__(self, problem: Problem, where: str) -> None:
        """Tell it as to the user."""
        self.problem = problem
        self.where = where
        super().__init__(problem.sentence(where))
