"""The LMS models: own fields, filters, nested records and triggers of Kombo's learning lists."""

from __future__ import annotations

from kombo_emulator.models import CUSTOM, TRACKED, Embed, Filter, Model, names

_NAMED = ("id", "remote_id", "name")
_REVISION = (
    *names("remote_id course_id title description remote_url status remote_created_at"),
    *CUSTOM,
)
_SKILL_ASSIGNMENTS = Embed(
    "skill_assignments",
    "lms_skills",
    many="skill_ids",
    fields=(),
    embeds=(Embed("skill", "lms_skills", via="id", fields=_NAMED),),
)

COURSES = Model(
    "lms_courses",
    "/lms/courses",
    fields=("remote_id", "provider_id", "origin_id", "remote_created_at", *CUSTOM),
    defaults={"integration_fields": []},
    embeds=(
        Embed("provider", "lms_course_providers", via="provider_id", fields=_NAMED),
        Embed(
            "revisions",
            "lms_course_revisions",
            reverse="course_id",
            fields=("id", *_REVISION, *TRACKED),
            embeds=(_SKILL_ASSIGNMENTS,),
            on_link=True,
            on_change=True,
        ),
    ),
)

COURSE_PROGRESSIONS = Model(
    "lms_course_progressions",
    "/lms/course-progressions",
    fields=(
        *names("remote_id user_id course_revision_id status enrolled_at completed_at"),
        "remote_data",
    ),
    embeds=(
        Embed(
            "user",
            "lms_users",
            via="user_id",
            fields=("id", "remote_id", "first_name", "last_name", "work_email"),
        ),
        Embed(
            "course_revision",
            "lms_course_revisions",
            via="course_revision_id",
            fields=("id", "remote_id", "title"),
            embeds=(Embed("course", "lms_courses", via="course_id", fields=("id", "remote_id")),),
        ),
    ),
    filters=(
        Filter("course_ids", "course_revision.course_id"),
        Filter("user_ids", "user_id"),
    ),
)

LMS_MODELS = (
    Model(
        "lms_users",
        "/lms/users",
        fields=(
            *names("remote_id first_name last_name work_email status remote_created_at"),
            *CUSTOM,
        ),
        defaults={"integration_fields": []},
        filters=(Filter("work_emails", "work_email", fold=True),),
    ),
    COURSES,
    COURSE_PROGRESSIONS,
    Model(
        "lms_skills",
        "/lms/skills",
        fields=("remote_id", "name", "remote_created_at", *CUSTOM),
        defaults={"integration_fields": []},
    ),
    Model("lms_course_providers", None, fields=("remote_id", "name")),
    Model(
        "lms_course_revisions",
        None,
        fields=_REVISION,
        defaults={"integration_fields": []},
        embeds=(_SKILL_ASSIGNMENTS,),
    ),
)
