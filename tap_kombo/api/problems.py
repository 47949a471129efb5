"""What a refused request means: what to do about it, its cause and its cure."""

from __future__ import annotations

import enum
import importlib.resources
import tomllib
from dataclasses import dataclass, field


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
    """How one kind of problem is handled: a row of `problems.toml`."""

    action: Action
    cause: str
    cure: str = (
        "Nothing to do: the next run continues where this one stopped. If it lasts, ask Kombo's "
        "support."
    )
    name: str = field(default="", kw_only=True)  # of the row


def _load() -> dict[str, Rule]:
    source = importlib.resources.files(__package__ or "") / "problems.toml"
    return {
        name: Rule(Action[action], *words, name=name)
        for action, rules in tomllib.loads(source.read_text("utf-8")).items()
        for name, words in rules.items()
    }


_ALL = _load()
RULES = {code: rule for code, rule in _ALL.items() if "." in code}
"""Those of Kombo's error codes."""

LIMITED = RULES["PLATFORM.RATE_LIMIT_EXCEEDED"]
TRANSIENT = _ALL["TRANSIENT"]
KEY_REFUSED = _ALL["KEY_REFUSED"]
KEY_REFUSED_HERE = _ALL["KEY_REFUSED_HERE"]
REFUSED = _ALL["REFUSED"]
REDIRECTED = _ALL["REDIRECTED"]
UNREACHABLE = _ALL["UNREACHABLE"]
UNTRUSTED = _ALL["UNTRUSTED"]
UNREADABLE = _ALL["UNREADABLE"]
CIRCULAR = _ALL["CIRCULAR"]
KEYLESS = _ALL["KEYLESS"]
LEFT_OUT = _ALL["LEFT_OUT"]
UNMAPPABLE = _ALL["UNMAPPABLE"]
UNEXPECTED = _ALL["UNEXPECTED"]
UNKNOWN_WORD = _ALL["UNKNOWN_WORD"]
OUTAGE = _ALL["OUTAGE"]
BAD_STATE = _ALL["BAD_STATE"]
OPTED_OUT = _ALL["OPTED_OUT"]


@dataclass(frozen=True)
class Pause:
    """A wait that an answer asks for."""

    seconds: float | None  # none if it does not say
    of_integration: bool = False  # whether it concerns one only, as its tool asks for it


@dataclass(frozen=True)
class Problem:
    """A request that Kombo did not answer with records."""

    rule: Rule
    what: str  # the error's code or name and its HTTP status, never the body
    code: str | None = None  # Kombo's `error.code`
    status: int | None = None
    log_url: str | None = None  # Kombo's page about the error
    pause: Pause | None = field(default=None, compare=False)  # that the answer asks for

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

    def sentence(self, where: str, instead: str = "") -> str:
        """Return the sentence for the user.

        Args:
            where: What it concerns, e.g. `interviews of greenhouse:demo`; empty if that is all.
            instead: What the tap does about it, so that there is nothing to cure.
        """
        cause = self.rule.cause
        told = f"{where}: {cause}" if where else cause[0].upper() + cause[1:]
        see = f" See {self.log_url}" if self.log_url else ""
        return f"{told} [{self.what}]. {instead or self.rule.cure}{see}"


class KomboError(Exception):
    """A problem on its way to whoever decides how far it reaches."""

    def __init__(self, problem: Problem, where: str) -> None:
        """Tell it as to the user."""
        self.problem = problem
        self.where = where
        super().__init__(problem.sentence(where))
