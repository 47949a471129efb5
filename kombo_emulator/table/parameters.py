"""What the filters of a list are compared with; which it takes is in the table of endpoints."""

from __future__ import annotations

from typing import Any

from kombo_emulator.models import Filter

# Parameter, of one model's list or of all, path of the values, how they are compared (`i` ignores
# capitals), the only values accepted. All others are plurals: `job_ids` are any `job_id`.
_ROWS = """
ats_interviews.job_ids application.job_id any
outcome outcome one PENDING HIRED DECLINED
outcomes outcome any PENDING HIRED DECLINED
job_remote_ids job.remote_id any
remote_created_after remote_created_at since
email email_addresses.email_address one/i
first_name first_name one/i
last_name last_name one/i
ats_candidates.job_ids applications.job_id any
post_url post_url one
status status one OPEN CLOSED DRAFT ARCHIVED
ats_jobs.statuses status any OPEN CLOSED DRAFT ARCHIVED
employment_types employment_type any FULL_TIME PART_TIME CONTRACT SEASONAL INTERNSHIP
visibilities visibility any PUBLIC INTERNAL UNLISTED CONFIDENTIAL
name_contains name contains/i
emails email any/i
scopes scope any SYSTEM JOB
custom_fields custom_fields object
employment_status employment_status one ACTIVE PENDING INACTIVE LEAVE
employment_statuses employment_status any ACTIVE PENDING INACTIVE LEAVE
group_ids groups.id any
personal_emails personal_email any/i
work_emails work_email any/i
hris_teams.types type any DEPARTMENT TEAM COST_CENTER null
date_from end_date since
date_until start_date until
time_from end_date since
time_until start_date until
employee_id employee_id one
started_after started_at from
started_before started_at before
ended_after ended_at from
ended_before ended_at before
hris_performance_reviews.types type any MANAGER DIRECT_REPORT PEER SELF
model_types model_type any JOB POSITION REQUISITION
hris_staffing_entities.statuses status any OPEN_LIMITED OPEN_UNLIMITED PENDING FROZEN FILLED CLOSED
hris_payslips.legal_entity_ids pay_run.legal_entity_id any
payrun_ids pay_run_id any
course_ids course_revision.course_id any
created_after created_at from
assessment_orders.statuses status any OPEN COMPLETED CANCELLED REJECTED
"""
_MEANINGS = {name: rest for name, *rest in map(str.split, _ROWS.strip().splitlines())}


def filter_of(model: str, param: str) -> Filter:
    """Return what a parameter of a model's list means."""
    plural = [param.removesuffix("s"), "any"]
    path, compared, *choices = _MEANINGS.get(f"{model}.{param}", _MEANINGS.get(param, plural))
    how: Any = compared.removesuffix("/i")
    return Filter(param, path, how, fold=how != compared, choices=tuple(choices))
