"""What the emulator's records are."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from emulator_client import BASE58_ID, ID, IDS, NOW, PATHS, Client, everyone, values
from kombo import models as sdk
from support import REFERENCE, needs_reference

from kombo_emulator import Behaviour, Emulator, Size
from kombo_emulator.made.words import NEVER, ODD, UNKNOWN_REMOTE_ID
from kombo_emulator.table import LISTS, MODELS, STREAMS, properties
from tap_kombo.schemas import load_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kombo_emulator.models import Model

pytestmark = pytest.mark.xdist_group("records")  # one worker, for all tests share them

MANY = replace(Size(**{item.name: 160 for item in fields(Size)}), interviews=600, offers=600)
FEW = Size(**{item.name: 12 for item in fields(Size)})
NEVER_SEEN = {
    "hiring_team.job_roles.scope",  # the SDK narrows it to one value
    "system_roles.scope",
    "revisions.course_id",  # what lists them fills it
    "course_revision.course",
    "skills.skill.name",  # the list of skills says otherwise
}
NOT_IN_SDK = {"/hris/teams", "/hris/skills", "/hris/employee-skill-assignments"}
HIDDEN_BY_SDK = {"remote_data", "integration_fields", "teams", "approver_id"}
Rows = dict[str, list[dict[str, Any]]]


@contextmanager
def clients_of(size: Size) -> Iterator[dict[str, Client]]:
    """Those of an integration of each category, with two deleted records of each model."""
    with everyone(size) as served:
        for client in served.values():
            for model in (one for one in MODELS.values() if one.path):
                for row in client.ats.records(model.id)[:2] if model.incremental else ():
                    client.ats.delete(model.id, row["id"])
        yield served


@pytest.fixture(scope="module")
def clients() -> Iterator[dict[str, Client]]:
    with clients_of(MANY) as served:
        yield served


@pytest.fixture
def few() -> Iterator[dict[str, Client]]:
    with clients_of(FEW) as served:
        yield served


@pytest.fixture(scope="module")
def rows(clients: dict[str, Client]) -> Rows:
    """All records of each list, page by page."""
    found = {}
    for path in PATHS:
        model = LISTS[path]
        params = {"include_deleted": "true"} if model.incremental else {}
        size = {"page_size": "250"} if model.paginated else {}
        found[path] = clients[model.category].rows(path, **params, **size)
    return found


def leaves(schema: dict[str, Any], path: str = "") -> Iterator[str]:
    """The path of each property of a schema, at every depth."""
    for name, nested in (schema.get("items") or schema).get("properties", {}).items():
        yield f"{path}{name}"
        yield from leaves(nested, f"{path}{name}.")


def test_every_property_has_values_and_nulls_at_every_depth(rows: Rows) -> None:
    without_value, without_null = set(), set()
    for path in PATHS:
        model = LISTS[path]
        schema = {"properties": properties(load_schema(STREAMS[model.id]))}
        assert {frozenset(row) for row in rows[path]} == {frozenset(schema["properties"])}, path
        required = {"changed_at"} | {one.key for one in model.embeds if not one.via}
        required |= {one.key for one in model.embeds if known(model, one.via)}
        required |= {name for name in schema["properties"] if known(model, name)}
        for name in leaves(schema):
            found = [one for row in rows[path] for one in values(row, name)]
            if all(one is None for one in found):
                without_value.add(f"{path} {name}")
            if "." not in name and name not in required and None not in found:
                without_null.add(f"{path} {name}")
    always_null = ("remote_data", "remote_deleted_at")
    assert {one for one in without_value if not one.endswith(always_null)} == set()
    assert without_null == set()


def known(model: Model, name: str) -> bool:
    """Whether Kombo says that a property is never null."""
    if name == "remote_id":
        return model.id not in UNKNOWN_REMOTE_ID
    return not NEVER.isdisjoint((name, f"{model.id}.{name}"))


def closed(schema: Any) -> Any:  # noqa: ANN401
    """Let a schema refuse what it does not name, and accept null where it says so."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: closed(item) for name, item in schema.items()}
    if isinstance(schema.get("properties"), dict):
        made["additionalProperties"] = False
    if "enum" in schema and "null" in schema["type"]:
        made["enum"] = [*schema["enum"], None]
    return {"anyOf": [made, {"type": "null"}]} if schema.get("nullable") is True else made


def nullable(schema: dict[str, Any], path: str = "") -> Iterator[str]:
    """The path of each property that may be null, at every depth."""
    for one in schema.get("anyOf", ()):
        yield from nullable(one, path)
    if schema.get("items"):
        yield from nullable(schema["items"], path)
    for name, nested in (schema.get("properties") or {}).items():
        if nested.get("nullable") or "null" in nested.get("type", ()):
            yield f"{path}{name}"
        yield from nullable(nested, f"{path}{name}.")


@needs_reference
def test_records_fit_the_reference(rows: Rows) -> None:
    endpoints = json.loads((REFERENCE / "kombo-endpoints.json").read_text())["endpoints"]
    schemas = {one["path"]: one["record_schema"] for one in endpoints}
    wrong, never = set(), set()
    for path in PATHS:
        validator = jsonschema.Draft202012Validator(closed(schemas[path]))
        some = [  # the others are of the same kinds, and to look at one takes a millisecond
            row for at, row in enumerate(rows[path]) if at % 3 == 0 or row.get("remote_deleted_at")
        ]
        errors = (error for row in some for error in validator.iter_errors(row))
        wrong |= {f"{path} {error.json_path}" for error in errors}
        never |= {
            f"{path} {name}"
            for name in set(nullable(schemas[path])) - NEVER_SEEN
            if not any(None in values(row, name) for row in rows[path])
        }
    assert wrong == set()
    assert never == set()


def test_records_fit_the_official_sdk(clients: dict[str, Client]) -> None:
    missing, unknown = set(), set()
    for path in PATHS:
        if path in NOT_IN_SDK or path.startswith("/lms"):
            continue
        name = "".join(word.capitalize() for word in path.replace("-", "/").split("/"))
        official = getattr(sdk, f"Get{name}PositiveResponse")
        model = LISTS[path]
        params = {"page_size": "250"} if model.paginated else {}
        body = clients[model.category].get(path, **params).json()
        results = getattr(official.model_validate(body).data, model.results)
        assert len(results) > 100, path
        for result, record in zip(results, body["data"][model.results], strict=True):
            known = {field.alias or name for name, field in type(result).model_fields.items()}
            missing |= {f"{path} {name}" for name in known - set(record)}
            unknown |= {f"{path} {name}" for name in set(record) - known - HIDDEN_BY_SDK}
    assert missing == set()
    assert unknown == set()


def test_records_are_what_the_list_sends(few: dict[str, Client]) -> None:
    for path in PATHS:
        model = LISTS[path]
        client = few[model.category]
        params = {"page_size": "5"} if model.paginated else {}
        records = client.ats.records(model.id, include_deleted=False)
        assert client.rows(path, **params) == records != [], path


def test_remote_data_is_there_on_request(few: dict[str, Client]) -> None:
    for client in few.values():
        client.ats.world.behaviour = Behaviour(remote_data=True)
        for model in MODELS.values():
            if "remote_data" in model.fields and model.category == client.ats.category:
                raw = [row["remote_data"] for row in client.ats.records(model.id)]
                assert raw
                assert all(raw), model.id


def test_values_have_the_form_that_the_schema_says(rows: Rows) -> None:
    forms = {
        "date-time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
        "date": r"\d{4}-\d\d-\d\d",
    }
    wrong = {
        f"{path} {name}"
        for path in PATHS
        for name, form in formats(load_schema(STREAMS[LISTS[path].id]))
        for one in (one for row in rows[path] for one in values(row, name))
        if one is not None and not re.fullmatch(forms[form], one)
    }
    assert wrong == set()
    assert {
        path for path in PATHS if not all(BASE58_ID.fullmatch(row["id"]) for row in rows[path])
    } == set()


def formats(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """The path of each property with a format, and the format."""
    for name, nested in (schema.get("items") or schema).get("properties", {}).items():
        if "format" in nested:
            yield f"{path}{name}", nested["format"]
        yield from formats(nested, f"{path}{name}.")


def test_days_and_times_have_the_documented_forms(rows: Rows) -> None:
    for path, name, form in (
        ("/hris/employees", "date_of_birth", r".{10}T00:00:00\.000Z"),
        ("/hris/employees", "termination_date", r".{10}T00:00:00\.000Z"),
        ("/hris/employments", "effective_date", r".{10}T00:00:00\.000Z"),
        ("/ats/offers", "employment_start_date", r".{10}T00:00:00\.000Z"),
        ("/hris/absences", "start_time", r"\d\d:\d\d:\d\d"),
        ("/hris/timesheets", "timezone", r"[+-]\d\d:\d\d"),
    ):
        found = [row[name] for row in rows[path] if row[name]]
        assert found
        assert all(re.fullmatch(form, one) for one in found), (path, name)


def test_values_are_of_every_json_type_and_texts_of_every_kind(
    rows: Rows,
) -> None:
    found = [
        one
        for path in PATHS
        for row in rows[path]
        for one in values(row, "integration_fields.value")
    ]
    assert {type(one) for one in found} == {str, int, float, bool, dict, type(None)}
    texts = json.dumps(rows, ensure_ascii=False)
    assert [odd for odd in ODD if json.dumps(odd, ensure_ascii=False)[1:-1] not in texts] == []


def test_secrets_and_addresses_belong_to_nobody(rows: Rows) -> None:
    assert set(re.findall(r"@([\w.-]+)", json.dumps(rows))) == {"example.com", "example.org"}
    employees = rows["/hris/employees"]
    assert {(one["ssn"] or "000")[:3] for one in employees} == {"000"}
    ibans = [one for row in employees for one in values(row, "bank_accounts.iban") if one]
    assert {one[:4] for one in ibans} == {"DE00"}


def test_ids_are_derived_from_integration_model_and_remote_id(emulator: Emulator) -> None:
    first, second = (emulator.add_integration(name, size=Size.empty()) for name in ("a:1", "b:2"))
    same = [
        first.make("ats_tags", remote_id="7"),
        first.make("ats_users", remote_id="7"),
        second.make("ats_tags", remote_id="7"),
    ]
    assert len(set(same)) == 3
    again = Emulator(now=NOW).add_integration("a:1", size=Size.empty())
    assert again.make("ats_tags", remote_id="7") == same[0]
    with pytest.raises(ValueError, match="remote id 7"):
        first.make("ats_tags", remote_id="7")


def test_same_seed_gives_the_same_data() -> None:
    def made(seed: int, category: str) -> list[Any]:
        integration = Emulator(now=NOW, seed=seed).add_integration(ID, category)
        return [integration.records(model) for model in MODELS]

    for category in IDS:
        first = made(5, category)
        assert made(5, category) == first, category
        assert made(6, category) != first, category


def test_sizes(emulator: Emulator) -> None:
    ats = emulator.add_integration(ID, size=Size(interviews=3, offers=0, jobs=1))
    counted = [len(ats.records(f"ats_{name}")) for name in ("interviews", "offers", "jobs")]
    assert counted == [3, 0, 1]
    empty = emulator.add_integration("lever:acme", size=Size.empty())
    assert not any(empty.records(model) for model in MODELS)
