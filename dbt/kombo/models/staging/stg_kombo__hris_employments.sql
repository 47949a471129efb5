-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('hris_employments', true)) }}
with source as (
    {{ kombo_table('hris_employments', {
        'id': 'text',
        'integration_id': 'text',
        'remote_id': 'text',
        'employee_id': 'text',
        'job_title': 'text',
        'pay_rate': 'number',
        'pay_period': 'text',
        'pay_frequency': 'text',
        'employment_type': 'text',
        'pay_currency': 'text',
        'effective_date': 'date',
        'changed_at': 'timestamp',
        'remote_deleted_at': 'timestamp',
        'custom_fields': 'json',
        '_sdc_deleted_at': 'timestamp',
    }) }}
)

select
    id as employment_id,
    integration_id,
    remote_id,
    employee_id,
    job_title,
    pay_rate,
    pay_period,
    pay_frequency,
    employment_type,
    pay_currency,
    effective_date,
    changed_at,
    custom_fields{{ kombo_custom_fields('hris_employments') }}
from source
where remote_deleted_at is null and _sdc_deleted_at is null
