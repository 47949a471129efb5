-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('hris_locations', true)) }}
with source as (
    {{ kombo_table('hris_locations', {
        'id': 'text',
        'integration_id': 'text',
        'remote_id': 'text',
        'name': 'text',
        'address': 'json',
        'type': 'text',
        'changed_at': 'timestamp',
        'remote_deleted_at': 'timestamp',
        '_sdc_deleted_at': 'timestamp',
    }) }}
)

select
    id as location_id,
    integration_id,
    remote_id,
    name,
    {{ kombo_json('address', ['city'], 'text') }} as address_city,
    {{ kombo_json('address', ['country'], 'text') }} as address_country,
    {{ kombo_json('address', ['raw'], 'text') }} as address_raw,
    {{ kombo_json('address', ['state'], 'text') }} as address_state,
    {{ kombo_json('address', ['street_1'], 'text') }} as address_street_1,
    {{ kombo_json('address', ['street_2'], 'text') }} as address_street_2,
    {{ kombo_json('address', ['zip_code'], 'text') }} as address_zip_code,
    type,
    changed_at
from source
where remote_deleted_at is null and _sdc_deleted_at is null
