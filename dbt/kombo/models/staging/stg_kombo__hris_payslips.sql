-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('hris_payslips', false)) }}
with source as (
    {{ kombo_table('hris_payslips', {
        'id': 'text',
        'integration_id': 'text',
        'remote_id': 'text',
        'changed_at': 'timestamp',
        'remote_deleted_at': 'timestamp',
        'totals': 'json',
        'employee': 'json',
        'pay_run': 'json',
        'line_items': 'json',
        '_sdc_deleted_at': 'timestamp',
    }) }}
)

select
    id as payslip_id,
    integration_id,
    remote_id,
    changed_at,
    {{ kombo_json('totals', ['gross_pay', 'currency'], 'text') }} as totals_gross_pay_currency,
    {{ kombo_json('totals', ['gross_pay', 'value'], 'number') }} as totals_gross_pay_value,
    {{ kombo_json('totals', ['net_pay', 'currency'], 'text') }} as totals_net_pay_currency,
    {{ kombo_json('totals', ['net_pay', 'value'], 'number') }} as totals_net_pay_value,
    {{ kombo_json('totals', ['paid_amount', 'currency'], 'text') }} as totals_paid_amount_currency,
    {{ kombo_json('totals', ['paid_amount', 'value'], 'number') }} as totals_paid_amount_value,
    {{ kombo_json('employee', ['id'], 'text') }} as employee_id,
    {{ kombo_json('pay_run', ['id'], 'text') }} as pay_run_id,
    {{ kombo_json('pay_run', ['remote_id'], 'text') }} as pay_run_remote_id,
    {{ kombo_json('pay_run', ['start_date'], 'date') }} as pay_run_start_date,
    {{ kombo_json('pay_run', ['end_date'], 'date') }} as pay_run_end_date,
    {{ kombo_json('pay_run', ['legal_entity_id'], 'text') }} as pay_run_legal_entity_id,
    line_items
from source
where remote_deleted_at is null and _sdc_deleted_at is null
