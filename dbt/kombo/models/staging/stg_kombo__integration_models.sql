-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('integration_models', false)) }}
with source as (
    {{ kombo_table('integration_models', {
        'id': 'text',
        'integration_id': 'text',
        'label': 'text',
        'is_available': 'boolean',
        'coverage_status': 'text',
        'scope_config_setting': 'text',
        'opted_out_by_customer': 'boolean',
        'model': 'text',
        'field': 'text',
        'remote_deleted_at': 'timestamp',
        '_sdc_deleted_at': 'timestamp',
    }) }}
)

select
    id as integration_model_id,
    integration_id,
    label,
    is_available,
    coverage_status,
    scope_config_setting,
    opted_out_by_customer,
    model,
    field
from source
where remote_deleted_at is null and _sdc_deleted_at is null
