-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('hris_time_off_balances', true)) }}
with source as (
    {{ kombo_table('hris_time_off_balances', {
        'id': 'text',
        'integration_id': 'text',
        'remote_id': 'text',
        'employee_id': 'text',
        'type_id': 'text',
        'balance': 'number',
        'balance_unit': 'text',
        'changed_at': 'timestamp',
        'remote_deleted_at': 'timestamp',
        'used': 'number',
        'used_unit': 'text',
        '_sdc_deleted_at': 'timestamp',
    }) }}
)

select
    id as time_off_balance_id,
    integration_id,
    remote_id,
    employee_id,
    type_id,
    balance,
    balance_unit,
    changed_at,
    used,
    used_unit
from source
where remote_deleted_at is null and _sdc_deleted_at is null
