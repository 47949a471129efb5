{{ config(enabled=kombo_reads('applications', true) and kombo_reads('candidates', true)
    and kombo_reads('jobs', true) and kombo_reads('interviews', true) and kombo_reads('offers', true) and kombo_reads('users', true)) }}
select
    interviewers.interview_id,
    interviewers.user_id,
    interviewers.integration_id,
    customers.end_user_organization_name as customer,
    customers.tool_label as tool,
    {{ kombo_name('users') }} as interviewer,
    interviews.title,
    interviews.starting_at,
    {{ kombo_first_day('week', 'interviews.starting_at') }} as week,
    case
        when interviews.ending_at >= interviews.starting_at
            then {{ kombo_hours('interviews.starting_at', 'interviews.ending_at') }}
    end as hours,
    coalesce(interviews.canceled, false) as is_canceled,
    interviews.application_id,
    applications.candidate_id,
    applications.candidate,
    applications.job_id,
    applications.job,
    applications.outcome
from {{ ref('stg_kombo__interviews__users') }} as interviewers
inner join {{ ref('stg_kombo__interviews') }} as interviews
    on interviews.interview_id = interviewers.interview_id
left join {{ ref('stg_kombo__users') }} as users
    on users.user_id = interviewers.user_id and users.integration_id = interviewers.integration_id
left join {{ ref('kombo__applications') }} as applications
    on applications.application_id = interviews.application_id
    and applications.integration_id = interviewers.integration_id
left join {{ ref('stg_kombo__integrations') }} as customers
    on customers.integration_id = interviewers.integration_id
