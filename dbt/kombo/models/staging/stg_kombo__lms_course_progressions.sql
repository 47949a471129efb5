-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('lms_course_progressions', true)) }}
with source as (
    {{ kombo_table('lms_course_progressions', {
        'id': 'text',
        'integration_id': 'text',
        'remote_id': 'text',
        'user_id': 'text',
        'course_revision_id': 'text',
        'status': 'text',
        'enrolled_at': 'timestamp',
        'completed_at': 'timestamp',
        'changed_at': 'timestamp',
        'remote_deleted_at': 'timestamp',
        'course_revision': 'json',
        '_sdc_deleted_at': 'timestamp',
    }) }}
)

select
    id as course_progression_id,
    integration_id,
    remote_id,
    user_id,
    course_revision_id,
    status,
    enrolled_at,
    completed_at,
    changed_at,
    {{ kombo_json('course_revision', ['remote_id'], 'text') }} as course_revision_remote_id,
    {{ kombo_json('course_revision', ['title'], 'text') }} as course_revision_title,
    {{ kombo_json('course_revision', ['course', 'id'], 'text') }} as course_revision_course_id,
    {{ kombo_json('course_revision', ['course', 'remote_id'], 'text') }} as course_revision_course_remote_id
from source
where remote_deleted_at is null and _sdc_deleted_at is null
