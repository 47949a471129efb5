from __future__ import annotations

import re
import socket
from typing import TYPE_CHECKING

import pytest
import trustme
from starlette.responses import JSONResponse, Response
from support import KEY

from kombo_emulator import Emulator, Size, serve
from tap_kombo.api.endpoints import ENDPOINTS
from tap_kombo.privacy import NOT_OPTED_IN
from tap_kombo.settings import REGIONS

if TYPE_CHECKING:
    from pathlib import Path

    from doctoring import Doctor

    from kombo_emulator.exchange import Received

A, B, HR = "greenhouse:demo", "lever:demo", "personio:demo"
ALL = "Everything selected can be read."
SWITCHED_OFF = (
    "interviews (greenhouse:demo): the model is switched off in the scope configuration "
    "[scope_config_setting DISABLED]. Switch it on in the Kombo dashboard if you want it. "
)
NOT_THERE = (
    "notes (greenhouse:demo, lever:demo), offers (greenhouse:demo, lever:demo): the connected "
    "tool has no such model [coverage_status UNSUPPORTED]. Nothing to do. Deselect the stream if "
    "no integration has it. "
)
NOT_ALL = "Not everything can be read."
KEY_CHECK = "/check-api-key"

pytestmark = pytest.mark.usefixtures("_no_waiting")


@pytest.fixture
def emulator() -> Emulator:
    """An emulator whose integrations have no records, as none is read."""
    return Emulator(now="2026-11-23T10:00:00Z", size=Size.empty())


def test_all_is_well(doctor: Doctor) -> None:
    doctor.kombo.emulator.add_integration(A)
    doctor.kombo.emulator.add_integration(HR, "HRIS")

    told = doctor(A, HR, streams=("interviews", "hris_employees", "custom_fields"))

    assert doctor.exit_code == 0
    assert told.splitlines()[5:] == [
        "integration      tool        category  state",
        "greenhouse:demo  Greenhouse  ATS       ready",
        "personio:demo    Personio    HRIS      ready",
        "",
        "stream          can be read  cannot be read",
        "custom_fields   2 of 2",
        "hris_employees  1 of 1",
        "interviews      1 of 1",
        "",
        "Opted in: nothing.",
        "Without a state: a first run reads 4 full passes; at least 6 requests.",
        ALL,
    ]
    first, *others = doctor.asked
    assert first == KEY_CHECK
    assert sorted(others) == [f"/integrations/{A}", f"/integrations/{HR}"]
    assert "METRIC" not in doctor.logged.text


def test_without_a_catalog_it_looks_at_the_streams_read_by_default(doctor: Doctor) -> None:
    doctor.kombo.emulator.add_integration(A)
    doctor.kombo.emulator.add_integration(HR, "HRIS")

    told = doctor(A, HR)

    default = [one for one in ENDPOINTS if one.selected_by_default]
    assert {"ATS", "HRIS"} < {one.category for one in default}
    for one in default:
        having = {"ATS": "1 of 1", "HRIS": "1 of 1", "GENERAL": "2 of 2"}.get(one.category)
        assert bool(re.search(rf"^{one.name} +{having}$", told, re.MULTILINE)) is bool(having)
    assert "no stream of it is selected" not in told
    # That nobody has a learning tool is no trouble: such a stream is left out of a run.
    assert doctor.exit_code == 0
    assert told.endswith(f"{ALL}\n")


def test_the_settings_are_told_as_they_arrived_without_what_they_hide(doctor: Doctor) -> None:
    doctor.kombo.emulator.add_integration(A)

    told = doctor(
        A,
        streams=("interviews",),
        page_size="100",
        include_deleted="no",
        start_date="2026-01-31",
        filters={"interviews": {"remote_ids": ["jane@example.com"]}},
        stream_maps={"interviews": {"title": "'Jane'", "more": "id"}},
        concurrency=4,
    )

    assert told.splitlines()[:9] == [
        "setting          value",
        "api_key          set",
        f"api_url          {doctor.kombo.url}",
        "filters          1 entry",
        "include_deleted  false",
        "integration_ids  1 entry",
        "page_size        100",
        "start_date       2026-01-31",
        "stream_maps      1 entry",
    ]
    assert "jane" not in (told + doctor.logged.text).lower()


def test_a_stream_that_is_selected_but_not_opted_in_is_named(doctor: Doctor) -> None:
    doctor.kombo.emulator.add_integration(A)

    told = doctor(A, streams=("interviews", "application_attachments"))

    assert told.count("application_attachments") == 1
    assert f"\n{NOT_OPTED_IN}: application_attachments.\n" in told
    assert told.endswith(f"{NOT_ALL}\n")
    assert doctor.exit_code == 1


def test_an_integration_of_which_no_stream_is_selected_is_named(doctor: Doctor) -> None:
    doctor.kombo.emulator.add_integration(A)
    doctor.kombo.emulator.add_integration(HR, "HRIS")

    told = doctor(A, HR, streams=("interviews",))

    assert doctor.exit_code == 0
    assert "HRIS      ready, but no stream of it is selected\n" in told


@pytest.mark.parametrize(
    ("region", "place"),
    [("eu", "at `api_url`"), ("us", "in region us (there are also eu, ca)")],
)
def test_a_wrong_key_costs_one_request_and_a_line_that_names_the_region(
    doctor: Doctor, region: str, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(REGIONS, "us", doctor.kombo.url)
    address = doctor.kombo.url if region == "eu" else None

    told = doctor(A, B, api_key="ks_dev_of_another_region", region=region, api_url=address)

    assert (doctor.exit_code, told, doctor.asked) == (1, "", [KEY_CHECK])
    [line] = doctor.errors
    assert line.startswith(f"API key {place}: Kombo does not accept the API key")
    assert "check `api_key` and `region`" in line
    assert "ks_dev_of_another_region" not in doctor.logged.text


def test_an_unknown_integration_is_named(doctor: Doctor) -> None:
    doctor.kombo.emulator.add_integration(A)

    told = doctor(A, "typo:demo", streams=("interviews",))

    assert doctor.exit_code == 1
    assert re.search(r"typo:demo +\? +\? +PLATFORM.INTEGRATION_NOT_FOUND, HTTP 404\n", told)
    assert "interviews  1 of 1\n" in told
    assert "typo:demo: Kombo does not know this integration" in told
    assert told.endswith(f"{NOT_ALL}\n")
    assert doctor.asked.count("/integrations/typo:demo") == 1


@pytest.mark.parametrize(
    ("details", "state", "advice"),
    [
        ({"setup_status": "INCOMPLETE"}, "setup_status INCOMPLETE", "has to finish the setup"),
        (
            {"setup_status": "FINAL_SYNC_PENDING"},
            "setup_status FINAL_SYNC_PENDING",
            "first sync of it is still running",
        ),
        ({"status": "INACTIVE"}, "status INACTIVE", "Activate it in the Kombo dashboard"),
        ({"status": "INVALID"}, "status INVALID", "The customer has to reconnect the tool"),
    ],
)
def test_an_integration_that_is_not_ready_is_named(
    doctor: Doctor, details: dict[str, str], state: str, advice: str
) -> None:
    ats = doctor.kombo.emulator.add_integration(A)
    doctor.kombo.emulator.add_integration(B)
    for name, value in details.items():
        setattr(ats.details, name, value)

    told = doctor(A, B, streams=("interviews", "jobs"))

    assert doctor.exit_code == 1
    assert f"{A}  Greenhouse  ATS       {state}\n" in told
    assert f"interviews  1 of 2       {A}\n" in told
    assert f"\n{A}: " in told
    assert advice in " ".join(told.split())


def test_models_that_cannot_be_read_are_named_once_for_each_reason(doctor: Doctor) -> None:
    first = doctor.kombo.emulator.add_integration(A)
    second = doctor.kombo.emulator.add_integration(B)
    first.disable_model("ats_interviews")
    for one in first, second:
        one.details.unsupported = {"ats_offers", "ats_notes"}

    told = doctor(A, B, streams=("interviews", "jobs", "notes", "offers"))

    assert doctor.exit_code == 1
    assert told.splitlines()[9:15] == [
        "stream      can be read  cannot be read",
        f"interviews  1 of 2       {A}",
        "jobs        2 of 2",
        f"notes       0 of 2       {A}, {B}",
        f"offers      0 of 2       {A}, {B}",
        "",
    ]
    assert max(map(len, told.splitlines()[15:19])) <= 100
    assert " ".join(told.splitlines()[15:]).replace("   ", " ") == (
        f"{SWITCHED_OFF}{NOT_THERE}Opted in: nothing. "
        f"Without a state: a first run reads 3 full passes; at least 5 requests. {NOT_ALL}"
    )


def test_what_one_of_many_does_not_share_is_named_with_it(doctor: Doctor) -> None:
    names = [f"lever:{number}" for number in range(7)]
    for one in names:
        doctor.kombo.emulator.add_integration(one)
    for one in names[2], names[5]:
        doctor.kombo.emulator.integrations[one].details.opted_out = {"ats_candidates"}
    doctor.kombo.emulator.integrations[names[3]].details.unsupported = {"ats_candidates"}

    told = doctor(*names, streams=("candidates", "jobs"))

    assert f"candidates  4 of 7       {names[2]}, {names[3]}, {names[5]}\n" in told
    assert "\ncandidates (lever:2, lever:5): the customer does not share this model" in told
    assert "\ncandidates (lever:3): the connected tool has no such model" in told


def test_a_stream_that_no_integration_has_is_named(doctor: Doctor) -> None:
    doctor.kombo.emulator.add_integration(A)

    told = doctor(A, streams=("interviews", "hris_employees"))

    assert doctor.exit_code == 0  # as of the run, which leaves it out
    assert "hris_employees  0 of 0       no integration of category HRIS\n" in told
    assert told.endswith(f"{ALL}\n")


def test_if_nobody_listens_it_ends_after_its_probes(doctor: Doctor) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    told = doctor(*(f"lever:{number}" for number in range(20)), api_url=f"http://127.0.0.1:{port}")

    assert (doctor.exit_code, told) == (1, "")
    [line] = doctor.errors
    assert "Kombo is not available, whatever is asked for [connection refused]. " in line
    assert "Check your network" in line
    assert "gain" not in doctor.logged.text  # neither again nor trying again


def test_a_host_that_is_not_kombo_is_told_once(doctor: Doctor, tmp_path: Path) -> None:
    file = tmp_path / "server.pem"
    trustme.CA().issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(file)

    with serve(doctor.kombo.emulator, certificate=file) as url:
        doctor(A, B, api_url=url)

    assert doctor.exit_code == 1
    (line,) = doctor.errors
    assert line.startswith("The server cannot prove that it is Kombo")


def test_if_the_key_cannot_be_asked_about_the_integrations_tell(doctor: Doctor) -> None:
    """A proxy may let through no more than what is needed."""
    doctor.kombo.emulator.add_integration(A)
    doctor.kombo.emulator.intercept = lambda asked: (
        Response(status_code=404) if asked.path == KEY_CHECK else None
    )

    told = doctor(A, streams=("interviews",))

    assert doctor.exit_code == 0
    assert told.endswith(f"{ALL}\n")


def test_a_key_that_a_gateway_refuses_costs_one_request(doctor: Doctor) -> None:
    doctor.kombo.emulator.intercept = lambda _: Response("<html>", 401)

    doctor(A, B)

    assert (doctor.exit_code, doctor.asked) == (1, [KEY_CHECK])
    [line] = doctor.errors
    assert line.startswith("API key at `api_url`: the API key is not accepted [HTTP 401]")


def test_an_error_of_one_integration_does_not_hide_the_others(doctor: Doctor) -> None:
    doctor.kombo.emulator.add_integration(A)
    doctor.kombo.emulator.add_integration(B)
    doctor.kombo.emulator.intercept = lambda request: (
        Response("<html>", 502) if request.path.endswith(A) else None
    )

    told = doctor(A, B, streams=("interviews",))

    assert doctor.exit_code == 1
    assert re.search(rf"{A} +\? +\? +HTTP 502\n{B} +Lever +ATS +ready\n", told)
    assert f"{A}: the server had an error [HTTP 502]" in told
    of_integrations = [path for path in doctor.asked if path != KEY_CHECK]
    assert sorted(of_integrations) == [f"/integrations/{A}", f"/integrations/{B}"]


@pytest.mark.parametrize("name", ["category", "status", "setup_status"])
def test_a_word_that_is_not_documented_is_told(doctor: Doctor, name: str) -> None:
    ats = doctor.kombo.emulator.add_integration(A)
    answer = {"status": "success", "data": ats.describe() | {name: "new"}}
    doctor.kombo.emulator.intercept = lambda asked: (
        JSONResponse(answer) if asked.path.endswith(A) else None
    )

    told = doctor(A, streams=("interviews",))

    assert doctor.exit_code == 1
    assert f"an undocumented `{name}`\n" in told
    assert f"{A}: Kombo reports a category or status that this version does not know" in told


def test_a_request_beyond_the_limit_is_sent_again(doctor: Doctor) -> None:
    doctor.kombo.emulator.add_integration(A)
    refused: list[str] = []

    def refuse(request: Received) -> Response | None:
        if refused:
            return None
        refused.append(request.path)
        return Response(status_code=429, headers={"retry-after": "0"})

    doctor.kombo.emulator.intercept = refuse

    doctor(A, streams=("interviews",))

    assert doctor.exit_code == 0
    assert doctor.asked == [KEY_CHECK, KEY_CHECK, f"/integrations/{A}"]


def test_many_integrations_are_counted_and_asked_once_each(doctor: Doctor) -> None:
    names = [f"lever:{number}" for number in range(60)]
    for one in names:
        doctor.kombo.emulator.add_integration(one).details.unsupported = {"ats_offers"}

    told = doctor(*names, *(f"typo:{number}" for number in range(5)), streams=("jobs", "offers"))

    assert doctor.exit_code == 1
    assert "jobs    60 of 60\n" in told
    assert "offers  0 of 60      lever:0, lever:1, lever:2 and 57 more\n" in told
    assert "\ntypo:0, typo:1, typo:2 and 2 more: Kombo does not know this integration" in told
    assert "\noffers (lever:0, lever:1, lever:2 and 57 more): the connected tool has no" in told
    assert len(doctor.asked) == len(set(doctor.asked)) == 1 + 65


def test_a_table_ends_where_a_terminal_does(doctor: Doctor) -> None:
    names = [f"greenhouse:{number:020}" for number in range(4)]
    for one in names:
        doctor.kombo.emulator.add_integration(one).details.unsupported = {"ats_offers"}

    told = doctor(*names, streams=("jobs", "offers"))

    assert told.partition("offers  ")[2].splitlines()[:3] == [
        f"0 of 4       {names[0]},",
        f"{' ' * 21}{names[1]},",
        f"{' ' * 21}{names[2]} and 1 more",
    ]


def test_it_prints_no_name_of_a_customer(doctor: Doctor) -> None:
    ats = doctor.kombo.emulator.add_integration(A)
    ats.details.organization_name = "Initech"
    ats.details.origin_id = "customer-17"

    told = doctor(A) + doctor.logged.text

    assert "Initech" not in told
    assert "admin@example.com" not in told
    assert "customer-17" not in told
    assert KEY not in told


def test_wrong_settings_are_named_as_in_a_run(doctor: Doctor) -> None:
    assert doctor(A, page_size=251) == ""
    assert doctor.exit_code == 1
    assert ["'page_size'" in line for line in doctor.errors] == [True]
