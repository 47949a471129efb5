"""What the emulator's faults are, where the tests of the tap do not say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator_client import refusal

from kombo_emulator.faults import CODES, GATEWAYS, HINTED, RELABELLED, SPOILED
from tap_kombo.api.problems import RULES, Action

if TYPE_CHECKING:
    from emulator_client import Client

    from kombo_emulator import Emulator

LIST = "/ats/interviews"


def test_one_record_is_spoiled_and_the_others_are_not(client: Client, emulator: Emulator) -> None:
    right = client.get(LIST).text
    second = client.data(LIST)["results"][1]["id"]
    for name, fault in SPOILED.items():
        emulator.alter = fault
        spoiled = client.get(LIST).text
        assert spoiled.partition(second)[2] == right.partition(second)[2], name
        assert spoiled != right, name
        assert client.get("/ats/flowers").status_code == 404, name


def test_every_code_comes_with_a_time_to_wait(client: Client, emulator: Emulator) -> None:
    for name, fault in HINTED.items():
        emulator.alter = fault
        answer = client.get(LIST)
        code = name.removesuffix(" with retry-after")
        assert refusal(answer) == (CODES[code], code), name
        assert answer.headers["retry-after"] == "30", name


def test_codes_come_with_other_statuses(client: Client, emulator: Emulator) -> None:
    for name, fault in RELABELLED.items():
        emulator.alter = fault
        code, _, status = name.partition(" with ")
        assert refusal(client.get(LIST)) == (int(status), code), name
        assert CODES.get(code) != int(status), name


def test_gateways_know_no_code(client: Client, emulator: Emulator) -> None:
    for name, fault in GATEWAYS.items():
        emulator.alter = fault
        answer = client.get(LIST)
        assert answer.status_code == int(name[:3]), name
        assert "error" not in answer.text, name


def test_every_code_is_in_the_tables() -> None:
    limits_of_kombo = {code for code, rule in RULES.items() if rule.action is Action.WAIT}
    assert set(RULES) == {*CODES, *limits_of_kombo} - {"ATS.JOB_CLOSED", "PLATFORM.NEVER_HEARD_OF"}
