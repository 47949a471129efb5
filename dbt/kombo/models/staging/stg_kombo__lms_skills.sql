-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('lms_skills', false)) }}
with source as (
    {{ kombo_table('lms_skills', {
        'id': 'text',
        'integration_id': 'text',
        'remote_id': 'text',
        'name': 'text',
        'remote_created_at': 'timestamp',
        'remote_deleted_at': 'timestamp',
        'changed_at': 'timestamp',
        'custom_fields': 'json',
        '_sdc_deleted_at': 'timestamp',
    }) }}
)

select
    id as skill_id,
    integration_id,
    remote_id,
    name,
    remote_created_at,
    changed_at,
    custom_fields{{ kombo_custom_fields('lms_skills') }}
from source
where remote_deleted_at is null and _sdc_deleted_at is null
