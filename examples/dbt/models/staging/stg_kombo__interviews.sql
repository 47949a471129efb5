select
    id as interview_id,
    integration_id,
    application_id,
    stage_id,
    title,
    starting_at at time zone 'UTC' as starting_at,
    ending_at at time zone 'UTC' as ending_at,
    coalesce(canceled, false) as is_canceled,
    users
from {{ source('kombo', 'interviews') }}
where remote_deleted_at is null and _sdc_deleted_at is null
