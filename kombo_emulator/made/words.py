"""Words from which values are drawn, and which properties may be null how often."""

from __future__ import annotations

_WORDS = """
outcome PENDING|PENDING|PENDING|PENDING|PENDING|PENDING|DECLINED|DECLINED|DECLINED|HIRED
rejection_reason_name Not enough experience|Withdrew|Salary|Position filled|No answer
ats_candidates.source Referral|Job board|Career site|Agency
ats_candidates.title Backend engineer|Account executive|Data analyst|Nurse|Designer|Lawyer|Carpenter
ats_interviews.title Phone screen|Technical interview|Culture interview|Panel|Final talk
ats_job_postings.status ACTIVE|ACTIVE|INACTIVE|DRAFT
ats_job_postings.visibility PUBLIC|INTERNAL|UNLISTED
ats_jobs.category Engineering|Sales|Care
ats_jobs.department Product|Operations|Legal
ats_jobs.employment_type FULL_TIME|PART_TIME|CONTRACT|Mini job
ats_jobs.experience_level Junior|Senior
ats_jobs.salary_period YEAR|YEAR|MONTH|Per project
ats_jobs.status OPEN|OPEN|OPEN|CLOSED|DRAFT|On hold
ats_jobs.visibility PUBLIC|PUBLIC|INTERNAL
ats_notes.title First impression|Call|Follow-up
ats_offers.status ACCEPTED|ACCEPTED|DECLINED|SENT|APPROVED|DRAFT|ABANDONED
ats_rejection_reasons.name Not enough experience|Withdrew|Salary|Position filled|No answer
ats_roles.unified_type RECRUITER|HIRING_MANAGER|INTERVIEWER|COORDINATOR|SOURCER|ADMIN
ats_screening_questions.category EEO|DEMOGRAPHIC
ats_screening_questions.title What do you like to do?|May we keep your data?|When can you begin?
ats_tags.name High potential|Referral|Relocation|Junior|Senior|Speaker|Alumni
ats_users.status ACTIVE|ACTIVE|ACTIVE|ACTIVE|ACTIVE|INACTIVE
remote_work_status REMOTE|HYBRID|ON_SITE|At the client
hris_absence_types.name Vacation|Sick leave|Parental leave|Overtime|Moving house
hris_absences.status APPROVED|APPROVED|APPROVED|REQUESTED|DECLINED|CANCELLED|In review|DELETED
hris_employee_document_categories.name Contract|Certificate|Payslip
hris_employees.employment_status ACTIVE|ACTIVE|ACTIVE|ACTIVE|LEAVE|Sabbatical|INACTIVE
hris_employees.nationality German|Turkish|French
hris_locations.type OFFICE|REMOTE
hris_payslip_line_items.name Base pay|Bonus|Income tax
hris_performance_reviews.type MANAGER|PEER|DIRECT_REPORT|SELF
hris_skills.name Python|Negotiation|First aid|Public speaking|Accounting
hris_staffing_entities.model_type POSITION|REQUISITION|JOB
hris_staffing_entities.status OPEN_LIMITED|OPEN_UNLIMITED|PENDING|FROZEN|FILLED|CLOSED
hris_teams.name People|Engineering|Sales|Platform|Support|Travel|Legal|Data
hris_teams.type DEPARTMENT|TEAM|TEAM|COST_CENTER
hris_timesheets.approval_status APPROVED|APPROVED|Open
hris_timesheets.timezone +01:00|-05:00
current_level Beginner|Practised|Expert
employment_type FULL_TIME|FULL_TIME|PART_TIME|WORKING_STUDENT|Mini job
ethnicity WHITE|ASIAN|MULTIPLE_ETHNICITIES|DECLINE_TO_SPECIFY|Frisian
gender FEMALE|MALE|NON_BINARY|NOT_SPECIFIED|Diverse
marital_status SINGLE|MARRIED|DIVORCED|NOT_MARRIED|Engaged
pay_frequency MONTHLY|SEMIMONTHLY|Once
pay_period HOUR|YEAR
balance_unit,unit DAYS|DAYS|HOURS
used_unit DAYS|HOURS
lms_course_progressions.status ENROLLED|IN_PROGRESS|COMPLETED|DROPPED
lms_course_revisions.status,lms_users.status ACTIVE|ACTIVE|INACTIVE
lms_course_revisions.title Fire safety|Data protection|Kubernetes|Giving feedback|Spreadsheets
lms_skills.name Fire safety|Data protection|Kubernetes|Giving feedback|Spreadsheets
assessment_orders.status OPEN|OPEN|COMPLETED|CANCELLED|REJECTED
assessment_packages.name Logic|Video interview|Typing|Background check|References
assessment_packages.type BEHAVIORAL|VIDEO_INTERVIEW|SKILLS_TEST|BACKGROUND_CHECK
content_ref.type s3
email_addresses.type PRIVATE|WORK
phone_numbers.type HOME|MOBILE
social_media.type SOCIAL|LINKEDIN
employment_types.remote_label Vollzeit|Mini job
employment_types.unified_type FULL_TIME|PART_TIME
domestic_bank_routing.type DE_BANKLEITZAHL|GB_SORT_CODE
hiring_team_roles RECRUITER|HIRING_MANAGER
scope JOB
ats_application_stages.status ACTIVE|ACTIVE|ACTIVE|INACTIVE
currency EUR
pay_currency EUR|EUR|USD
salary_currency EUR|EUR|CHF
bic EXAMDE00XXX
bank_name Example Bank
start_time 09:30:00
end_time 13:15:00
job.name Backend engineer|Account executive|Data analyst
name,job_title,title Backend engineer|Account executive|Data analyst|Nurse|Designer|Lawyer
"""
WORDS = {
    name: tuple(words.split("|"))
    for names, words in (line.split(maxsplit=1) for line in _WORDS.strip().splitlines())
    for name in names.split(",")
}
"""Words by property, as `model.property`, `object.property` or `property`."""

STAGES = ("Applied", "Screening", "Phone interview", "Case study", "On-site", "Offer", "Hired")


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


NEVER = _names("""
id integration_fields employee_id package_id skill_id user_id course_revision_id reviewee_id
course_id payslip_id ats_screening_questions.job_id ats_job_postings.job_id
ats_attachments.candidate_id ats_notes.candidate_id hris_payslips.employee_id
hris_time_off_balances.type_id hris_skills.name assessment_packages.name
assessment_packages.description assessment_orders.status assessment_orders.candidate
assessment_orders.application assessment_orders.job created_at candidate.email job.hiring_team
totals currency gross_pay.value net_pay.value paid_amount.value amount.value phone_number
hiring_team_roles domestic_bank_routing.number employment_types.remote_label
bucket content_ref.type content_ref.key data_url content_type
""")
"""What Kombo says is never null, unless it was blanked."""

UNKNOWN_REMOTE_ID = _names("""
ats_interviews ats_applications ats_offers ats_users ats_roles ats_tags ats_application_stages
ats_screening_questions ats_job_postings hris_absences hris_employee_document_categories
hris_employments hris_legal_entities hris_locations hris_time_off_balances hris_timesheets
lms_skills
""")
"""Models whose `remote_id` may be null."""

SELDOM = _names("""
ats_users.first_name ats_users.last_name ats_users.email ats_jobs.name ats_applications.outcome
ats_application_stages.name ats_application_stages.index ats_candidates.first_name
ats_candidates.last_name ats_candidates.email_addresses email_address hris_employees.first_name
hris_employees.last_name hris_employees.start_date hris_employments.effective_date
hris_absences.start_date hris_absences.end_date hris_absences.unit hris_absences.amount
""")
"""What nearly every record has."""

RARE = _names("""
application_id candidate_id job_id current_stage_id stage_id ats_interviews.title
ats_interviews.starting_at ats_interviews.ending_at
""")
"""What only one record out of very many lacks."""

CUSTOM_FIELDS = {
    "ats_candidates": "notice_period_weeks",
    "ats_applications": "referral_bonus",
    "ats_jobs": "cost_center",
    "ats_offers": "signing_bonus",
    "ats_application_stages": "color",
    "hris_employees": "shirt_size",
    "hris_employments": "bonus_scheme",
    "hris_timesheets": "project",
    "hris_staffing_entities": "budget",
    "hris_absence_types": "payroll_code",
    "lms_users": "cohort",
    "lms_courses": "budget_code",
    "lms_course_revisions": "language",
    "lms_skills": "framework",
}
"""Key of the custom field that is mapped in each model."""

ANYTHING = ("Blue", 38, 1.5, True, {"code": 7, "name": "Growth"}, ["A", "B"], None)
"""A value of each JSON type, as the fields of a tool may hold."""

ODD = (
    "Z\u00e4hlt \u201eviel\u201c \u2013 und 'mehr'",
    "two\nlines\tand a \\ at the end\\",
    "\u65e5\u672c\u8a9e\u306e\u30c6\u30ad\u30b9\u30c8",
    "\u0645\u0631\u062d\u0628\u0627 (right to left)",
    "one \U0001f469\u200d\U0001f52c, not three",
    "a\u00a0b\u200bc\ufeff",
    '{"looks": ["like", "JSON"]}',
    "comma, semicolon; \"quotes\" = '1'--",
    " blanks around ",
    "null",
    "",
)
"""Texts that somebody's tool may hold, and that break careless readers."""
