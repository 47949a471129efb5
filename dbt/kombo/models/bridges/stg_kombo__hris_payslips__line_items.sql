-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('hris_payslips', false)) }}
select
    above.payslip_id,
    above.integration_id,
    {{ kombo_entry_number() }} as line_item_number,
    {{ kombo_json(kombo_entry(), ['id'], 'text') }} as line_item_id,
    {{ kombo_json(kombo_entry(), ['remote_id'], 'text') }} as remote_id,
    {{ kombo_json(kombo_entry(), ['name'], 'text') }} as name,
    {{ kombo_json(kombo_entry(), ['amount', 'currency'], 'text') }} as amount_currency,
    {{ kombo_json(kombo_entry(), ['amount', 'value'], 'number') }} as amount_value
from {{ ref('stg_kombo__hris_payslips') }} as above
cross join {{ kombo_unnest('above.line_items') }}
