-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('hris_pay_runs', false)) }}
with source as (
    {{ kombo_table('hris_pay_runs', {
        'id': 'text',
        'integration_id': 'text',
        'remote_id': 'text',
        'start_date': 'date',
        'end_date': 'date',
        'legal_entity_id': 'text',
        'changed_at': 'timestamp',
        'remote_deleted_at': 'timestamp',
        'totals': 'json',
        '_sdc_deleted_at': 'timestamp',
    }) }}
)

select
    id as pay_run_id,
    integration_id,
    remote_id,
    start_date,
    end_date,
    legal_entity_id,
    changed_at,
    {{ kombo_json('totals', ['gross_pay', 'currency'], 'text') }} as totals_gross_pay_currency,
    {{ kombo_json('totals', ['gross_pay', 'value'], 'number') }} as totals_gross_pay_value,
    {{ kombo_json('totals', ['net_pay', 'currency'], 'text') }} as totals_net_pay_currency,
    {{ kombo_json('totals', ['net_pay', 'value'], 'number') }} as totals_net_pay_value,
    {{ kombo_json('totals', ['paid_amount', 'currency'], 'text') }} as totals_paid_amount_currency,
    {{ kombo_json('totals', ['paid_amount', 'value'], 'number') }} as totals_paid_amount_value
from source
where remote_deleted_at is null and _sdc_deleted_at is null
