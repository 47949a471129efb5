-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('candidates', true)) }}
with source as (
    {{ kombo_table('candidates', {
        'id': 'text',
        'integration_id': 'text',
        'remote_id': 'text',
        'first_name': 'text',
        'last_name': 'text',
        'company': 'text',
        'title': 'text',
        'confidential': 'boolean',
        'source': 'text',
        'phone_numbers': 'json',
        'email_addresses': 'json',
        'social_media': 'json',
        'location': 'json',
        'custom_fields': 'json',
        'remote_url': 'text',
        'remote_created_at': 'timestamp',
        'remote_updated_at': 'timestamp',
        'changed_at': 'timestamp',
        'remote_deleted_at': 'timestamp',
        'applications': 'json',
        'tags': 'json',
        '_sdc_deleted_at': 'timestamp',
    }) }}
)

select
    id as candidate_id,
    integration_id,
    remote_id,
    first_name,
    last_name,
    company,
    title,
    confidential,
    source,
    phone_numbers,
    email_addresses,
    social_media,
    {{ kombo_json('location', ['city'], 'text') }} as location_city,
    {{ kombo_json('location', ['country'], 'text') }} as location_country,
    {{ kombo_json('location', ['raw'], 'text') }} as location_raw,
    {{ kombo_json('location', ['state'], 'text') }} as location_state,
    {{ kombo_json('location', ['street_1'], 'text') }} as location_street_1,
    {{ kombo_json('location', ['street_2'], 'text') }} as location_street_2,
    {{ kombo_json('location', ['zip_code'], 'text') }} as location_zip_code,
    custom_fields,
    remote_url,
    remote_created_at,
    remote_updated_at,
    changed_at,
    applications,
    tags{{ kombo_custom_fields('candidates') }}
from source
where remote_deleted_at is null and _sdc_deleted_at is null
