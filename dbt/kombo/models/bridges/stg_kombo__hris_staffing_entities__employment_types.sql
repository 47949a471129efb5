-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('hris_staffing_entities', false)) }}
select
    above.staffing_entity_id,
    above.integration_id,
    {{ kombo_entry_number() }} as employment_type_number,
    {{ kombo_json(kombo_entry(), ['remote_label'], 'text') }} as remote_label,
    {{ kombo_json(kombo_entry(), ['unified_type'], 'text') }} as unified_type
from {{ ref('stg_kombo__hris_staffing_entities') }} as above
cross join {{ kombo_unnest('above.employment_types') }}
