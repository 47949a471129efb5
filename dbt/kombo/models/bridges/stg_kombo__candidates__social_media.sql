-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('candidates', true)) }}
select
    above.candidate_id,
    above.integration_id,
    {{ kombo_entry_number() }} as social_media_number,
    {{ kombo_json(kombo_entry(), ['link'], 'text') }} as link,
    {{ kombo_json(kombo_entry(), ['type'], 'text') }} as type,
    {{ kombo_json(kombo_entry(), ['username'], 'text') }} as username
from {{ ref('stg_kombo__candidates') }} as above
cross join {{ kombo_unnest('above.social_media') }}
