select
    id as application_id,
    integration_id,
    job_id,
    candidate_id,
    current_stage_id as stage_id,
    (current_stage ->> 'index')::numeric as stage_index,
    outcome,
    rejection_reason_name,
    rejected_at at time zone 'UTC' as rejected_at,
    remote_created_at at time zone 'UTC' as applied_at
from {{ source('kombo', 'applications') }}
where remote_deleted_at is null and _sdc_deleted_at is null
