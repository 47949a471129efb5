-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('notes', false)) }}
with source as (
    {{ kombo_table('notes', {
        'id': 'text',
        'integration_id': 'text',
        'remote_id': 'text',
        'candidate_id': 'text',
        'application_id': 'text',
        'author_id': 'text',
        'title': 'text',
        'content_html': 'text',
        'is_private': 'boolean',
        'remote_created_at': 'timestamp',
        'remote_updated_at': 'timestamp',
        'changed_at': 'timestamp',
        'remote_deleted_at': 'timestamp',
        '_sdc_deleted_at': 'timestamp',
    }) }}
)

select
    id as note_id,
    integration_id,
    remote_id,
    candidate_id,
    application_id,
    author_id,
    title,
    content_html,
    is_private,
    remote_created_at,
    remote_updated_at,
    changed_at
from source
where remote_deleted_at is null and _sdc_deleted_at is null
