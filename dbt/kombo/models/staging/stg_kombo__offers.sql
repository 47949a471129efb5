-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('offers', true)) }}
with source as (
    {{ kombo_table('offers', {
        'id': 'text',
        'integration_id': 'text',
        'remote_id': 'text',
        'status': 'text',
        'employment_start_date': 'date',
        'application_id': 'text',
        'custom_fields': 'json',
        'changed_at': 'timestamp',
        'remote_deleted_at': 'timestamp',
        'remote_created_at': 'timestamp',
        'remote_updated_at': 'timestamp',
        '_sdc_deleted_at': 'timestamp',
    }) }}
)

select
    id as offer_id,
    integration_id,
    remote_id,
    status,
    employment_start_date,
    application_id,
    custom_fields,
    changed_at,
    remote_created_at,
    remote_updated_at{{ kombo_custom_fields('offers') }}
from source
where remote_deleted_at is null and _sdc_deleted_at is null
