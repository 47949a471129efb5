-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('candidates', true)) }}
select
    above.candidate_id,
    above.integration_id,
    {{ kombo_entry_number() }} as application_number,
    {{ kombo_json(kombo_entry(), ['id'], 'text') }} as application_id,
    {{ kombo_json(kombo_entry(), ['remote_id'], 'text') }} as remote_id,
    {{ kombo_json(kombo_entry(), ['outcome'], 'text') }} as outcome,
    {{ kombo_json(kombo_entry(), ['rejection_reason_name'], 'text') }} as rejection_reason_name,
    {{ kombo_json(kombo_entry(), ['rejected_at'], 'timestamp') }} as rejected_at,
    {{ kombo_json(kombo_entry(), ['remote_url'], 'text') }} as remote_url,
    {{ kombo_json(kombo_entry(), ['changed_at'], 'timestamp') }} as changed_at,
    {{ kombo_json(kombo_entry(), ['remote_created_at'], 'timestamp') }} as remote_created_at,
    {{ kombo_json(kombo_entry(), ['remote_updated_at'], 'timestamp') }} as remote_updated_at,
    {{ kombo_json(kombo_entry(), ['current_stage', 'id'], 'text') }} as current_stage_id,
    {{ kombo_json(kombo_entry(), ['current_stage', 'name'], 'text') }} as current_stage_name,
    {{ kombo_json(kombo_entry(), ['current_stage', 'remote_id'], 'text') }} as current_stage_remote_id,
    {{ kombo_json(kombo_entry(), ['current_stage', 'index'], 'number') }} as current_stage_index,
    {{ kombo_json(kombo_entry(), ['job', 'id'], 'text') }} as job_id
from {{ ref('stg_kombo__candidates') }} as above
cross join {{ kombo_unnest('above.applications') }}
