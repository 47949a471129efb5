-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('integrations', true)) }}
select
    above.integration_id,
    above.model_id,
    {{ kombo_entry_number() }} as field_number,
    {{ kombo_json(kombo_entry(), ['id'], 'text') }} as field_id,
    {{ kombo_json(kombo_entry(), ['is_available'], 'boolean') }} as is_available,
    {{ kombo_json(kombo_entry(), ['coverage_status'], 'text') }} as coverage_status,
    {{ kombo_json(kombo_entry(), ['scope_config_setting'], 'text') }} as scope_config_setting,
    {{ kombo_json(kombo_entry(), ['opted_out_by_customer'], 'boolean') }} as opted_out_by_customer
from {{ ref('stg_kombo__integrations__read_models') }} as above
cross join {{ kombo_unnest('above.fields') }}
