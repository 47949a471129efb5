-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('applications_log', false)) }}
with source as (
    {{ kombo_table('applications_log', {
        'id': 'text',
        'integration_id': 'text',
        'remote_id': 'text',
        'outcome': 'text',
        'rejection_reason_name': 'text',
        'rejected_at': 'timestamp',
        'current_stage_id': 'text',
        'job_id': 'text',
        'candidate_id': 'text',
        'screening_question_answers': 'json',
        'custom_fields': 'json',
        'remote_url': 'text',
        'changed_at': 'timestamp',
        'remote_deleted_at': 'timestamp',
        'remote_created_at': 'timestamp',
        'remote_updated_at': 'timestamp',
        'current_stage': 'json',
        'interviews': 'json',
        'offers': 'json',
        '_sdc_deleted_at': 'timestamp',
    }) }}
)

select
    id as application_id,
    integration_id,
    remote_id,
    outcome,
    rejection_reason_name,
    rejected_at,
    current_stage_id,
    job_id,
    candidate_id,
    screening_question_answers,
    custom_fields,
    remote_url,
    changed_at,
    remote_created_at,
    remote_updated_at,
    {{ kombo_json('current_stage', ['remote_id'], 'text') }} as current_stage_remote_id,
    {{ kombo_json('current_stage', ['name'], 'text') }} as current_stage_name,
    {{ kombo_json('current_stage', ['index'], 'number') }} as current_stage_index,
    {{ kombo_json('current_stage', ['status'], 'text') }} as current_stage_status,
    {{ kombo_json('current_stage', ['custom_fields'], 'json') }} as current_stage_custom_fields,
    interviews,
    offers{{ kombo_custom_fields('applications_log') }}
from source
where remote_deleted_at is null and _sdc_deleted_at is null
