-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('applications', true)) }}
select
    above.application_id,
    above.integration_id,
    {{ kombo_entry_number() }} as offer_number,
    {{ kombo_json(kombo_entry(), ['id'], 'text') }} as offer_id,
    {{ kombo_json(kombo_entry(), ['remote_id'], 'text') }} as remote_id,
    {{ kombo_json(kombo_entry(), ['status'], 'text') }} as status
from {{ ref('stg_kombo__applications') }} as above
cross join {{ kombo_unnest('above.offers') }}
