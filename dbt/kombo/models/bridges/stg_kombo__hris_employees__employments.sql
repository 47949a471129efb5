-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('hris_employees', true)) }}
select
    above.employee_id,
    above.integration_id,
    {{ kombo_entry_number() }} as employment_number,
    {{ kombo_json(kombo_entry(), ['id'], 'text') }} as employment_id,
    {{ kombo_json(kombo_entry(), ['remote_id'], 'text') }} as remote_id,
    {{ kombo_json(kombo_entry(), ['job_title'], 'text') }} as job_title,
    {{ kombo_json(kombo_entry(), ['pay_rate'], 'number') }} as pay_rate,
    {{ kombo_json(kombo_entry(), ['pay_period'], 'text') }} as pay_period,
    {{ kombo_json(kombo_entry(), ['pay_frequency'], 'text') }} as pay_frequency,
    {{ kombo_json(kombo_entry(), ['employment_type'], 'text') }} as employment_type,
    {{ kombo_json(kombo_entry(), ['pay_currency'], 'text') }} as pay_currency,
    {{ kombo_json(kombo_entry(), ['effective_date'], 'date') }} as effective_date,
    {{ kombo_json(kombo_entry(), ['changed_at'], 'timestamp') }} as changed_at,
    {{ kombo_json(kombo_entry(), ['remote_deleted_at'], 'timestamp') }} as remote_deleted_at,
    {{ kombo_json(kombo_entry(), ['custom_fields'], 'json') }} as custom_fields
from {{ ref('stg_kombo__hris_employees') }} as above
cross join {{ kombo_unnest('above.employments') }}
