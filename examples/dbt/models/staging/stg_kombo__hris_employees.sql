select
    id as employee_id,
    integration_id,
    manager_id,
    job_title,
    employment_status,
    employment_type,
    weekly_hours,
    start_date::date as start_date,
    termination_date::date as termination_date
from {{ source('kombo', 'hris_employees') }}
where remote_deleted_at is null and _sdc_deleted_at is null
