select
    id as candidate_id,
    integration_id,
    source,
    confidential as is_confidential,
    location ->> 'country' as country,
    remote_created_at at time zone 'UTC' as created_at
from {{ source('kombo', 'candidates') }}
where remote_deleted_at is null and _sdc_deleted_at is null
