-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('hris_absence_types', true)) }}
with source as (
    {{ kombo_table('hris_absence_types', {
        'id': 'text',
        'integration_id': 'text',
        'remote_id': 'text',
        'name': 'text',
        'unit': 'text',
        'half_days_supported': 'boolean',
        'exact_times_supported': 'boolean',
        'changed_at': 'timestamp',
        'remote_deleted_at': 'timestamp',
        'custom_fields': 'json',
        '_sdc_deleted_at': 'timestamp',
    }) }}
)

select
    id as absence_type_id,
    integration_id,
    remote_id,
    name,
    unit,
    half_days_supported,
    exact_times_supported,
    changed_at,
    custom_fields{{ kombo_custom_fields('hris_absence_types') }}
from source
where remote_deleted_at is null and _sdc_deleted_at is null
