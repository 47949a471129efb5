"""What is nested in what, what points at what, and what `updated_after` answers with a parent.

The rows follow Kombo's documentation of `updated_after`; what is shown follows the schemas.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from kombo_emulator.models import Embed

# Model, key, how and of which model records are nested, the property that links both, and what
# returns the parent: an entry listed or taken off, a nested record changed.
_ROWS = """
ats_interviews users many ats_users user_ids listed
ats_interviews application via ats_applications application_id changed
ats_applications candidate via ats_candidates candidate_id changed
ats_applications current_stage via ats_application_stages current_stage_id
ats_applications job via ats_jobs job_id
ats_applications interviews reverse ats_interviews application_id listed changed
ats_applications offers reverse ats_offers application_id listed changed
ats_candidates applications reverse ats_applications candidate_id listed changed
ats_candidates tags many ats_tags tag_ids listed
ats_jobs stages many ats_application_stages stage_ids listed
ats_jobs screening_questions reverse ats_screening_questions job_id listed changed
ats_jobs job_postings reverse ats_job_postings job_id listed changed
ats_jobs hiring_team many ats_users hiring_team_links listed
ats_offers application via ats_applications application_id changed
ats_users system_roles many ats_roles system_role_ids listed changed
ats_notes author via ats_users author_id
ats_scorecards author via ats_users author_id
hris_employees employments reverse hris_employments employee_id listed changed
hris_employees time_off_balances reverse hris_time_off_balances employee_id listed changed
hris_employees manager via hris_employees manager_id changed
hris_employees groups many hris_teams group_ids listed
hris_employees teams many hris_teams group_ids
hris_employees legal_entity via hris_legal_entities legal_entity_id changed
hris_employees work_location via hris_locations work_location_id changed
hris_absences type via hris_absence_types type_id changed
hris_time_off_balances type via hris_absence_types type_id changed
hris_performance_reviews reviewee via hris_employees reviewee_id changed
hris_performance_reviews reviewer via hris_employees reviewer_id changed
hris_performance_reviews review_cycle via hris_performance_review_cycles review_cycle_id changed
hris_staffing_entities locations many hris_locations location_ids listed changed
hris_staffing_entities legal_entities many hris_legal_entities legal_entity_ids listed changed
hris_staffing_entities groups many hris_teams group_ids listed changed
hris_staffing_entities skills many hris_skills skill_links listed changed
hris_skills skill via hris_skills id
hris_payslips employee via hris_employees employee_id
hris_payslips pay_run via hris_pay_runs pay_run_id
hris_payslips line_items reverse hris_payslip_line_items payslip_id listed changed
lms_courses provider via lms_course_providers provider_id
lms_courses revisions reverse lms_course_revisions course_id listed changed
lms_course_revisions skill_assignments many lms_skills skill_ids
lms_course_revisions course via lms_courses course_id
lms_skills skill via lms_skills id
lms_course_progressions user via lms_users user_id
lms_course_progressions course_revision via lms_course_revisions course_revision_id
"""

NESTING: defaultdict[str, list[Embed]] = defaultdict(list)
"""For each model, what may be nested in its records; where a schema has no such key, nothing is."""

for _row in _ROWS.strip().splitlines():
    _model, _key, _kind, _nested, _link, *_returns = _row.split()
    _found: dict[str, Any] = {_kind: _link}
    _found |= {"on_link": "listed" in _returns, "on_change": "changed" in _returns}
    NESTING[_model].append(Embed(_key, _nested, **_found))

JOINS = {
    ("ats_candidates", "tag_ids"): "ats_join_candidates_tags",
    ("ats_interviews", "user_ids"): "ats_join_interviews_users",
    ("ats_jobs", "hiring_team_links"): "ats_join_jobs_users",
    ("ats_jobs", "stage_ids"): "ats_join_jobs_application_stages",
    ("ats_users", "system_role_ids"): "ats_join_users_roles",
    ("hris_employees", "group_ids"): "hris_join_employees_teams",
    ("hris_staffing_entities", "group_ids"): "hris_join_staffing_entities_groups",
    ("hris_staffing_entities", "legal_entity_ids"): "hris_join_staffing_entities_legal_entities",
    ("hris_staffing_entities", "location_ids"): "hris_join_staffing_entities_locations",
    ("hris_staffing_entities", "skill_links"): "hris_join_staffing_entities_skills",
    ("lms_course_revisions", "skill_ids"): "lms_join_revisions_skills",
}
"""What webhook events call a list of links; that of skills is not documented."""

FOREIGN_KEYS: dict[str, dict[str, str]] = {
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
