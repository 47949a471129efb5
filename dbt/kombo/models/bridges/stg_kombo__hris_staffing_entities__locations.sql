-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('hris_staffing_entities', false)) }}
select
    above.staffing_entity_id,
    above.integration_id,
    {{ kombo_entry_number() }} as location_number,
    {{ kombo_json(kombo_entry(), ['id'], 'text') }} as location_id,
    {{ kombo_json(kombo_entry(), ['remote_id'], 'text') }} as remote_id,
    {{ kombo_json(kombo_entry(), ['name'], 'text') }} as name,
    {{ kombo_json(kombo_entry(), ['type'], 'text') }} as type
from {{ ref('stg_kombo__hris_staffing_entities') }} as above
cross join {{ kombo_unnest('above.locations') }}
