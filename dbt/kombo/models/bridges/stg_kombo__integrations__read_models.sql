-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('integrations', true)) }}
select
    above.integration_id,
    {{ kombo_entry_number() }} as model_number,
    {{ kombo_json(kombo_entry(), ['id'], 'text') }} as model_id,
    {{ kombo_json(kombo_entry(), ['label'], 'text') }} as label,
    {{ kombo_json(kombo_entry(), ['is_available'], 'boolean') }} as is_available,
    {{ kombo_json(kombo_entry(), ['coverage_status'], 'text') }} as coverage_status,
    {{ kombo_json(kombo_entry(), ['scope_config_setting'], 'text') }} as scope_config_setting,
    {{ kombo_json(kombo_entry(), ['opted_out_by_customer'], 'boolean') }} as opted_out_by_customer,
    {{ kombo_json(kombo_entry(), ['fields'], 'json') }} as fields
from {{ ref('stg_kombo__integrations') }} as above
cross join {{ kombo_unnest('above.read_models') }}
