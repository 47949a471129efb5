select
    id as user_id,
    integration_id,
    nullif(concat_ws(' ', first_name, last_name), '') as name,
    status
from {{ source('kombo', 'users') }}
where remote_deleted_at is null and _sdc_deleted_at is null
