{{ config(enabled=kombo_reads('applications', true) and kombo_reads('candidates', true)
    and kombo_reads('jobs', true) and kombo_reads('interviews', true) and kombo_reads('offers', true) and kombo_reads('users', true)) }}
select
    integration_id,
    customer,
    tool,
    week,
    user_id,
    interviewer,
    count(*) as interviews,
    sum(hours) as hours
from {{ ref('kombo__interviews_by_interviewer') }}
where not is_canceled and week is not null
group by integration_id, customer, tool, week, user_id, interviewer
