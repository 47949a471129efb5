-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('scorecards', false)) }}
with source as (
    {{ kombo_table('scorecards', {
        'id': 'text',
        'integration_id': 'text',
        'remote_id': 'text',
        'candidate_id': 'text',
        'application_id': 'text',
        'interview_id': 'text',
        'author_id': 'text',
        'remote_created_at': 'timestamp',
        'remote_updated_at': 'timestamp',
        'changed_at': 'timestamp',
        'remote_deleted_at': 'timestamp',
        'responses': 'json',
        '_sdc_deleted_at': 'timestamp',
    }) }}
)

select
    id as scorecard_id,
    integration_id,
    remote_id,
    candidate_id,
    application_id,
    interview_id,
    author_id,
    remote_created_at,
    remote_updated_at,
    changed_at,
    responses
from source
where remote_deleted_at is null and _sdc_deleted_at is null
