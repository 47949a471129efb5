-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('application_stages', false)) }}
with source as (
    {{ kombo_table('application_stages', {
        'id': 'text',
        'integration_id': 'text',
        'remote_id': 'text',
        'name': 'text',
        'changed_at': 'timestamp',
        'remote_deleted_at': 'timestamp',
        'status': 'text',
        'custom_fields': 'json',
        '_sdc_deleted_at': 'timestamp',
    }) }}
)

select
    id as stage_id,
    integration_id,
    remote_id,
    name,
    changed_at,
    status,
    custom_fields{{ kombo_custom_fields('application_stages') }}
from source
where remote_deleted_at is null and _sdc_deleted_at is null
