-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('interviews', true)) }}
with source as (
    {{ kombo_table('interviews', {
        'id': 'text',
        'integration_id': 'text',
        'remote_id': 'text',
        'title': 'text',
        'starting_at': 'timestamp',
        'ending_at': 'timestamp',
        'location': 'json',
        'video_conferencing_url': 'text',
        'application_id': 'text',
        'stage_id': 'text',
        'canceled': 'boolean',
        'remote_created_at': 'timestamp',
        'remote_updated_at': 'timestamp',
        'changed_at': 'timestamp',
        'remote_deleted_at': 'timestamp',
        'users': 'json',
        '_sdc_deleted_at': 'timestamp',
    }) }}
)

select
    id as interview_id,
    integration_id,
    remote_id,
    title,
    starting_at,
    ending_at,
    {{ kombo_json('location', ['city'], 'text') }} as location_city,
    {{ kombo_json('location', ['country'], 'text') }} as location_country,
    {{ kombo_json('location', ['raw'], 'text') }} as location_raw,
    {{ kombo_json('location', ['state'], 'text') }} as location_state,
    {{ kombo_json('location', ['street_1'], 'text') }} as location_street_1,
    {{ kombo_json('location', ['street_2'], 'text') }} as location_street_2,
    {{ kombo_json('location', ['zip_code'], 'text') }} as location_zip_code,
    video_conferencing_url,
    application_id,
    stage_id,
    canceled,
    remote_created_at,
    remote_updated_at,
    changed_at,
    users
from source
where remote_deleted_at is null and _sdc_deleted_at is null
