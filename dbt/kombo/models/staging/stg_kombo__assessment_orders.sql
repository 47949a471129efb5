-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('assessment_orders', true)) }}
with source as (
    {{ kombo_table('assessment_orders', {
        'id': 'text',
        'integration_id': 'text',
        'package_id': 'text',
        'status': 'text',
        'candidate': 'json',
        'application': 'json',
        'job': 'json',
        'remote_deleted_at': 'timestamp',
        '_sdc_deleted_at': 'timestamp',
    }) }}
)

select
    id as order_id,
    integration_id,
    package_id,
    status,
    {{ kombo_json('candidate', ['remote_id'], 'text') }} as candidate_remote_id,
    {{ kombo_json('candidate', ['email'], 'text') }} as candidate_email,
    {{ kombo_json('candidate', ['first_name'], 'text') }} as candidate_first_name,
    {{ kombo_json('candidate', ['last_name'], 'text') }} as candidate_last_name,
    {{ kombo_json('candidate', ['phone'], 'text') }} as candidate_phone,
    {{ kombo_json('application', ['remote_id'], 'text') }} as application_remote_id,
    {{ kombo_json('job', ['remote_id'], 'text') }} as job_remote_id,
    {{ kombo_json('job', ['name'], 'text') }} as job_name,
    {{ kombo_json('job', ['job_code'], 'text') }} as job_job_code,
    {{ kombo_json('job', ['description'], 'text') }} as job_description,
    {{ kombo_json('job', ['location', 'street_1'], 'text') }} as job_location_street_1,
    {{ kombo_json('job', ['location', 'street_2'], 'text') }} as job_location_street_2,
    {{ kombo_json('job', ['location', 'city'], 'text') }} as job_location_city,
    {{ kombo_json('job', ['location', 'state'], 'text') }} as job_location_state,
    {{ kombo_json('job', ['location', 'zip_code'], 'text') }} as job_location_zip_code,
    {{ kombo_json('job', ['location', 'country'], 'text') }} as job_location_country,
    {{ kombo_json('job', ['location', 'raw'], 'text') }} as job_location_raw,
    {{ kombo_json('job', ['hiring_team'], 'json') }} as job_hiring_team
from source
where remote_deleted_at is null and _sdc_deleted_at is null
