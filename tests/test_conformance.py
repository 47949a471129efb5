"""The schemas against Kombo's own Python SDK, and against JSON Schema itself."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from kombo import models
from pydantic import BaseModel
from singer_sdk.helpers._flattening import flatten_schema

from scripts.update_schemas import descend, reduce, walk
from tap_kombo import schemas
from tap_kombo.api.endpoints import ENDPOINTS, Endpoint

FOLDER = Path(schemas.__path__[0])

NOT_IN_THE_SDK = {
    "hris_teams": "deprecated, so the SDK leaves it out",
    "hris_skills": "closed beta",
    "hris_employee_skill_assignments": "closed beta",
    "lms_users": "the SDK has no LMS endpoint",
    "lms_courses": "the SDK has no LMS endpoint",
    "lms_course_progressions": "the SDK has no LMS endpoint",
    "lms_skills": "the SDK has no LMS endpoint",
    "integration_models": "rows that the tap makes out of an integration",
}

NARROWER = {
    "hris_absences.start_date": "any JSON in the SDK; Kombo documents a calendar date",
    "hris_absences.end_date": "any JSON in the SDK; Kombo documents a calendar date",
    "hris_absences.start_time": "any JSON in the SDK; Kombo documents a time of day",
    "hris_absences.end_time": "any JSON in the SDK; Kombo documents a time of day",
}
"""Properties that allow less than the SDK does, each with the reason."""

INSIDE_A_FREE_FORM_VALUE = {
    "scorecards.responses.answer.remote_id": "an answer is an option or a plain value",
    "scorecards.responses.answer.label": "an answer is an option or a plain value",
}
"""Properties of the SDK's that have no place of their own, each with the reason."""

every_row = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)


def schema_of(endpoint: Endpoint) -> dict[str, Any]:
    text = (FOLDER / f"{endpoint.name}.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def answer_model(endpoint: Endpoint) -> type[BaseModel] | None:
    """The SDK's model of the whole answer; its class name follows from the path."""
    wanted = f"get{re.sub('[^a-z]', '', endpoint.path)}positiveresponse"
    names = {name.lower(): name for name in models.__all__}
    model = getattr(models, names[wanted]) if wanted in names else None
    assert model is None or issubclass(model, BaseModel)
    return model


def sdk_record(model: type[BaseModel], endpoint: Endpoint) -> dict[str, Any]:
    """The SDK's record, reduced as the script reduces Kombo's document."""
    whole = model.model_json_schema()
    definitions = whole.pop("$defs") | {"Unset": {"type": "null"}}
    path = ["data", endpoint.records_key, "[]"] if endpoint.records_key else ["data"]
    return descend(reduce(whole, {"components": {"schemas": definitions}}), path)


def test_the_sdk_knows_all_other_endpoints() -> None:
    unknown = {endpoint.name for endpoint in ENDPOINTS if answer_model(endpoint) is None}

    assert unknown | {"integration_models"} == set(NOT_IN_THE_SDK)


@pytest.mark.parametrize(
    "endpoint",
    [endpoint for endpoint in ENDPOINTS if endpoint.name not in NOT_IN_THE_SDK],
    ids=lambda endpoint: endpoint.name,
)
def test_a_schema_holds_what_the_sdk_reads(endpoint: Endpoint) -> None:
    model = answer_model(endpoint)
    assert model is not None
    ours = {".".join(path): node for path, node in walk({endpoint.name: schema_of(endpoint)})}
    sdk = {
        ".".join(path): node for path, node in walk({endpoint.name: sdk_record(model, endpoint)})
    }
    del sdk[endpoint.name]

    missing = sdk.keys() - ours.keys()
    assert missing == {path for path in INSIDE_A_FREE_FORM_VALUE if path in sdk}
    narrower = {path for path in sdk.keys() - missing if not allows(ours[path], sdk[path])}
    assert narrower == {path for path in NARROWER if path in sdk}


def allows(ours: dict[str, Any], theirs: dict[str, Any]) -> bool:
    """Whether every JSON value of the other schema is one of ours; a key is never null."""
    if "type" not in ours:
        return True
    if "type" not in theirs or ours.get("format") not in {None, theirs.get("format")}:
        return False
    inner = "items" not in theirs or allows(ours["items"], theirs["items"])
    return set(theirs["type"]) - {"null"} <= set(ours["type"]) and inner


@every_row
def test_a_schema_is_valid_json_schema_and_says_nothing_else(endpoint: Endpoint) -> None:
    schema = schema_of(endpoint)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft7Validator.check_schema(schema)

    for _, node in walk({endpoint.name: schema}):
        assert node.keys() <= {
            "type",
            "format",
            "properties",
            "items",
            "additionalProperties",
            "description",
        }
        assert node.get("format") in {None, "date", "date-time"}
        assert "description" in node or node is schema


@every_row
def test_everything_but_the_key_and_the_integration_may_be_null(endpoint: Endpoint) -> None:
    schema = schema_of(endpoint)
    blank: dict[str, Any] = dict.fromkeys(schema["properties"])

    jsonschema.validate(blank | {"id": "1", "integration_id": "greenhouse:1"}, schema)
    assert schema["properties"]["id"]["type"] == ["string"]
    assert schema["properties"]["integration_id"]["type"] == ["string"]


@every_row
def test_every_column_has_one_type(endpoint: Endpoint) -> None:
    for node in schema_of(endpoint)["properties"].values():
        assert len(set(node["type"]) - {"null"}) == 1


@every_row
def test_a_schema_can_be_flattened(endpoint: Endpoint) -> None:
    flat = flatten_schema(schema_of(endpoint), max_level=5)

    assert all("type" in node for node in flat["properties"].values())


@pytest.mark.parametrize("value", ["a", 1.5, True, {"a": 1}, [1, "b"], None])
def test_free_form_values_of_every_type_are_valid(value: object) -> None:
    records: dict[str, dict[str, object]] = {
        "candidates": {"integration_fields": [{"value": value}]},
        "applications": {"screening_question_answers": [{"answer": {"raw": value}}]},
        "jobs": {"screening_questions": [{"format": {"raw_question": value}}]},
        "scorecards": {"responses": [{"answer": value}]},
        "hris_employees": {"custom_fields": {"shirt": value}, "remote_data": {"/a": value}},
    }
    key: dict[str, object] = {"id": "1", "integration_id": "greenhouse:1"}

    for endpoint in ENDPOINTS:
        jsonschema.validate(key | records.get(endpoint.name, {}), schema_of(endpoint))
