-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('hris_employees', true)) }}
select
    above.employee_id,
    above.integration_id,
    {{ kombo_entry_number() }} as bank_account_number,
    {{ kombo_json(kombo_entry(), ['iban'], 'text') }} as iban,
    {{ kombo_json(kombo_entry(), ['bic'], 'text') }} as bic,
    {{ kombo_json(kombo_entry(), ['account_number'], 'text') }} as account_number,
    {{ kombo_json(kombo_entry(), ['holder_name'], 'text') }} as holder_name,
    {{ kombo_json(kombo_entry(), ['bank_name'], 'text') }} as bank_name,
    {{ kombo_json(kombo_entry(), ['domestic_bank_routing', 'number'], 'text') }} as domestic_bank_routing_number,
    {{ kombo_json(kombo_entry(), ['domestic_bank_routing', 'type'], 'text') }} as domestic_bank_routing_type
from {{ ref('stg_kombo__hris_employees') }} as above
cross join {{ kombo_unnest('above.bank_accounts') }}
