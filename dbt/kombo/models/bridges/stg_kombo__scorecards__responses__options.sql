-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('scorecards', false)) }}
select
    above.scorecard_id,
    above.integration_id,
    above.response_number,
    {{ kombo_entry_number() }} as option_number,
    {{ kombo_json(kombo_entry(), ['remote_id'], 'text') }} as remote_id,
    {{ kombo_json(kombo_entry(), ['label'], 'text') }} as label
from {{ ref('stg_kombo__scorecards__responses') }} as above
cross join {{ kombo_unnest('above.options') }}
