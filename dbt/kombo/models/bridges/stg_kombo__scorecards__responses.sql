-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('scorecards', false)) }}
select
    above.scorecard_id,
    above.integration_id,
    {{ kombo_entry_number() }} as response_number,
    {{ kombo_json(kombo_entry(), ['remote_id'], 'text') }} as remote_id,
    {{ kombo_json(kombo_entry(), ['label'], 'text') }} as label,
    {{ kombo_json(kombo_entry(), ['description'], 'text') }} as description,
    {{ kombo_json(kombo_entry(), ['required'], 'boolean') }} as required,
    {{ kombo_json(kombo_entry(), ['type'], 'text') }} as type,
    {{ kombo_json(kombo_entry(), ['answer'], 'json') }} as answer,
    {{ kombo_json(kombo_entry(), ['options'], 'json') }} as options
from {{ ref('stg_kombo__scorecards') }} as above
cross join {{ kombo_unnest('above.responses') }}
