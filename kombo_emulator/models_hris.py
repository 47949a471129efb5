"""The HRIS models: own fields, filters, nested records and triggers of Kombo's HR lists."""

from __future__ import annotations

from dataclasses import replace

from kombo_emulator.models import CUSTOM, REMOTE_TIMES, TRACKED, Embed, Filter, Model, names

_NAMED = ("id", "remote_id", "name")
_IN_GROUP = (*_NAMED, "type")
_PERSON = names("id remote_id first_name last_name display_full_name work_email remote_deleted_at")
_STATUSES = ("ACTIVE", "PENDING", "INACTIVE", "LEAVE")
_PLACE = ("remote_id", "name", "address", "type", "remote_data")
_PAY = names("remote_id employee_id job_title pay_rate pay_period pay_frequency employment_type")
_EMPLOYMENT = (*_PAY, "pay_currency", "effective_date", *CUSTOM)
_BALANCE = names("remote_id employee_id type_id balance balance_unit used used_unit remote_data")
_ABSENCE_TYPE = (
    *names("remote_id name unit half_days_supported exact_times_supported"),
    *names("remote_data custom_fields"),
)
_CYCLE = names("remote_id name review_period_start_date remote_data")

_NAME_CONTAINS = Filter("name_contains", "name", "contains", fold=True)
_BY_EMPLOYEE = Filter("employee_id", "employee_id", "one")
_TYPE = Embed(
    "type",
    "hris_absence_types",
    via="type_id",
    fields=("id", *_ABSENCE_TYPE, *TRACKED),
    on_change=True,
)

EMPLOYEES = Model(
    "hris_employees",
    "/hris/employees",
    fields=(
        *names("remote_id employee_number first_name last_name nationality display_full_name"),
        *names("job_title work_email personal_email mobile_phone_number ssn tax_id gender"),
        *names("ethnicity marital_status employment_status employment_type weekly_hours avatar"),
        *names("work_location_id legal_entity_id manager_id home_address bank_accounts"),
        *names("date_of_birth start_date termination_date remote_created_at"),
        *CUSTOM,
    ),
    defaults={"integration_fields": []},
    embeds=(
        Embed(
            "employments",
            "hris_employments",
            reverse="employee_id",
            fields=("id", *_EMPLOYMENT, *TRACKED),
            on_link=True,
            on_change=True,
        ),
        Embed(
            "time_off_balances",
            "hris_time_off_balances",
            reverse="employee_id",
            fields=("id", *_BALANCE, *TRACKED),
            on_link=True,
            on_change=True,
        ),
        Embed(
            "manager",
            "hris_employees",
            via="manager_id",
            fields=(
                *names("id remote_id first_name last_name display_full_name employee_number"),
                *names("work_email employment_status termination_date"),
            ),
            on_change=True,
        ),
        Embed("groups", "hris_teams", many="group_ids", fields=_IN_GROUP, on_link=True),
        Embed("teams", "hris_teams", many="group_ids", fields=_IN_GROUP),
        Embed(
            "legal_entity",
            "hris_legal_entities",
            via="legal_entity_id",
            fields=(*_NAMED, "address"),
            on_change=True,
        ),
        Embed(
            "work_location",
            "hris_locations",
            via="work_location_id",
            fields=("id", *_PLACE, *TRACKED),
            on_change=True,
        ),
    ),
    filters=(
        Filter("custom_fields", "custom_fields", "object"),
        Filter("employment_status", "employment_status", "one", choices=_STATUSES),
        Filter("employment_statuses", "employment_status", choices=_STATUSES),
        Filter("group_ids", "groups.id"),
        Filter("legal_entity_ids", "legal_entity_id"),
        Filter("personal_emails", "personal_email", fold=True),
        Filter("work_emails", "work_email", fold=True),
        Filter("work_location_ids", "work_location_id"),
    ),
)

EMPLOYMENTS = Model(
    "hris_employments",
    "/hris/employments",
    fields=_EMPLOYMENT,
    defaults={"integration_fields": []},
)

GROUPS = Model(
    "hris_teams",
    "/hris/groups",
    fields=("remote_id", "name", "type", "parent_id", "remote_data"),
    filters=(
        _NAME_CONTAINS,
        Filter("types", "type", choices=("DEPARTMENT", "TEAM", "COST_CENTER", "null")),
    ),
)

TEAMS = replace(GROUPS, path="/hris/teams", filters=())
"""The deprecated list of the same records."""

LOCATIONS = Model("hris_locations", "/hris/locations", fields=_PLACE, filters=(_NAME_CONTAINS,))

LEGAL_ENTITIES = Model(
    "hris_legal_entities",
    "/hris/legal-entities",
    fields=("remote_id", "name", "address", "remote_data"),
    filters=(_NAME_CONTAINS,),
)

ABSENCES = Model(
    "hris_absences",
    "/hris/absences",
    fields=(
        *names("remote_id employee_id approver_id start_date end_date start_half_day end_half_day"),
        *names("start_time end_time amount unit status employee_note type_id"),
        *REMOTE_TIMES,
        "remote_data",
    ),
    embeds=(_TYPE,),
    filters=(
        Filter("date_from", "end_date", "since"),
        Filter("date_until", "start_date", "until"),
        Filter("time_from", "end_date", "since"),
        Filter("time_until", "start_date", "until"),
        _BY_EMPLOYEE,
        Filter("type_ids", "type_id"),
    ),
)

TIMESHEETS = Model(
    "hris_timesheets",
    "/hris/timesheets",
    fields=(
        *names("remote_id employee_id started_at ended_at timezone payable_hours"),
        *names("unpaid_break_minutes breaks approval_status approved_at comment"),
        *CUSTOM,
    ),
    defaults={"integration_fields": []},
    filters=(
        _BY_EMPLOYEE,
        Filter("started_after", "started_at", "from"),
        Filter("started_before", "started_at", "before"),
        Filter("ended_after", "ended_at", "from"),
        Filter("ended_before", "ended_at", "before"),
    ),
)

PERFORMANCE_REVIEWS = Model(
    "hris_performance_reviews",
    "/hris/performance-reviews",
    fields=(
        *names("remote_id type summary_comment summary_rating remote_data"),
        *names("reviewee_id reviewer_id review_cycle_id"),
    ),
    unsent=("reviewee_id", "reviewer_id", "review_cycle_id"),
    embeds=(
        Embed("reviewee", "hris_employees", via="reviewee_id", fields=_PERSON, on_change=True),
        Embed("reviewer", "hris_employees", via="reviewer_id", fields=_PERSON, on_change=True),
        Embed(
            "review_cycle",
            "hris_performance_review_cycles",
            via="review_cycle_id",
            fields=("id", *_CYCLE, *TRACKED),
            on_change=True,
        ),
    ),
    filters=(
        Filter("types", "type", choices=("MANAGER", "DIRECT_REPORT", "PEER", "SELF")),
        Filter("review_cycle_ids", "review_cycle_id"),
        Filter("reviewee_ids", "reviewee_id"),
    ),
)

_OF_SKILL = Embed(
    "skill", "hris_skills", via="id", fields=("id", "remote_id", "name", "proficiency_scale")
)

STAFFING_ENTITIES = Model(
    "hris_staffing_entities",
    "/hris/staffing-entities",
    fields=(
        *names("remote_id name model_type description status employment_types"),
        *names("number_of_openings parent_id remote_url"),
        *REMOTE_TIMES,
        *CUSTOM,
    ),
    defaults={"integration_fields": []},
    embeds=(
        Embed(
            "locations",
            "hris_locations",
            many="location_ids",
            fields=_IN_GROUP,
            on_link=True,
            on_change=True,
        ),
        Embed(
            "legal_entities",
            "hris_legal_entities",
            many="legal_entity_ids",
            fields=_NAMED,
            on_link=True,
            on_change=True,
        ),
        Embed(
            "groups",
            "hris_teams",
            many="group_ids",
            fields=_IN_GROUP,
            on_link=True,
            on_change=True,
        ),
        Embed(
            "skills",
            "hris_skills",
            many="skill_links",
            fields=(),
            embeds=(_OF_SKILL,),
            on_link=True,
            on_change=True,
        ),
    ),
    filters=(
        Filter("model_types", "model_type", choices=("JOB", "POSITION", "REQUISITION")),
        Filter(
            "statuses",
            "status",
            choices=names("OPEN_LIMITED OPEN_UNLIMITED PENDING FROZEN FILLED CLOSED"),
        ),
    ),
)

PAY_RUNS = Model(
    "hris_pay_runs",
    "/hris/pay-runs",
    fields=("remote_id", "start_date", "end_date", "legal_entity_id", "totals"),
    filters=(Filter("legal_entity_ids", "legal_entity_id"),),
)

PAYSLIPS = Model(
    "hris_payslips",
    "/hris/payslips",
    fields=("remote_id", "totals", "employee_id", "pay_run_id"),
    unsent=("employee_id", "pay_run_id"),
    embeds=(
        Embed("employee", "hris_employees", via="employee_id", fields=_PERSON),
        Embed(
            "pay_run",
            "hris_pay_runs",
            via="pay_run_id",
            fields=names("id remote_id start_date end_date legal_entity_id"),
        ),
        Embed(
            "line_items",
            "hris_payslip_line_items",
            reverse="payslip_id",
            fields=(*_NAMED, "amount"),
            on_link=True,
            on_change=True,
        ),
    ),
    filters=(
        Filter("employee_ids", "employee_id"),
        Filter("legal_entity_ids", "pay_run.legal_entity_id"),
        Filter("payrun_ids", "pay_run_id"),
    ),
)

SKILLS = Model(
    "hris_skills",
    "/hris/skills",
    fields=("remote_id", "name", "description", "ordered_levels", "remote_data"),
    hidden=("proficiency_scale",),
    filters=(_NAME_CONTAINS,),
    incremental=False,
    paging="undocumented",
)

SKILL_ASSIGNMENTS = Model(
    "hris_employee_skill_proficiency_ratings",
    "/hris/employee-skill-assignments",
    fields=("remote_id", "employee_id", "skill_id", "current_level"),
    unsent=("remote_id", *TRACKED),
    filters=(Filter("employee_ids", "employee_id"), Filter("skill_ids", "skill_id")),
    incremental=False,
    paging="undocumented",
)

HRIS_MODELS = (
    EMPLOYEES,
    EMPLOYMENTS,
    GROUPS,
    LOCATIONS,
    LEGAL_ENTITIES,
    ABSENCES,
    Model("hris_absence_types", "/hris/absence-types", fields=_ABSENCE_TYPE),
    Model(
        "hris_time_off_balances",
        "/hris/time-off-balances",
        fields=_BALANCE,
        embeds=(_TYPE,),
        filters=(_BY_EMPLOYEE,),
    ),
    TIMESHEETS,
    PERFORMANCE_REVIEWS,
    Model("hris_performance_review_cycles", "/hris/performance-review-cycles", fields=_CYCLE),
    STAFFING_ENTITIES,
    Model(
        "hris_employee_document_categories",
        "/hris/employee-document-categories",
        fields=("remote_id", "name", "remote_data"),
    ),
    PAY_RUNS,
    PAYSLIPS,
    Model(
        "hris_payslip_line_items",
        None,
        fields=("remote_id", "payslip_id", "name", "amount"),
    ),
    SKILLS,
    SKILL_ASSIGNMENTS,
)
