-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('hris_employees', true)) }}
select
    above.employee_id,
    above.integration_id,
    {{ kombo_entry_number() }} as time_off_balance_number,
    {{ kombo_json(kombo_entry(), ['id'], 'text') }} as time_off_balance_id,
    {{ kombo_json(kombo_entry(), ['remote_id'], 'text') }} as remote_id,
    {{ kombo_json(kombo_entry(), ['type_id'], 'text') }} as type_id,
    {{ kombo_json(kombo_entry(), ['balance'], 'number') }} as balance,
    {{ kombo_json(kombo_entry(), ['balance_unit'], 'text') }} as balance_unit,
    {{ kombo_json(kombo_entry(), ['changed_at'], 'timestamp') }} as changed_at,
    {{ kombo_json(kombo_entry(), ['remote_deleted_at'], 'timestamp') }} as remote_deleted_at,
    {{ kombo_json(kombo_entry(), ['used'], 'number') }} as used,
    {{ kombo_json(kombo_entry(), ['used_unit'], 'text') }} as used_unit
from {{ ref('stg_kombo__hris_employees') }} as above
cross join {{ kombo_unnest('above.time_off_balances') }}
