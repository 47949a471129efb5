select
    id as stage_id,
    integration_id,
    name,
    status
from {{ source('kombo', 'application_stages') }}
where remote_deleted_at is null and _sdc_deleted_at is null
