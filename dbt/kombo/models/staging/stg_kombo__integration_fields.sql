-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('integration_fields', false)) }}
with source as (
    {{ kombo_table('integration_fields', {
        'id': 'text',
        'integration_id': 'text',
        'key': 'text',
        'model': 'text',
        'type': 'text',
        'label': 'text',
        'is_passthrough_enabled': 'boolean',
        'is_writable': 'boolean',
        'remote_deleted_at': 'timestamp',
        '_sdc_deleted_at': 'timestamp',
    }) }}
)

select
    id as integration_field_id,
    integration_id,
    key,
    model,
    type,
    label,
    is_passthrough_enabled,
    is_writable
from source
where remote_deleted_at is null and _sdc_deleted_at is null
