-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('jobs', true)) }}
select
    above.job_id,
    above.integration_id,
    {{ kombo_entry_number() }} as stage_number,
    {{ kombo_json(kombo_entry(), ['id'], 'text') }} as stage_id,
    {{ kombo_json(kombo_entry(), ['remote_id'], 'text') }} as remote_id,
    {{ kombo_json(kombo_entry(), ['name'], 'text') }} as name,
    {{ kombo_json(kombo_entry(), ['index'], 'number') }} as index,
    {{ kombo_json(kombo_entry(), ['status'], 'text') }} as status,
    {{ kombo_json(kombo_entry(), ['custom_fields'], 'json') }} as custom_fields
from {{ ref('stg_kombo__jobs') }} as above
cross join {{ kombo_unnest('above.stages') }}
