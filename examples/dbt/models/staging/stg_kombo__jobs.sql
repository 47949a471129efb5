select
    id as job_id,
    integration_id,
    name,
    job_code,
    status,
    employment_type,
    department,
    opened_at at time zone 'UTC' as opened_at,
    closed_at at time zone 'UTC' as closed_at
from {{ source('kombo', 'jobs') }}
where remote_deleted_at is null and _sdc_deleted_at is null
