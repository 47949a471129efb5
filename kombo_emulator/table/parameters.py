"""Which filters each list takes, and what they are compared with."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from kombo_emulator.models import Filter

BY_ID = (Filter("ids", "id"), Filter("remote_ids", "remote_id"))

# Model, parameter, path of the values, how they are compared (`i` ignores capitals), the only
# values accepted.
_ROWS = """
ats_interviews job_ids application.job_id any
ats_applications outcome outcome one PENDING HIRED DECLINED
ats_applications outcomes outcome any PENDING HIRED DECLINED
ats_applications job_ids job_id any
ats_applications job_remote_ids job.remote_id any
ats_applications current_stage_ids current_stage_id any
ats_applications remote_created_after remote_created_at since
ats_candidates email email_addresses.email_address one/i
ats_candidates first_name first_name one/i
ats_candidates last_name last_name one/i
ats_candidates job_ids applications.job_id any
ats_jobs job_codes job_code any
ats_jobs post_url post_url one
ats_jobs status status one OPEN CLOSED DRAFT ARCHIVED
ats_jobs statuses status any OPEN CLOSED DRAFT ARCHIVED
ats_jobs employment_types employment_type any FULL_TIME PART_TIME CONTRACT SEASONAL INTERNSHIP
ats_jobs visibilities visibility any PUBLIC INTERNAL UNLISTED CONFIDENTIAL
ats_jobs remote_created_after remote_created_at since
ats_jobs name_contains name contains/i
ats_users emails email any/i
ats_roles scopes scope any SYSTEM JOB
ats_notes application_ids application_id any
ats_notes candidate_ids candidate_id any
ats_scorecards application_ids application_id any
ats_scorecards candidate_ids candidate_id any
ats_attachments application_ids application_id any
ats_attachments candidate_ids candidate_id any
hris_employees custom_fields custom_fields object
hris_employees employment_status employment_status one ACTIVE PENDING INACTIVE LEAVE
hris_employees employment_statuses employment_status any ACTIVE PENDING INACTIVE LEAVE
hris_employees group_ids groups.id any
hris_employees legal_entity_ids legal_entity_id any
hris_employees personal_emails personal_email any/i
hris_employees work_emails work_email any/i
hris_employees work_location_ids work_location_id any
hris_teams name_contains name contains/i
hris_teams types type any DEPARTMENT TEAM COST_CENTER null
hris_locations name_contains name contains/i
hris_legal_entities name_contains name contains/i
hris_absences date_from end_date since
hris_absences date_until start_date until
hris_absences time_from end_date since
hris_absences time_until start_date until
hris_absences employee_id employee_id one
hris_absences type_ids type_id any
hris_time_off_balances employee_id employee_id one
hris_timesheets employee_id employee_id one
hris_timesheets started_after started_at from
hris_timesheets started_before started_at before
hris_timesheets ended_after ended_at from
hris_timesheets ended_before ended_at before
hris_performance_reviews types type any MANAGER DIRECT_REPORT PEER SELF
hris_performance_reviews review_cycle_ids review_cycle_id any
hris_performance_reviews reviewee_ids reviewee_id any
hris_staffing_entities model_types model_type any JOB POSITION REQUISITION
hris_staffing_entities statuses status any OPEN_LIMITED OPEN_UNLIMITED PENDING FROZEN FILLED CLOSED
hris_pay_runs legal_entity_ids legal_entity_id any
hris_payslips employee_ids employee_id any
hris_payslips legal_entity_ids pay_run.legal_entity_id any
hris_payslips payrun_ids pay_run_id any
hris_skills name_contains name contains/i
hris_employee_skill_proficiency_ratings employee_ids employee_id any
hris_employee_skill_proficiency_ratings skill_ids skill_id any
lms_users work_emails work_email any/i
lms_course_progressions course_ids course_revision.course_id any
lms_course_progressions user_ids user_id any
assessment_orders created_after created_at from
assessment_orders statuses status any OPEN COMPLETED CANCELLED REJECTED
"""

FILTERS: defaultdict[str, list[Filter]] = defaultdict(list)
"""The filters of each model's list, beside those by id."""

for _row in _ROWS.strip().splitlines():
    _model, _param, _path, _compared, *_choices = _row.split()
    _how: Any = _compared.removesuffix("/i")
    _fold = _compared.endswith("/i")
    FILTERS[_model].append(Filter(_param, _path, _how, fold=_fold, choices=tuple(_choices)))
