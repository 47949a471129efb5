-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('tags', true)) }}
with source as (
    {{ kombo_table('tags', {
        'id': 'text',
        'integration_id': 'text',
        'remote_id': 'text',
        'name': 'text',
        'changed_at': 'timestamp',
        'remote_deleted_at': 'timestamp',
        '_sdc_deleted_at': 'timestamp',
    }) }}
)

select
    id as tag_id,
    integration_id,
    remote_id,
    name,
    changed_at
from source
where remote_deleted_at is null and _sdc_deleted_at is null
