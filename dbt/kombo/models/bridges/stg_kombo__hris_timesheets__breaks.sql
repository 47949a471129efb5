-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('hris_timesheets', false)) }}
select
    above.timesheet_id,
    above.integration_id,
    {{ kombo_entry_number() }} as break_number,
    {{ kombo_json(kombo_entry(), ['ended_at'], 'timestamp') }} as ended_at,
    {{ kombo_json(kombo_entry(), ['paid'], 'boolean') }} as paid,
    {{ kombo_json(kombo_entry(), ['started_at'], 'timestamp') }} as started_at
from {{ ref('stg_kombo__hris_timesheets') }} as above
cross join {{ kombo_unnest('above.breaks') }}
