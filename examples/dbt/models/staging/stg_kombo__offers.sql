select
    id as offer_id,
    integration_id,
    application_id,
    status,
    employment_start_date::date as employment_start_date
from {{ source('kombo', 'offers') }}
where remote_deleted_at is null and _sdc_deleted_at is null
