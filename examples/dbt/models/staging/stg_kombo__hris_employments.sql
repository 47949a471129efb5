select
    id as employment_id,
    integration_id,
    employee_id,
    job_title,
    employment_type,
    effective_date::date as effective_date
from {{ source('kombo', 'hris_employments') }}
where remote_deleted_at is null and _sdc_deleted_at is null
