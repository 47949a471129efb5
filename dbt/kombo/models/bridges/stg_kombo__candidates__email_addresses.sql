-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('candidates', true)) }}
select
    above.candidate_id,
    above.integration_id,
    {{ kombo_entry_number() }} as email_address_number,
    {{ kombo_json(kombo_entry(), ['email_address'], 'text') }} as email_address,
    {{ kombo_json(kombo_entry(), ['type'], 'text') }} as type
from {{ ref('stg_kombo__candidates') }} as above
cross join {{ kombo_unnest('above.email_addresses') }}
