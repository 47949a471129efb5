"""The schemas against Kombo's own Python SDK, and against JSON Schema itself."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
from kombo import models
from pydantic import BaseModel
from singer_sdk.helpers._flattening import flatten_schema
from support import each

from scripts.update_schemas import descend, reduce, walk
from tap_kombo import schemas
from tap_kombo.api.endpoints import ENDPOINTS, Endpoint

if TYPE_CHECKING:
    from collections.abc import Callable

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
    "hris_performance_reviews.summary_rating.value": "a number is sent as text",
    "jobs.screening_questions.precondition_options": "a boolean is sent as text",
}
"""Properties that allow less than the SDK does, each with the reason."""

INSIDE_A_FREE_FORM_VALUE = {
    "scorecards.responses.answer.remote_id": "an answer is an option or a plain value",
    "scorecards.responses.answer.label": "an answer is an option or a plain value",
}
"""Properties of the SDK's that have no place of their own, each with the reason."""

WORDS = {"type", "format", "properties", "items", "additionalProperties", "anyOf", "description"}
"""All that a schema says."""


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


def test_the_schemas_hold_what_the_sdk_reads() -> None:
    missing, narrower = set(), set()
    for endpoint in ENDPOINTS:
        model = answer_model(endpoint)
        if model and endpoint.name not in NOT_IN_THE_SDK:
            ours, sdk = (
                places(endpoint, schema_of(endpoint)),
                places(endpoint, sdk_record(model, endpoint)),
            )
            missing |= sdk.keys() - ours.keys()
            narrower |= {
                path for path in sdk.keys() & ours.keys() if not allows(ours[path], sdk[path])
            }

    assert missing == set(INSIDE_A_FREE_FORM_VALUE)
    assert narrower == set(NARROWER)


def places(endpoint: Endpoint, schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """All that a schema has below its top, by path."""
    found = {".".join(path): node for path, node in walk({endpoint.name: schema})}
    del found[endpoint.name]
    return found


def allows(ours: dict[str, Any], theirs: dict[str, Any]) -> bool:
    """Whether every JSON value of the other schema is one of ours; a key is never null."""
    if "type" not in ours:
        return True
    if "type" not in theirs or ours.get("format") not in {None, theirs.get("format")}:
        return False
    inner = "items" not in theirs or allows(ours["items"], theirs["items"])
    return set(theirs["type"]) - {"null"} <= set(ours["type"]) and inner


@each(*ENDPOINTS)
def test_a_schema_is_one_that_every_loader_understands(endpoint: Endpoint) -> None:
    schema = schema_of(endpoint)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft7Validator.check_schema(schema)

    below = places(endpoint, schema)
    words = {word for node in (schema, *below.values()) for word in node}
    assert words <= WORDS
    assert {node.get("format") for node in below.values()} <= {None, "date", "date-time"}
    assert [path for path, node in below.items() if "description" not in node] == []

    columns = schema["properties"]
    kinds = {name: set(node["type"]) - {"null"} for name, node in columns.items()}
    assert [name for name, kind in kinds.items() if len(kind) != 1] == []
    never_null = {
        name: node["type"] for name, node in columns.items() if "null" not in node["type"]
    }
    keys = {"id", "integration_id", *endpoint.key}
    assert never_null == {key: ["string"] for key in keys}
    blank: dict[str, Any] = dict.fromkeys(columns)
    jsonschema.Draft7Validator(schema).validate(blank | dict.fromkeys(keys, "1"))

    flat = flatten_schema(schema, max_level=5)["properties"]
    assert [name for name, node in flat.items() if "type" not in node] == []


def test_free_form_values_of_every_type_are_valid() -> None:
    free: dict[str, Callable[[object], dict[str, object]]] = {
        "candidates": lambda value: {"integration_fields": [{"value": value}]},
        "applications": lambda value: {"screening_question_answers": [{"answer": {"raw": value}}]},
        "jobs": lambda value: {"screening_questions": [{"format": {"raw_question": value}}]},
        "scorecards": lambda value: {"responses": [{"answer": value}]},
        "hris_employees": lambda value: {
            "custom_fields": {"shirt": value},
            "remote_data": {"/a": value},
        },
    }
    schemas = {endpoint.name: schema_of(endpoint) for endpoint in ENDPOINTS}

    refused = [
        (name, value, error.json_path)
        for name, record in free.items()
        for value in ("a", 1.5, True, {"a": 1}, [1, "b"], None)
        for error in jsonschema.Draft202012Validator(schemas[name]).iter_errors(
            {"id": "1", "integration_id": "greenhouse:1"} | record(value)
        )
    ]
    assert refused == []
