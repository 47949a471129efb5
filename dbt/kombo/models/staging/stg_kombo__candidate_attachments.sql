-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('candidate_attachments', false)) }}
with source as (
    {{ kombo_table('candidate_attachments', {
        'id': 'text',
        'integration_id': 'text',
        'candidate_id': 'text',
        'application_id': 'text',
        'type': 'text',
        'remote_id': 'text',
        'data_url': 'text',
        'file_name': 'text',
        'content_type': 'text',
        'remote_created_at': 'timestamp',
        'remote_updated_at': 'timestamp',
        'remote_deleted_at': 'timestamp',
        '_sdc_deleted_at': 'timestamp',
    }) }}
)

select
    id as candidate_attachment_id,
    integration_id,
    candidate_id,
    application_id,
    type,
    remote_id,
    data_url,
    file_name,
    content_type,
    remote_created_at,
    remote_updated_at
from source
where remote_deleted_at is null and _sdc_deleted_at is null
