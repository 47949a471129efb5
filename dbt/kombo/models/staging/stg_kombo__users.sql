-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('users', true)) }}
with source as (
    {{ kombo_table('users', {
        'id': 'text',
        'integration_id': 'text',
        'remote_id': 'text',
        'first_name': 'text',
        'last_name': 'text',
        'email': 'text',
        'status': 'text',
        'changed_at': 'timestamp',
        'remote_deleted_at': 'timestamp',
        'system_roles': 'json',
        '_sdc_deleted_at': 'timestamp',
    }) }}
)

select
    id as user_id,
    integration_id,
    remote_id,
    first_name,
    last_name,
    email,
    status,
    changed_at,
    system_roles
from source
where remote_deleted_at is null and _sdc_deleted_at is null
