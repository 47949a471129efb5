-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('hris_timesheets', false)) }}
with source as (
    {{ kombo_table('hris_timesheets', {
        'id': 'text',
        'integration_id': 'text',
        'remote_id': 'text',
        'employee_id': 'text',
        'started_at': 'timestamp',
        'ended_at': 'timestamp',
        'timezone': 'text',
        'payable_hours': 'number',
        'unpaid_break_minutes': 'number',
        'breaks': 'json',
        'approval_status': 'text',
        'approved_at': 'timestamp',
        'comment': 'text',
        'custom_fields': 'json',
        'changed_at': 'timestamp',
        'remote_deleted_at': 'timestamp',
        '_sdc_deleted_at': 'timestamp',
    }) }}
)

select
    id as timesheet_id,
    integration_id,
    remote_id,
    employee_id,
    started_at,
    ended_at,
    timezone,
    payable_hours,
    unpaid_break_minutes,
    breaks,
    approval_status,
    approved_at,
    comment,
    custom_fields,
    changed_at{{ kombo_custom_fields('hris_timesheets') }}
from source
where remote_deleted_at is null and _sdc_deleted_at is null
