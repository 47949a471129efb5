from __future__ import annotations

from pathlib import Path

import pytest

from tap_kombo.api import problems
from tap_kombo.api.problems import (
    OF_INTEGRATION,
    RETRIED,
    RULES,
    SKIPPED,
    TRANSIENT,
    UNREACHABLE,
    UNREADABLE,
    Action,
    KomboError,
    Problem,
    Rule,
)

NAMED = {name: one for name, one in vars(problems).items() if isinstance(one, Rule)}
ALL = {**NAMED, **RULES}
RULE = Rule(Action.FAIL_MODEL, "it went wrong", "Mend it.")
LOG = "https://app.kombo.dev/logs/1"


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        (Problem(RULE, "HTTP 400"), "x of a: it went wrong [HTTP 400]. Mend it."),
        (
            Problem(RULE, "HTTP 400", log_url=LOG),
            f"x of a: it went wrong [HTTP 400]. Mend it. See {LOG}",
        ),
    ],
)
def test_an_error_tells_what_where_why_and_what_to_do(problem: Problem, sentence: str) -> None:
    error = KomboError(problem, "x of a")

    assert str(error) == problem.sentence("x of a") == sentence
    assert (error.problem, error.where) == (problem, "x of a")


@pytest.mark.parametrize("rule", ALL.values(), ids=ALL)
def test_every_rule_reads_as_two_sentences(rule: Rule) -> None:
    assert rule.cause[0].islower() or rule.cause.startswith("Kombo")
    assert not rule.cause.endswith(".")
    assert rule.cure[0].isupper()
    assert rule.cure.endswith(".")


@pytest.mark.parametrize("action", Action)
def test_every_problem_but_a_skipped_one_is_a_failure(action: Action) -> None:
    problem = Problem(Rule(action, "", ""), "")

    assert problem.action is action
    assert problem.is_failure is not action.value.startswith("skip")
    assert (action in SKIPPED) is action.value.startswith("skip")
    assert (action in RETRIED) is action.value.startswith("retry")


@pytest.mark.parametrize("action", Action)
def test_what_takes_down_an_integration_says_so(action: Action) -> None:
    assert (action in OF_INTEGRATION) is action.value.endswith("the integration")


@pytest.mark.parametrize(("name", "rule"), NAMED.items(), ids=NAMED)
def test_silence_is_an_answer_that_is_not_kombos(name: str, rule: Rule) -> None:
    expected = name in {"UNREACHABLE", "TRANSIENT", "UNREADABLE"}
    assert Problem(rule, "").is_silence is expected


@pytest.mark.parametrize("code", RULES)
def test_whoever_names_a_documented_code_is_kombo(code: str) -> None:
    assert not Problem(RULES[code], f"{code}, HTTP 503", code, 503).is_silence


def test_an_answer_that_is_not_kombos_costs_no_other_model() -> None:
    """A fault reaches no further than it must; whether all is silent is found out elsewhere."""
    assert UNREADABLE.action is Action.RETRY
    assert {TRANSIENT.action, UNREACHABLE.action} == {Action.RETRY_INTEGRATION}


@pytest.mark.parametrize(
    ("code", "action"),
    [
        ("PLATFORM.AUTHENTICATION_INVALID", Action.STOP_RUN),
        ("PLATFORM.IP_NOT_WHITELISTED", Action.STOP_RUN),
        ("INTEGRATION.AUTHENTICATION_INVALID", Action.SKIP_INTEGRATION),
        ("PLATFORM.RATE_LIMIT_EXCEEDED", Action.WAIT),
        ("REMOTE.RATE_LIMIT_EXCEEDED", Action.RETRY),
    ],
)
def test_a_code_of_the_tool_reaches_less_far_than_one_of_the_platform(
    code: str, action: Action
) -> None:
    assert RULES[code].action is action


def test_only_the_platform_stops_a_run_or_makes_all_wait() -> None:
    far = {Action.STOP_RUN, Action.WAIT}
    assert {code.split(".")[0] for code, rule in RULES.items() if rule.action in far} == {
        "PLATFORM"
    }


def test_the_page_has_every_rule() -> None:
    """Its tables are generated; a new rule must find its way there."""
    page = (Path(__file__).parent.parent / "docs" / "errors.md").read_text()

    assert len(ALL) > 30
    for rule in ALL.values():
        assert f"| {rule.action.value} | {rule.cause} | {rule.cure} |" in page
    assert all(f"| `{code}` |" in page for code in RULES)
