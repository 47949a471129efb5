-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('assessment_packages', true)) }}
with source as (
    {{ kombo_table('assessment_packages', {
        'id': 'text',
        'integration_id': 'text',
        'name': 'text',
        'description': 'text',
        'updated_at': 'timestamp',
        'type': 'text',
        'remote_deleted_at': 'timestamp',
        '_sdc_deleted_at': 'timestamp',
    }) }}
)

select
    id as package_id,
    integration_id,
    name,
    description,
    updated_at,
    type
from source
where remote_deleted_at is null and _sdc_deleted_at is null
