"""What `pass_interval_minutes` spares, what it never holds back, and what is told of it."""

from __future__ import annotations

import copy
import logging
import re
from typing import TYPE_CHECKING, Any

import pendulum
import pytest
import time_machine
import yaml
from settings_told import SETTINGS
from support import only
from test_bookmarks import EXPIRED, NOON, State, bookmarks, run

from scripts.meltano_project import CHECKOUT
from tap_kombo.api.endpoints import LEDGER
from tap_kombo.complaints import complaints
from tap_kombo.config import read
from tap_kombo.settings import for_stream
from tap_kombo.tap import TapKombo

if TYPE_CHECKING:
    from support import Kombo, Sent

A = "tool:a"
HOUR = pendulum.duration(hours=1)
DAILY: dict[str, Any] = {"pass_interval": pendulum.duration(days=1)}
STREAMS = ("interviews", "tags")
SLOW = {"*": 0, "tags": 1440}


def is_resting(state: State, after: pendulum.Duration, **differs: Any) -> bool:  # noqa: ANN401
    with time_machine.travel(NOON + after, tick=False):
        return bookmarks(state, **{**DAILY, **differs}).is_resting("a")


@pytest.fixture
def state() -> State:
    """What a full pass at noon has left."""
    state: State = {}
    run(state, **DAILY)
    return state


def test_a_model_rests_until_its_pass_is_due(state: State) -> None:
    assert is_resting(state, HOUR)
    assert not is_resting(state, pendulum.duration(days=1))


def test_without_an_interval_nothing_rests(state: State) -> None:
    assert not is_resting(state, HOUR, pass_interval=pendulum.duration())


def test_what_was_never_read_does_not_rest() -> None:
    assert not is_resting({}, HOUR)


OPEN: tuple[dict[str, Any], ...] = (
    {"resume": {"cursor": "page-2"}},
    {"data_expired_at": "2026-11-24T00:00:00.000Z"},
    {"mixed": True},
    {"replication_key_value": "2027-01-01T00:00:00.000Z"},
    {"replication_key_value": "soon"},
    {"last_full_pass": "long ago"},
    {"last_full_pass": "2026-11-01T00:00:00.000Z"},
    {"question": "another"},
)


def test_what_is_open_does_not_rest(state: State) -> None:
    for left in OPEN:
        changed = copy.deepcopy(state)
        changed["bookmarks"]["interviews"]["partitions"][0].update(left)

        assert not is_resting(changed, HOUR), left


def test_an_entry_that_is_there_twice_does_not_rest(state: State) -> None:
    state["bookmarks"]["interviews"]["partitions"] *= 2

    assert not is_resting(state, HOUR)


def test_a_model_that_grows_does_not_rest(state: State) -> None:
    assert not is_resting(state, HOUR, columns="c2")


def test_a_model_without_bookmarks_rests_too() -> None:
    plain: dict[str, Any] = {"incremental": False, **DAILY}
    state: State = {}
    run(state, **plain)

    assert is_resting(state, HOUR, **plain)
    assert not is_resting(state, pendulum.duration(days=1), **plain)
    assert not is_resting(state, HOUR, **plain, columns="c2")


def test_a_model_without_bookmarks_does_not_rest_on_rows_of_another_question() -> None:
    """A map is tried, the run is cut off, and the map is taken back."""
    plain: dict[str, Any] = {"incremental": False, **DAILY}
    state: State = {}
    run(state, **plain)

    assert bookmarks(state, **plain, maps="m1").expect_mixture(["a"])
    assert not is_resting(state, HOUR, **plain)
    run(state, **plain)
    assert is_resting(state, HOUR, **plain)


def test_a_model_without_bookmarks_forgets_the_mixture_without_an_interval_too() -> None:
    plain: dict[str, Any] = {"incremental": False}
    state: State = {}
    run(state, **plain, **DAILY)
    assert bookmarks(state, **plain, maps="m1").expect_mixture(["a"])
    assert not is_resting(state, HOUR, **plain)

    run(state, **plain, maps="m1")

    assert not bookmarks(state, **plain, maps="m1").expect_mixture(["a"])
    assert is_resting(state, HOUR, **plain, maps="m1")


def test_a_model_without_bookmarks_rests_again_after_its_data_was_outdated() -> None:
    plain: dict[str, Any] = {"incremental": False, **DAILY}
    state: State = {}
    run(state, **plain)

    bookmarks(state, **plain).expect_renewal("a", EXPIRED)

    assert is_resting(state, HOUR, **plain)


def test_a_smaller_question_wakes_nobody(state: State) -> None:
    smaller = bookmarks(state, **DAILY, deselected=("title",))
    with time_machine.travel(NOON + HOUR, tick=False):
        assert not smaller.expect_mixture(["a"])

    assert is_resting(state, HOUR, deselected=("title",))


def test_a_model_without_bookmarks_leaves_no_state_unless_it_rests() -> None:
    state: State = {}
    run(state, incremental=False)

    assert state == {}


def four_hourly(kombo: Kombo, times: int, state: dict[str, Any], **settings: Any) -> list[Sent]:  # noqa: ANN401
    """Run every four hours; each run goes on with the state of the last one."""
    runs = []
    for _ in range(times):
        kombo.emulator.clock.advance(seconds=4 * 3600)
        runs.append(kombo.run(A, streams=(*STREAMS, LEDGER.name), state=state, **settings))
        state = runs[-1].state
    return runs


def test_a_slow_model_is_asked_once_a_day_and_keeps_its_bookmark(
    kombo: Kombo, caplog: pytest.LogCaptureFixture
) -> None:
    kombo.emulator.add_integration(A, "ATS", only(interviews=2, tags=2))
    first = kombo.run(A, streams=STREAMS, pass_interval_minutes=SLOW)
    kombo.emulator.clear_requests()
    with caplog.at_level(logging.INFO):
        runs = four_hourly(kombo, 7, first.state, pass_interval_minutes=SLOW)
    asked = [one for one in runs if one.bookmark(A, "tags") != first.bookmark(A, "tags")]

    assert len(kombo.asked("/ats/interviews")) == 7
    assert len(kombo.asked("/ats/tags")) == 1
    assert asked
    assert runs[0].bookmark(A, "tags") == first.bookmark(A, "tags")
    assert {one["stream"] for one in runs[0].records(LEDGER.name)} == {"interviews"}
    assert "not due yet: 1 pass(es) of 1 stream(s)" in caplog.text
    assert "(1 more are not due yet)" in caplog.text


def test_a_run_in_which_nothing_is_due_asks_nothing(kombo: Kombo) -> None:
    kombo.emulator.add_integration(A, "ATS", only(interviews=2, tags=2))
    first = kombo.run(A, streams=STREAMS, pass_interval_minutes=1440)
    kombo.emulator.clear_requests()
    kombo.emulator.clock.advance(seconds=3600)
    second = kombo.run(A, streams=STREAMS, state=first.state, pass_interval_minutes=1440)

    assert kombo.emulator.requests == []
    assert second.state == first.state


def test_a_model_that_rests_is_not_dropped_from_its_table(kombo: Kombo) -> None:
    kombo.emulator.add_integration(A, "ATS", only(interviews=2))
    full: dict[str, Any] = {
        "streams": ("interviews",),
        "method": "FULL_TABLE",
        "emit_activate_version_messages": True,
        "pass_interval_minutes": 1440,
    }
    first = kombo.run(A, **full)
    kombo.emulator.clock.advance(seconds=3600)
    second = kombo.run(A, **full, state=first.state)

    assert [one["type"] for one in first.messages].count("ACTIVATE_VERSION") == 1
    assert not second.records()
    assert "ACTIVATE_VERSION" not in [one["type"] for one in second.messages]


def test_full_passes_have_an_interval_by_stream(kombo: Kombo) -> None:
    kombo.emulator.add_integration(A, "ATS", only(interviews=2, tags=2))
    state: dict[str, Any] = kombo.run(A, streams=STREAMS).state
    kinds: set[tuple[str, str]] = set()
    for _ in range(3):
        kombo.emulator.clock.advance(days=1)
        often = {"*": 0, "tags": 2}
        names = (*STREAMS, LEDGER.name)
        sent = kombo.run(A, streams=names, state=state, full_pass_interval_days=often)
        kinds |= {(one["stream"], one["kind"]) for one in sent.records(LEDGER.name)}
        state = sent.state

    assert ("interviews", "full") not in kinds
    assert ("tags", "full") in kinds


WRONG: tuple[tuple[object, str], ...] = (
    ({"tgas": 60}, "there is no stream 'tgas' (did you mean `tags`"),
    ({"tags": -1}, "`tags` must be a whole number from 0 to"),
    ({"tags": "often"}, "`tags` must be a whole number from 0 to"),
    ("often", "it must be a whole number from 0 to 10080, or an object of such numbers"),
    (20_000, "it must be a whole number from 0 to 10080"),
    ([60], "it must be a whole number from 0 to 10080"),
)


def complaints_about(interval: object) -> list[str]:
    config = {"api_key": "k", "integration_ids": [A], "pass_interval_minutes": interval}
    return list(complaints(read(config, SETTINGS), SETTINGS))


def test_a_wrong_interval_is_refused_in_one_line() -> None:
    for value, told in WRONG:
        [line] = complaints_about(value)

        assert line.startswith(f"Setting 'pass_interval_minutes': {told}")


def test_a_right_interval_is_accepted() -> None:
    right: tuple[object, ...] = (0, 60, "60", {"*": 60}, '{"*": 60, "tags": 0}', {})
    assert [one for one in right if complaints_about(one)] == []


def test_nothing_stands_in_the_way_of_an_object_in_meltano_yml() -> None:
    """At an object beside a default Meltano ends with a stack trace."""
    properties = TapKombo.config_jsonschema["properties"]
    objects = {name for name, one in properties.items() if "object" in one["type"]}
    for path in ("meltano.yml", "examples/meltano/meltano.yml", "plugin.yaml"):
        found = yaml.safe_load((CHECKOUT / path).read_text())
        plugin = found["plugins"]["extractors"][0] if "plugins" in found else found
        defaults = {one["name"] for one in plugin["settings"] if "value" in one}
        assert defaults & objects == set(), path


def test_the_example_of_the_page_is_accepted() -> None:
    page = (CHECKOUT / "docs" / "many-customers.md").read_text()
    [block] = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    [plugin] = yaml.safe_load(block)["plugins"]["extractors"]
    config = {"api_key": "k", "integration_ids": [A], **plugin["config"]}

    assert list(complaints(read(config, SETTINGS), SETTINGS)) == []
    assert for_stream(config["pass_interval_minutes"], "tags", default=0) == 24 * 60
    assert for_stream(config["pass_interval_minutes"], "interviews", default=1) == 0
