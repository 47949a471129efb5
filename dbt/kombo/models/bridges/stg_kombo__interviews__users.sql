-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('interviews', true)) }}
select
    above.interview_id,
    above.integration_id,
    {{ kombo_entry_number() }} as user_number,
    {{ kombo_json(kombo_entry(), ['id'], 'text') }} as user_id,
    {{ kombo_json(kombo_entry(), ['remote_id'], 'text') }} as remote_id,
    {{ kombo_json(kombo_entry(), ['first_name'], 'text') }} as first_name,
    {{ kombo_json(kombo_entry(), ['last_name'], 'text') }} as last_name,
    {{ kombo_json(kombo_entry(), ['email'], 'text') }} as email
from {{ ref('stg_kombo__interviews') }} as above
cross join {{ kombo_unnest('above.users') }}
