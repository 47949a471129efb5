-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('hris_skills', false)) }}
with source as (
    {{ kombo_table('hris_skills', {
        'id': 'text',
        'integration_id': 'text',
        'remote_id': 'text',
        'name': 'text',
        'description': 'text',
        'ordered_levels': 'json',
        'changed_at': 'timestamp',
        'remote_deleted_at': 'timestamp',
        '_sdc_deleted_at': 'timestamp',
    }) }}
)

select
    id as skill_id,
    integration_id,
    remote_id,
    name,
    description,
    ordered_levels,
    changed_at
from source
where remote_deleted_at is null and _sdc_deleted_at is null
