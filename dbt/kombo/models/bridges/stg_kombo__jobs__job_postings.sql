-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('jobs', true)) }}
select
    above.job_id,
    above.integration_id,
    {{ kombo_entry_number() }} as job_posting_number,
    {{ kombo_json(kombo_entry(), ['id'], 'text') }} as job_posting_id,
    {{ kombo_json(kombo_entry(), ['remote_id'], 'text') }} as remote_id,
    {{ kombo_json(kombo_entry(), ['title'], 'text') }} as title,
    {{ kombo_json(kombo_entry(), ['description_html'], 'text') }} as description_html,
    {{ kombo_json(kombo_entry(), ['status'], 'text') }} as status,
    {{ kombo_json(kombo_entry(), ['visibility'], 'text') }} as visibility,
    {{ kombo_json(kombo_entry(), ['url'], 'text') }} as url
from {{ ref('stg_kombo__jobs') }} as above
cross join {{ kombo_unnest('above.job_postings') }}
