-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('custom_fields', false)) }}
with source as (
    {{ kombo_table('custom_fields', {
        'id': 'text',
        'integration_id': 'text',
        'key': 'text',
        'integration_field': 'json',
        'model': 'text',
        'label': 'text',
        'description': 'text',
        'remote_deleted_at': 'timestamp',
        '_sdc_deleted_at': 'timestamp',
    }) }}
)

select
    id as custom_field_id,
    integration_id,
    key,
    {{ kombo_json('integration_field', ['id'], 'text') }} as integration_field_id,
    {{ kombo_json('integration_field', ['key'], 'text') }} as integration_field_key,
    {{ kombo_json('integration_field', ['type'], 'text') }} as integration_field_type,
    {{ kombo_json('integration_field', ['label'], 'text') }} as integration_field_label,
    model,
    label,
    description
from source
where remote_deleted_at is null and _sdc_deleted_at is null
