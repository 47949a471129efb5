-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('applications', true)) }}
select
    above.application_id,
    above.integration_id,
    {{ kombo_entry_number() }} as interview_number,
    {{ kombo_json(kombo_entry(), ['id'], 'text') }} as interview_id,
    {{ kombo_json(kombo_entry(), ['remote_id'], 'text') }} as remote_id,
    {{ kombo_json(kombo_entry(), ['title'], 'text') }} as title,
    {{ kombo_json(kombo_entry(), ['starting_at'], 'timestamp') }} as starting_at,
    {{ kombo_json(kombo_entry(), ['ending_at'], 'timestamp') }} as ending_at,
    {{ kombo_json(kombo_entry(), ['location', 'city'], 'text') }} as location_city,
    {{ kombo_json(kombo_entry(), ['location', 'country'], 'text') }} as location_country,
    {{ kombo_json(kombo_entry(), ['location', 'raw'], 'text') }} as location_raw,
    {{ kombo_json(kombo_entry(), ['location', 'state'], 'text') }} as location_state,
    {{ kombo_json(kombo_entry(), ['location', 'street_1'], 'text') }} as location_street_1,
    {{ kombo_json(kombo_entry(), ['location', 'street_2'], 'text') }} as location_street_2,
    {{ kombo_json(kombo_entry(), ['location', 'zip_code'], 'text') }} as location_zip_code,
    {{ kombo_json(kombo_entry(), ['canceled'], 'boolean') }} as canceled
from {{ ref('stg_kombo__applications') }} as above
cross join {{ kombo_unnest('above.interviews') }}
