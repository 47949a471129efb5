-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('hris_absences', true)) }}
with source as (
    {{ kombo_table('hris_absences', {
        'id': 'text',
        'integration_id': 'text',
        'remote_id': 'text',
        'employee_id': 'text',
        'approver_id': 'text',
        'start_date': 'date',
        'end_date': 'date',
        'start_half_day': 'boolean',
        'end_half_day': 'boolean',
        'start_time': 'text',
        'end_time': 'text',
        'amount': 'number',
        'unit': 'text',
        'status': 'text',
        'employee_note': 'text',
        'type_id': 'text',
        'remote_created_at': 'timestamp',
        'remote_updated_at': 'timestamp',
        'changed_at': 'timestamp',
        'remote_deleted_at': 'timestamp',
        '_sdc_deleted_at': 'timestamp',
    }) }}
)

select
    id as absence_id,
    integration_id,
    remote_id,
    employee_id,
    approver_id,
    start_date,
    end_date,
    start_half_day,
    end_half_day,
    start_time,
    end_time,
    amount,
    unit,
    status,
    employee_note,
    type_id,
    remote_created_at,
    remote_updated_at,
    changed_at
from source
where remote_deleted_at is null and _sdc_deleted_at is null
