-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('candidates', true)) }}
select
    above.candidate_id,
    above.integration_id,
    {{ kombo_entry_number() }} as tag_number,
    {{ kombo_json(kombo_entry(), ['id'], 'text') }} as tag_id,
    {{ kombo_json(kombo_entry(), ['name'], 'text') }} as name,
    {{ kombo_json(kombo_entry(), ['remote_id'], 'text') }} as remote_id
from {{ ref('stg_kombo__candidates') }} as above
cross join {{ kombo_unnest('above.tags') }}
