-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('lms_courses', true)) }}
with source as (
    {{ kombo_table('lms_courses', {
        'id': 'text',
        'integration_id': 'text',
        'remote_id': 'text',
        'provider_id': 'text',
        'origin_id': 'text',
        'remote_created_at': 'timestamp',
        'remote_deleted_at': 'timestamp',
        'changed_at': 'timestamp',
        'custom_fields': 'json',
        'provider': 'json',
        'revisions': 'json',
        '_sdc_deleted_at': 'timestamp',
    }) }}
)

select
    id as course_id,
    integration_id,
    remote_id,
    provider_id,
    origin_id,
    remote_created_at,
    changed_at,
    custom_fields,
    {{ kombo_json('provider', ['remote_id'], 'text') }} as provider_remote_id,
    {{ kombo_json('provider', ['name'], 'text') }} as provider_name,
    revisions{{ kombo_custom_fields('lms_courses') }}
from source
where remote_deleted_at is null and _sdc_deleted_at is null
