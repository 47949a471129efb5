"""The ATS models: own fields, filters, nested records and triggers of Kombo's recruiting lists."""

from __future__ import annotations

from kombo_emulator.models import CUSTOM, REMOTE_TIMES, Embed, Filter, Model, names

_PERSON = ("id", "remote_id", "first_name", "last_name", "email")
_NAMED = ("id", "remote_id", "name")
_ROLE = ("remote_id", "remote_label", "scope", "unified_type")
_OUTCOMES = ("PENDING", "HIRED", "DECLINED")
_JOB_STATUSES = ("OPEN", "CLOSED", "DRAFT", "ARCHIVED")
_EMPLOYMENT_TYPES = ("FULL_TIME", "PART_TIME", "CONTRACT", "SEASONAL", "INTERNSHIP")
_VISIBILITIES = ("PUBLIC", "INTERNAL", "UNLISTED", "CONFIDENTIAL")

_CANDIDATE_AND_JOB = (
    Embed(
        "candidate",
        "ats_candidates",
        via="candidate_id",
        fields=("id", "remote_id", "first_name", "last_name", "email_addresses"),
    ),
    Embed("job", "ats_jobs", via="job_id", fields=_NAMED),
)
_FILE = ("type", "id", "remote_id", "data_url", "file_name", "content_type", *REMOTE_TIMES)
_AUTHOR = (Embed("author", "ats_users", via="author_id", fields=_PERSON),)
_OF_PERSON = (
    Filter("application_ids", "application_id"),
    Filter("candidate_ids", "candidate_id"),
)

INTERVIEWS = Model(
    "ats_interviews",
    "/ats/interviews",
    fields=(
        *names(
            "remote_id title starting_at ending_at location video_conferencing_url "
            "application_id stage_id canceled"
        ),
        *REMOTE_TIMES,
        *names("remote_data"),
    ),
    hidden=("user_ids",),
    embeds=(
        Embed("users", "ats_users", many="user_ids", fields=_PERSON, on_link=True),
        Embed(
            "application",
            "ats_applications",
            via="application_id",
            fields=("id", "remote_id", "outcome", "rejection_reason_name"),
            embeds=_CANDIDATE_AND_JOB,
            on_change=True,
        ),
    ),
    filters=(Filter("job_ids", "application.job_id"),),
)

APPLICATIONS = Model(
    "ats_applications",
    "/ats/applications",
    fields=(
        *names(
            "remote_id outcome rejection_reason_name rejected_at current_stage_id "
            "job_id candidate_id screening_question_answers remote_url"
        ),
        *REMOTE_TIMES,
        *CUSTOM,
    ),
    defaults={"integration_fields": []},
    embeds=(
        Embed(
            "candidate",
            "ats_candidates",
            via="candidate_id",
            fields=names(
                "id remote_id first_name last_name email_addresses phone_numbers "
                "social_media source remote_url"
            ),
            embeds=(Embed("tags", "ats_tags", many="tag_ids", fields=_NAMED),),
            on_change=True,
        ),
        Embed(
            "current_stage",
            "ats_application_stages",
            via="current_stage_id",
            fields=(*_NAMED, "index", "status", "custom_fields"),
        ),
        Embed("job", "ats_jobs", via="job_id", fields=_NAMED),
        Embed(
            "interviews",
            "ats_interviews",
            reverse="application_id",
            fields=names("id remote_id title starting_at ending_at location canceled"),
            on_link=True,
            on_change=True,
        ),
        Embed(
            "offers",
            "ats_offers",
            reverse="application_id",
            fields=("id", "remote_id", "status"),
            on_link=True,
            on_change=True,
        ),
    ),
    filters=(
        Filter("outcome", "outcome", "one", choices=_OUTCOMES),
        Filter("outcomes", "outcome", choices=_OUTCOMES),
        Filter("job_ids", "job_id"),
        Filter("job_remote_ids", "job.remote_id"),
        Filter("current_stage_ids", "current_stage_id"),
        Filter("remote_created_after", "remote_created_at", "since"),
    ),
    sublists=(Embed("attachments", "ats_attachments", reverse="application_id", fields=_FILE),),
)

CANDIDATES = Model(
    "ats_candidates",
    "/ats/candidates",
    fields=(
        *names(
            "remote_id first_name last_name company title confidential source "
            "phone_numbers email_addresses social_media location remote_url"
        ),
        *REMOTE_TIMES,
        *CUSTOM,
    ),
    hidden=("tag_ids",),
    defaults={"integration_fields": []},
    embeds=(
        Embed(
            "applications",
            "ats_applications",
            reverse="candidate_id",
            fields=(
                *names(
                    "id remote_id outcome rejection_reason_name rejected_at remote_url changed_at"
                ),
                *REMOTE_TIMES,
            ),
            embeds=(
                Embed(
                    "current_stage",
                    "ats_application_stages",
                    via="current_stage_id",
                    fields=(*_NAMED, "index"),
                ),
                Embed("job", "ats_jobs", via="job_id", fields=_NAMED),
            ),
            on_link=True,
            on_change=True,
        ),
        Embed("tags", "ats_tags", many="tag_ids", fields=_NAMED, on_link=True),
    ),
    filters=(
        Filter("email", "email_addresses.email_address", "one", fold=True),
        Filter("first_name", "first_name", "one", fold=True),
        Filter("last_name", "last_name", "one", fold=True),
        Filter("job_ids", "applications.job_id"),
    ),
    sublists=(
        Embed(
            "attachments",
            "ats_attachments",
            reverse="candidate_id",
            fields=(*_FILE, "application_id", "candidate_id"),
        ),
    ),
)

JOBS = Model(
    "ats_jobs",
    "/ats/jobs",
    fields=(
        *names(
            "remote_id name job_code description confidential weekly_hours "
            "employment_type status visibility category department post_url "
            "experience_level remote_work_status salary_amount salary_amount_from "
            "salary_amount_to salary_currency salary_period location remote_url "
            "opened_at closed_at"
        ),
        *REMOTE_TIMES,
        *names("contact_id"),
        *CUSTOM,
    ),
    hidden=("stage_ids", "hiring_team_links"),
    defaults={"integration_fields": []},
    embeds=(
        Embed(
            "stages",
            "ats_application_stages",
            many="stage_ids",
            fields=(*_NAMED, "remote_data", "index", "status", "custom_fields"),
            on_link=True,
        ),
        Embed(
            "screening_questions",
            "ats_screening_questions",
            reverse="job_id",
            fields=names(
                "id remote_id title description format category index required "
                "precondition_question_id precondition_options"
            ),
            on_link=True,
            on_change=True,
        ),
        Embed(
            "job_postings",
            "ats_job_postings",
            reverse="job_id",
            fields=names("id remote_id title description_html status visibility url remote_data"),
            on_link=True,
            on_change=True,
        ),
        Embed("hiring_team", "ats_users", many="hiring_team_links", fields=_PERSON, on_link=True),
    ),
    filters=(
        Filter("job_codes", "job_code"),
        Filter("post_url", "post_url", "one"),
        Filter("status", "status", "one", choices=_JOB_STATUSES),
        Filter("statuses", "status", choices=_JOB_STATUSES),
        Filter("employment_types", "employment_type", choices=_EMPLOYMENT_TYPES),
        Filter("visibilities", "visibility", choices=_VISIBILITIES),
        Filter("remote_created_after", "remote_created_at", "since"),
        Filter("name_contains", "name", "contains", fold=True),
    ),
)

OFFERS = Model(
    "ats_offers",
    "/ats/offers",
    fields=(
        *names("remote_id status employment_start_date application_id"),
        *REMOTE_TIMES,
        *CUSTOM,
    ),
    defaults={"integration_fields": []},
    embeds=(
        Embed(
            "application",
            "ats_applications",
            via="application_id",
            fields=(),
            embeds=_CANDIDATE_AND_JOB,
            on_change=True,
        ),
    ),
)

USERS = Model(
    "ats_users",
    "/ats/users",
    fields=("remote_id", "first_name", "last_name", "email", "status", "remote_data"),
    hidden=("system_role_ids",),
    embeds=(
        Embed(
            "system_roles",
            "ats_roles",
            many="system_role_ids",
            fields=_ROLE,
            on_link=True,
            on_change=True,
        ),
    ),
    filters=(Filter("emails", "email", fold=True),),
)

NOTES = Model(
    "ats_notes",
    "/ats/notes",
    fields=(
        *names("remote_id candidate_id application_id author_id title content_html is_private"),
        *REMOTE_TIMES,
    ),
    embeds=_AUTHOR,
    filters=_OF_PERSON,
)

SCORECARDS = Model(
    "ats_scorecards",
    "/ats/scorecards",
    fields=(
        *names("remote_id candidate_id application_id interview_id author_id responses"),
        *REMOTE_TIMES,
    ),
    embeds=_AUTHOR,
    filters=_OF_PERSON,
)

ATTACHMENTS = Model(
    "ats_attachments",
    "/ats/attachments",
    fields=(
        *names("remote_id candidate_id application_id type file_name content_ref"),
        *REMOTE_TIMES,
    ),
    hidden=("data_url", "content_type"),
    filters=_OF_PERSON,
)

ATS_MODELS = (
    INTERVIEWS,
    APPLICATIONS,
    CANDIDATES,
    JOBS,
    OFFERS,
    USERS,
    Model(
        "ats_roles",
        "/ats/roles",
        fields=(*_ROLE, "remote_data"),
        filters=(Filter("scopes", "scope", choices=("SYSTEM", "JOB")),),
    ),
    Model("ats_tags", "/ats/tags", fields=("remote_id", "name", "remote_data")),
    Model(
        "ats_rejection_reasons",
        "/ats/rejection-reasons",
        fields=("remote_id", "name", "remote_data"),
    ),
    Model(
        "ats_application_stages",
        "/ats/application-stages",
        fields=("remote_id", "name", "status", "custom_fields", "remote_data"),
        hidden=("index",),
    ),
    NOTES,
    SCORECARDS,
    ATTACHMENTS,
    Model(
        "ats_screening_questions",
        None,
        fields=names(
            "remote_id job_id title description format category index required "
            "precondition_question_id precondition_options"
        ),
    ),
    Model(
        "ats_job_postings",
        None,
        fields=names("remote_id job_id title description_html status visibility url remote_data"),
    ),
)
