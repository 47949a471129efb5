-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('lms_users', true)) }}
with source as (
    {{ kombo_table('lms_users', {
        'id': 'text',
        'integration_id': 'text',
        'remote_id': 'text',
        'first_name': 'text',
        'last_name': 'text',
        'work_email': 'text',
        'status': 'text',
        'remote_created_at': 'timestamp',
        'remote_deleted_at': 'timestamp',
        'changed_at': 'timestamp',
        'custom_fields': 'json',
        '_sdc_deleted_at': 'timestamp',
    }) }}
)

select
    id as user_id,
    integration_id,
    remote_id,
    first_name,
    last_name,
    work_email,
    status,
    remote_created_at,
    changed_at,
    custom_fields{{ kombo_custom_fields('lms_users') }}
from source
where remote_deleted_at is null and _sdc_deleted_at is null
