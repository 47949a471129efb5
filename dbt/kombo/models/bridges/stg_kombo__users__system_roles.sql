-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('users', true)) }}
select
    above.user_id,
    above.integration_id,
    {{ kombo_entry_number() }} as system_role_number,
    {{ kombo_json(kombo_entry(), ['remote_id'], 'text') }} as remote_id,
    {{ kombo_json(kombo_entry(), ['remote_label'], 'text') }} as remote_label,
    {{ kombo_json(kombo_entry(), ['scope'], 'text') }} as scope,
    {{ kombo_json(kombo_entry(), ['unified_type'], 'text') }} as unified_type
from {{ ref('stg_kombo__users') }} as above
cross join {{ kombo_unnest('above.system_roles') }}
