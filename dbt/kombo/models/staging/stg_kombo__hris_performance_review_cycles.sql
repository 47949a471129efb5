-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('hris_performance_review_cycles', false)) }}
with source as (
    {{ kombo_table('hris_performance_review_cycles', {
        'id': 'text',
        'integration_id': 'text',
        'remote_id': 'text',
        'name': 'text',
        'review_period_start_date': 'date',
        'changed_at': 'timestamp',
        'remote_deleted_at': 'timestamp',
        '_sdc_deleted_at': 'timestamp',
    }) }}
)

select
    id as performance_review_cycle_id,
    integration_id,
    remote_id,
    name,
    review_period_start_date,
    changed_at
from source
where remote_deleted_at is null and _sdc_deleted_at is null
