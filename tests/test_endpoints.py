from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tap_kombo import schemas
from tap_kombo.api.endpoints import ENDPOINTS, PRIMARY_KEY, Endpoint, references

ROOT = Path(__file__).parent.parent
REFERENCE = Path(os.environ.get("KOMBO_REFERENCE_DIR", ROOT.parent / "shared" / "reference"))
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

every_row = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)


def properties(endpoint: Endpoint) -> dict[str, Any]:
    schema = json.loads((FOLDER / f"{endpoint.name}.json").read_text(encoding="utf-8"))
    found: dict[str, Any] = schema["properties"]
    return found


def test_every_row_has_a_schema_and_every_schema_a_row() -> None:
    assert len(BY_NAME) == len(ENDPOINTS)
    assert {file.stem for file in FOLDER.glob("*.json")} == set(BY_NAME)


@pytest.mark.parametrize(
    ("name", "path", "model"),
    [
        ("interviews", "/ats/interviews", "ats_interviews"),
        ("rejection_reasons", "/ats/rejection-reasons", "ats_rejection_reasons"),
        ("hris_time_off_balances", "/hris/time-off-balances", "hris_time_off_balances"),
        ("hris_groups", "/hris/groups", "hris_teams"),
        ("lms_users", "/lms/users", "lms_users"),
        ("assessment_packages", "/assessment/packages", None),
        ("candidate_attachments", "/ats/candidates/{candidate_id}/attachments", None),
        ("integration_models", "/integrations/{integration_id}", None),
    ],
)
def test_name_path_and_model_follow_from_the_row(name: str, path: str, model: str | None) -> None:
    assert (BY_NAME[name].path, BY_NAME[name].model) == (path, model)


def test_some_streams_of_every_category_are_selected_by_default() -> None:
    """Whoever connects an integration of any kind gets rows at once."""
    chosen = [one for one in ENDPOINTS if one.selected_by_default]

    assert {one.category for one in chosen} == {one.category for one in ENDPOINTS}
    assert {"interviews", "hris_employees", "lms_users", "integrations"} < {
        one.name for one in chosen
    }
    assert not [one.name for one in chosen if one.deprecated or one.parent]


@every_row
def test_a_row_agrees_with_its_schema(endpoint: Endpoint) -> None:
    names = properties(endpoint)

    assert list(names)[:2] == [PRIMARY_KEY, "integration_id"]
    assert set(endpoint.sensitive) <= set(names)
    assert ("remote_data" in endpoint.sensitive) == ("remote_data" in names)
    if endpoint.incremental:
        assert endpoint.replication_key == "changed_at"
        assert {"changed_at", "remote_deleted_at"} <= set(names)
    else:
        assert endpoint.replication_key is None


@every_row
def test_a_row_is_consistent_in_itself(endpoint: Endpoint) -> None:
    assert not NOT_FILTERS & set(endpoint.filters)
    assert len(set(endpoint.filters)) == len(endpoint.filters)
    assert endpoint.paginated or not endpoint.incremental
    assert endpoint.accepts_ignore_unsupported_filters == endpoint.incremental
    assert endpoint.sends_integration_header != ("{integration_id}" in endpoint.path)
    if endpoint.parent:
        parent = BY_NAME[endpoint.parent]
        assert endpoint.category == parent.category
        assert endpoint.path.startswith(f"{parent.path}/{{")


@every_row
def test_references_lead_to_streams(endpoint: Endpoint) -> None:
    found = references(endpoint, properties(endpoint))

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


@pytest.mark.skipif(not FACTS.exists(), reason="the reference folder is not at hand")
@pytest.mark.parametrize(
    "endpoint",
    [endpoint for endpoint in ENDPOINTS if endpoint.category != "GENERAL"],
    ids=lambda endpoint: endpoint.name,
)
def test_a_row_agrees_with_the_reference(endpoint: Endpoint) -> None:
    facts = json.loads(FACTS.read_text(encoding="utf-8"))["endpoints"]
    fact = next(fact for fact in facts if fact["path"] == endpoint.path)
    query = {parameter["name"] for parameter in fact["params"] if parameter["in"] == "query"}

    assert set(endpoint.filters) == query - NOT_FILTERS
    assert endpoint.accepts_page_size == ("page_size" in query)
    assert endpoint.incremental == ({"updated_after", "include_deleted"} <= query)
    assert endpoint.accepts_ignore_unsupported_filters == ("ignore_unsupported_filters" in query)
    assert endpoint.paginated == (fact["kind"] != "collection-not-paginated")
    assert fact["records_path"] == f"data.{endpoint.records_key}"
    assert endpoint.deprecated == fact["deprecated"]
    assert endpoint.model in {fact["primary_model_name"], None}
