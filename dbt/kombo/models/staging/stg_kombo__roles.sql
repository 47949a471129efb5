-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('roles', true)) }}
with source as (
    {{ kombo_table('roles', {
        'id': 'text',
        'integration_id': 'text',
        'remote_id': 'text',
        'remote_label': 'text',
        'scope': 'text',
        'unified_type': 'text',
        'changed_at': 'timestamp',
        'remote_deleted_at': 'timestamp',
        '_sdc_deleted_at': 'timestamp',
    }) }}
)

select
    id as role_id,
    integration_id,
    remote_id,
    remote_label,
    scope,
    unified_type,
    changed_at
from source
where remote_deleted_at is null and _sdc_deleted_at is null
