from __future__ import annotations

from pathlib import Path

import pytest

from scripts.update_readme import ACTIONS
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


@pytest.mark.parametrize(
    ("cause", "sentence"),
    [
        ("the key is wrong", "The key is wrong [HTTP 401]. Mend it."),
        ("Kombo does not accept it", "Kombo does not accept it [HTTP 401]. Mend it."),
    ],
)
def test_what_concerns_all_is_told_of_nothing(cause: str, sentence: str) -> None:
    problem = Problem(Rule(Action.STOP_RUN, cause, "Mend it."), "HTTP 401")

    assert str(KomboError(problem, "")) == sentence


@pytest.mark.parametrize("log_url", [None, LOG])
def test_what_the_tap_does_stands_in_place_of_the_cure(log_url: str | None) -> None:
    """The address comes last, so that nothing runs into it."""
    told = Problem(RULE, "HTTP 500", log_url=log_url).sentence("x of a", "Trying again.")

    assert told == "x of a: it went wrong [HTTP 500]. Trying again." + (
        f" See {LOG}" if log_url else ""
    )


def test_every_rule_reads_as_two_sentences() -> None:
    causes = {name: rule.cause for name, rule in ALL.items()}
    cures = {name: rule.cure for name, rule in ALL.items()}

    assert [
        name
        for name, cause in causes.items()
        if cause.endswith(".") or not (cause[0].islower() or cause.startswith("Kombo"))
    ] == []
    assert [
        name for name, cure in cures.items() if not (cure[0].isupper() and cure.endswith("."))
    ] == []


def test_every_problem_but_a_skipped_one_is_a_failure() -> None:
    problems = {action: Problem(Rule(action, "", ""), "") for action in Action}
    skipped = {action for action in Action if action.value.startswith("skip")}

    assert {action: one.action for action, one in problems.items()} == {one: one for one in Action}
    assert {action for action, one in problems.items() if not one.is_failure} == skipped


def test_what_an_action_does_it_says() -> None:
    assert {one for one in Action if one.value.startswith("skip")} == SKIPPED
    assert {one for one in Action if one.value.startswith("retry")} == RETRIED
    assert {one for one in Action if one.value.endswith("the integration")} == OF_INTEGRATION


def test_silence_is_an_answer_that_is_not_kombos() -> None:
    silent = {name for name, rule in NAMED.items() if Problem(rule, "").is_silence}

    assert silent == {"UNREACHABLE", "TRANSIENT", "UNREADABLE"}


def test_whoever_names_a_code_is_kombo() -> None:
    """Whatever the rule is: an unknown code with the status 503 is a transient fault as well."""
    rules = {**RULES} | dict.fromkeys(("PLATFORM.NEW_ONE", "REMOTE.NEW_ONE"), TRANSIENT)

    assert [code for code in rules if Problem(rules[code], "", code, 503).is_silence] == []


def test_an_answer_that_is_not_kombos_costs_no_other_model() -> None:
    """A fault reaches no further than it must; whether all is silent is found out elsewhere."""
    assert UNREADABLE.action is Action.RETRY
    assert {TRANSIENT.action, UNREACHABLE.action} == {Action.RETRY_INTEGRATION}


def test_a_code_of_the_tool_reaches_less_far_than_one_of_the_platform() -> None:
    expected = {
        "PLATFORM.AUTHENTICATION_INVALID": Action.STOP_RUN,
        "PLATFORM.IP_NOT_WHITELISTED": Action.STOP_RUN,
        "INTEGRATION.AUTHENTICATION_INVALID": Action.SKIP_INTEGRATION,
        "PLATFORM.RATE_LIMIT_EXCEEDED": Action.WAIT,
        "REMOTE.RATE_LIMIT_EXCEEDED": Action.RETRY,
    }

    assert {code: RULES[code].action for code in expected} == expected


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
        section = page.partition(f"### {ACTIONS[rule.action]}\n")[2].partition("\n#")[0]
        assert f"| {rule.cause} | {rule.cure} |" in section
    assert all(f"| `{code}` |" in page for code in RULES)
