-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('hris_teams', false)) }}
with source as (
    {{ kombo_table('hris_teams', {
        'id': 'text',
        'integration_id': 'text',
        'remote_id': 'text',
        'name': 'text',
        'changed_at': 'timestamp',
        'remote_deleted_at': 'timestamp',
        'type': 'text',
        'parent_id': 'text',
        '_sdc_deleted_at': 'timestamp',
    }) }}
)

select
    id as team_id,
    integration_id,
    remote_id,
    name,
    changed_at,
    type,
    parent_id
from source
where remote_deleted_at is null and _sdc_deleted_at is null
