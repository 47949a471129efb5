select
    interviews.id as interview_id,
    interviewer ->> 'id' as user_id
from {{ source('kombo', 'interviews') }} as interviews
cross join unnest(interviews.users) as interviewer
where interviews.remote_deleted_at is null and interviews._sdc_deleted_at is null
