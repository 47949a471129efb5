"""The table: one row per stream, with everything that differs between Kombo's endpoints.

To add a model, add one row to `ENDPOINTS`, write its descriptions and run
`scripts/update_schemas.py`. Most facts have a default that holds for a usual model: a list that is
read page by page, knows `updated_after` and `include_deleted`, and can be filtered by ids.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

PRIMARY_KEY = "id"
"""Key property of every stream; Kombo derives it from the remote id and the integration."""

IDS = ("ids", "remote_ids")
"""Filters that nearly every list has."""

RAW = ("remote_data",)
"""The tool's own payload; it may hold anything, so it is left out unless somebody selects it."""


Category = Literal["ATS", "HRIS", "LMS", "ASSESSMENT", "GENERAL"]
"""Kombo's product lines, spelt as in the field `category` of an integration.

`GENERAL` is ours: what Kombo says about an integration of any category.
"""


@dataclass(frozen=True)
class Endpoint:
    """One model of the API and the stream that it becomes.

    Attributes:
        category: Decides the prefix of name and path; an integration serves one category.
        noun: Kombo's plural name of the model within its category, in snake case.
        explicit_path: Path below the base URL where it does not follow from category and noun.
        explicit_model: Kombo's model id where it does not follow from category and noun.
        records_key: Where the records are inside `data`; none if `data` is the only record.
        paginated: Whether the answer has a `next` to go on with.
        documents_cursor: Whether `cursor` and `page_size` are documented parameters; two lists
            answer `next` without them.
        incremental: Whether `updated_after` and `include_deleted` are known parameters.
        filters: The endpoint's own query parameters, deprecated ones included.
        sensitive: Top-level properties that are left out unless somebody selects them.
        parent: Stream whose ids fill the path, for a list that exists once per record.
        selected_by_default: Whether the stream is read if nobody selects streams.
        deprecated: Whether Kombo advises against it.
    """

    category: Category
    noun: str
    _: KW_ONLY
    explicit_path: str | None = None
    explicit_model: str | None = None
    records_key: str | None = "results"
    paginated: bool = True
    documents_cursor: bool = True
    incremental: bool = True
    filters: tuple[str, ...] = IDS
    sensitive: tuple[str, ...] = RAW
    parent: str | None = None
    selected_by_default: bool = False
    deprecated: bool = False

    @property
    def name(self) -> str:
        """Name of the stream and of its schema file."""
        if self.category in {"ATS", "GENERAL"}:
            return self.noun
        return f"{self.category.lower()}_{self.noun}"

    @property
    def path(self) -> str:
        """Path below the base URL; it may hold `{integration_id}` or the id of a parent."""
        noun = self.noun.replace("_", "-")
        return self.explicit_path or f"/{self.category.lower()}/{noun}"

    @property
    def model(self) -> str | None:
        """Kombo's model id in webhooks and `read_models`, or none if no such id is known."""
        if self.category in {"GENERAL", "ASSESSMENT"} or self.parent:
            return None
        return self.explicit_model or f"{self.category.lower()}_{self.noun}"

    @property
    def accepts_page_size(self) -> bool:
        """Whether `page_size` may be sent."""
        return self.paginated and self.documents_cursor

    @property
    def replication_key(self) -> str | None:
        """Property that marks an incremental stream."""
        return "changed_at" if self.incremental else None

    @property
    def accepts_ignore_unsupported_filters(self) -> bool:
        """Whether the parameter of that name is known; the same lists have all three."""
        return self.incremental

    @property
    def sends_integration_header(self) -> bool:
        """Whether `X-Integration-Id` says whose data is asked for; else the path does."""
        return self.category != "GENERAL"


ENDPOINTS: tuple[Endpoint, ...] = (
    # Recruiting
    Endpoint("ATS", "interviews", filters=(*IDS, "job_ids"), selected_by_default=True),
    Endpoint(
        "ATS",
        "applications",
        filters=(
            *IDS,
            "current_stage_ids",
            "job_ids",
            "job_remote_ids",
            "outcome",
            "outcomes",
            "remote_created_after",
        ),
        selected_by_default=True,
    ),
    Endpoint(
        "ATS",
        "candidates",
        filters=(*IDS, "email", "first_name", "job_ids", "last_name"),
        selected_by_default=True,
    ),
    Endpoint(
        "ATS",
        "jobs",
        filters=(
            *IDS,
            "employment_types",
            "job_codes",
            "name_contains",
            "post_url",
            "remote_created_after",
            "status",
            "statuses",
            "visibilities",
        ),
        sensitive=(
            *RAW,
            "salary_amount",
            "salary_amount_from",
            "salary_amount_to",
            "salary_currency",
            "salary_period",
        ),
        selected_by_default=True,
    ),
    Endpoint("ATS", "offers", selected_by_default=True),
    Endpoint("ATS", "users", filters=(*IDS, "emails"), selected_by_default=True),
    Endpoint("ATS", "roles", filters=(*IDS, "scopes"), selected_by_default=True),
    Endpoint("ATS", "tags", selected_by_default=True),
    Endpoint("ATS", "rejection_reasons", selected_by_default=True),
    Endpoint("ATS", "application_stages", deprecated=True),
    Endpoint("ATS", "notes", filters=(*IDS, "application_ids", "candidate_ids"), sensitive=()),
    Endpoint("ATS", "scorecards", filters=(*IDS, "application_ids", "candidate_ids"), sensitive=()),
    Endpoint(
        "ATS",
        "attachments",
        filters=(*IDS, "application_ids", "candidate_ids"),
        sensitive=(),
    ),
    Endpoint(
        "ATS",
        "application_attachments",
        explicit_path="/ats/applications/{application_id}/attachments",
        paginated=False,
        incremental=False,
        filters=(),
        sensitive=(),
        parent="applications",
    ),
    Endpoint(
        "ATS",
        "candidate_attachments",
        explicit_path="/ats/candidates/{candidate_id}/attachments",
        paginated=False,
        incremental=False,
        filters=(),
        sensitive=(),
        parent="candidates",
    ),
    # Human resources
    Endpoint(
        "HRIS",
        "employees",
        filters=(
            *IDS,
            "custom_fields",
            "employment_status",
            "employment_statuses",
            "group_ids",
            "legal_entity_ids",
            "personal_emails",
            "work_emails",
            "work_location_ids",
        ),
        sensitive=(
            *RAW,
            "bank_accounts",
            "date_of_birth",
            "employments",  # holds the pay
            "ethnicity",
            "gender",
            "home_address",
            "marital_status",
            "nationality",
            "ssn",
            "tax_id",
        ),
    ),
    Endpoint(
        "HRIS",
        "employments",
        sensitive=(*RAW, "pay_currency", "pay_frequency", "pay_period", "pay_rate"),
    ),
    Endpoint(
        "HRIS",
        "groups",
        explicit_model="hris_teams",  # the older name lives on in webhooks and `read_models`
        filters=(*IDS, "name_contains", "types"),
    ),
    Endpoint("HRIS", "teams", deprecated=True),
    Endpoint("HRIS", "locations", filters=(*IDS, "name_contains")),
    Endpoint("HRIS", "legal_entities", filters=(*IDS, "name_contains")),
    Endpoint(
        "HRIS",
        "absences",
        filters=(
            *IDS,
            "date_from",
            "date_until",
            "employee_id",
            "time_from",
            "time_until",
            "type_ids",
        ),
    ),
    Endpoint("HRIS", "absence_types"),
    Endpoint("HRIS", "time_off_balances", filters=(*IDS, "employee_id")),
    Endpoint(
        "HRIS",
        "timesheets",
        filters=(
            *IDS,
            "employee_id",
            "ended_after",
            "ended_before",
            "started_after",
            "started_before",
        ),
    ),
    Endpoint(
        "HRIS",
        "performance_reviews",
        filters=(*IDS, "review_cycle_ids", "reviewee_ids", "types"),
    ),
    Endpoint("HRIS", "performance_review_cycles"),
    Endpoint("HRIS", "staffing_entities", filters=(*IDS, "model_types", "statuses")),
    Endpoint("HRIS", "employee_document_categories"),
    Endpoint("HRIS", "pay_runs", filters=(*IDS, "legal_entity_ids"), sensitive=("totals",)),
    Endpoint(
        "HRIS",
        "payslips",
        filters=(*IDS, "employee_ids", "legal_entity_ids", "payrun_ids"),
        sensitive=("line_items", "totals"),
    ),
    Endpoint(
        "HRIS",
        "skills",
        documents_cursor=False,
        incremental=False,
        filters=(*IDS, "name_contains"),
    ),
    Endpoint(
        "HRIS",
        "employee_skill_assignments",
        explicit_model="hris_employee_skill_proficiency_ratings",
        documents_cursor=False,
        incremental=False,
        filters=(*IDS, "employee_ids", "skill_ids"),
        sensitive=(),
    ),
    # Learning
    Endpoint("LMS", "users", filters=(*IDS, "work_emails")),
    Endpoint("LMS", "courses"),
    Endpoint("LMS", "course_progressions", filters=(*IDS, "course_ids", "user_ids")),
    Endpoint("LMS", "skills"),
    # Assessment
    Endpoint(
        "ASSESSMENT",
        "orders",
        incremental=False,
        filters=("ids", "created_after", "statuses"),
        sensitive=(),
    ),
    Endpoint(
        "ASSESSMENT",
        "packages",
        records_key="packages",
        paginated=False,
        incremental=False,
        filters=(),
        sensitive=(),
    ),
    # What Kombo says about each integration
    Endpoint(
        "GENERAL",
        "integrations",
        explicit_path="/integrations/{integration_id}",
        records_key=None,
        paginated=False,
        incremental=False,
        filters=(),
        sensitive=(),
    ),
    Endpoint(
        "GENERAL",
        "integration_models",
        explicit_path="/integrations/{integration_id}",
        records_key="read_models",
        paginated=False,
        incremental=False,
        filters=(),
        sensitive=(),
    ),
    Endpoint(
        "GENERAL",
        "custom_fields",
        explicit_path="/integrations/{integration_id}/custom-fields",
        incremental=False,
        filters=(),
        sensitive=(),
    ),
    Endpoint(
        "GENERAL",
        "integration_fields",
        explicit_path="/integrations/{integration_id}/integration-fields",
        incremental=False,
        filters=(),
        sensitive=(),
    ),
)

FOREIGN_KEYS: dict[Category, dict[str, str]] = {
    "ATS": {
        "application_id": "applications",
        "author_id": "users",
        "candidate_id": "candidates",
        "contact_id": "users",
        "current_stage_id": "application_stages",
        "interview_id": "interviews",
        "job_id": "jobs",
        "stage_id": "application_stages",
    },
    "HRIS": {
        "approver_id": "hris_employees",
        "employee_id": "hris_employees",
        "legal_entity_id": "hris_legal_entities",
        "manager_id": "hris_employees",
        "skill_id": "hris_skills",
        "type_id": "hris_absence_types",
        "work_location_id": "hris_locations",
    },
    "LMS": {"user_id": "lms_users"},
    "ASSESSMENT": {"package_id": "assessment_packages"},
    "GENERAL": {},
}
"""Stream whose `id` a property holds; within a category such a property means the same."""


def references(endpoint: Endpoint, properties: Iterable[str]) -> dict[str, str]:
    """Name the streams that a stream's properties point at.

    Args:
        endpoint: The row of the table.
        properties: Names of the stream's top-level properties.

    Returns:
        Stream by property, `integration_id` and a `parent_id` within the same stream included.
    """
    known = FOREIGN_KEYS[endpoint.category] | {"parent_id": endpoint.name}
    if endpoint.noun != "integrations":
        known["integration_id"] = "integrations"
    return {name: known[name] for name in properties if name in known}
