select
    interviews.interview_id,
    interviewer ->> 'id' as user_id
from {{ ref('stg_kombo__interviews') }} as interviews
cross join unnest(interviews.users) as interviewer
