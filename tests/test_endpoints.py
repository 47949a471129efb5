from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from support import REFERENCE, each, needs_reference

from scripts.joins import references
from tap_kombo import schemas
from tap_kombo.api.endpoints import ENDPOINTS, LEDGER, PRIMARY_KEY, Endpoint

ROOT = Path(__file__).parent.parent
FACTS = REFERENCE / "kombo-endpoints.json"
FOLDER = Path(schemas.__path__[0])
BY_NAME = {endpoint.name: endpoint for endpoint in ENDPOINTS}

NOT_FILTERS = {
    "cursor",
    "page_size",
    "updated_after",
    "include_deleted",
    "ignore_unsupported_filters",
}


def properties(endpoint: Endpoint) -> dict[str, Any]:
    schema = json.loads((FOLDER / f"{endpoint.name}.json").read_text(encoding="utf-8"))
    found: dict[str, Any] = schema["properties"]
    return found


def test_every_row_has_a_schema_and_every_schema_a_row() -> None:
    assert len(BY_NAME) == len(ENDPOINTS)
    assert {file.stem for file in FOLDER.glob("*.json")} == {*BY_NAME, LEDGER.name}


def test_name_path_and_model_follow_from_the_row() -> None:
    follows = {
        "interviews": ("/ats/interviews", "ats_interviews"),
        "rejection_reasons": ("/ats/rejection-reasons", "ats_rejection_reasons"),
        "hris_time_off_balances": ("/hris/time-off-balances", "hris_time_off_balances"),
        "hris_groups": ("/hris/groups", "hris_teams"),
        "lms_users": ("/lms/users", "lms_users"),
        "assessment_packages": ("/assessment/packages", None),
        "candidate_attachments": ("/ats/candidates/{candidate_id}/attachments", None),
        "integration_models": ("/integrations/{integration_id}", None),
    }
    assert {name: (BY_NAME[name].path, BY_NAME[name].model) for name in follows} == follows


def test_some_streams_of_every_category_are_selected_by_default() -> None:
    """Whoever connects an integration of any kind gets rows at once."""
    chosen = [one for one in ENDPOINTS if one.selected_by_default]

    assert {one.category for one in chosen} == {one.category for one in ENDPOINTS}
    assert {"interviews", "hris_employees", "lms_users", "integrations"} < {
        one.name for one in chosen
    }
    assert not [one.name for one in chosen if one.deprecated or one.parent]


@each(*ENDPOINTS)
def test_a_row_agrees_with_itself_and_with_its_schema(endpoint: Endpoint) -> None:
    names = properties(endpoint)
    assert list(names)[:2] == [PRIMARY_KEY, "integration_id"]
    assert set(endpoint.key) <= set(names)
    assert endpoint.replication_key == ("changed_at" if endpoint.incremental else None)
    assert not endpoint.incremental or {"changed_at", "remote_deleted_at"} <= set(names)

    assert not NOT_FILTERS & set(endpoint.filters)
    assert len(set(endpoint.filters)) == len(endpoint.filters)
    assert endpoint.paginated or not endpoint.incremental
    assert endpoint.sends_integration_header != ("{integration_id}" in endpoint.path)
    if endpoint.parent:
        parent = BY_NAME[endpoint.parent]
        assert endpoint.category == parent.category
        assert endpoint.path.startswith(f"{parent.path}/{{")

    found = references(endpoint, names)
    assert set(found.values()) <= set(BY_NAME)
    assert ("integration_id" in found) == (endpoint.name != "integrations")


def test_references_of_an_employee() -> None:
    assert references(BY_NAME["hris_employees"], properties(BY_NAME["hris_employees"])) == {
        "integration_id": "integrations",
        "legal_entity_id": "hris_legal_entities",
        "manager_id": "hris_employees",
        "work_location_id": "hris_locations",
    }
    assert references(BY_NAME["hris_groups"], ["parent_id"]) == {"parent_id": "hris_groups"}


@needs_reference
def test_the_rows_agree_with_the_reference() -> None:
    facts = {fact["path"]: fact for fact in json.loads(FACTS.read_text())["endpoints"]}
    rows, documented = {}, {}
    for row in (one for one in ENDPOINTS if one.category != "GENERAL"):
        fact = facts[row.path]
        query = {parameter["name"] for parameter in fact["params"] if parameter["in"] == "query"}
        rows[row.name] = {
            "filters": set(row.filters),
            "page_size": row.accepts_page_size,
            "incremental": row.incremental,
            "ignore_unsupported_filters": row.incremental,
            "paginated": row.paginated,
            "records": f"data.{row.records_key}",
            "deprecated": row.deprecated,
            "model": row.model,
        }
        documented[row.name] = {
            "filters": query - NOT_FILTERS,
            "page_size": "page_size" in query,
            "incremental": {"updated_after", "include_deleted"} <= query,
            "ignore_unsupported_filters": "ignore_unsupported_filters" in query,
            "paginated": fact["kind"] != "collection-not-paginated",
            "records": fact["records_path"],
            "deprecated": fact["deprecated"],
            "model": row.model and fact["primary_model_name"],  # a list may be read without one
        }
    assert rows == documented
