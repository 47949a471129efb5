select
    interviews.integration_id,
    date_trunc('week', interviews.starting_at at time zone 'UTC')::date as week,
    interviewers.user_id,
    users.name as user_name,
    count(*) as interviews,
    round(sum(extract(epoch from interviews.ending_at - interviews.starting_at)) / 3600, 2) as hours
from {{ ref('stg_kombo__interviews') }} as interviews
inner join {{ ref('stg_kombo__interviewers') }} as interviewers using (interview_id)
left join {{ ref('stg_kombo__users') }} as users using (user_id)
where not interviews.is_canceled and interviews.starting_at is not null
group by interviews.integration_id, week, interviewers.user_id, users.name
