-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('attachments', false)) }}
with source as (
    {{ kombo_table('attachments', {
        'id': 'text',
        'integration_id': 'text',
        'remote_id': 'text',
        'candidate_id': 'text',
        'application_id': 'text',
        'type': 'text',
        'file_name': 'text',
        'remote_created_at': 'timestamp',
        'remote_updated_at': 'timestamp',
        'changed_at': 'timestamp',
        'remote_deleted_at': 'timestamp',
        'content_ref': 'json',
        '_sdc_deleted_at': 'timestamp',
    }) }}
)

select
    id as attachment_id,
    integration_id,
    remote_id,
    candidate_id,
    application_id,
    type,
    file_name,
    remote_created_at,
    remote_updated_at,
    changed_at,
    {{ kombo_json('content_ref', ['bucket'], 'text') }} as content_ref_bucket,
    {{ kombo_json('content_ref', ['key'], 'text') }} as content_ref_key,
    {{ kombo_json('content_ref', ['type'], 'text') }} as content_ref_type
from source
where remote_deleted_at is null and _sdc_deleted_at is null
