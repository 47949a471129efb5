-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('hris_employee_skill_assignments', false)) }}
with source as (
    {{ kombo_table('hris_employee_skill_assignments', {
        'id': 'text',
        'integration_id': 'text',
        'employee_id': 'text',
        'skill_id': 'text',
        'current_level': 'text',
        'remote_deleted_at': 'timestamp',
        '_sdc_deleted_at': 'timestamp',
    }) }}
)

select
    id as skill_assignment_id,
    integration_id,
    employee_id,
    skill_id,
    current_level
from source
where remote_deleted_at is null and _sdc_deleted_at is null
