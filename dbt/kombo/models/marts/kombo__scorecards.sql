{{ config(enabled=kombo_reads('applications', true) and kombo_reads('candidates', true)
    and kombo_reads('jobs', true) and kombo_reads('interviews', true) and kombo_reads('offers', true) and kombo_reads('users', true) and kombo_reads('scorecards', false)) }}
-- a scorecard without responses has one row, whose `response_number` is null
select
    scorecards.scorecard_id,
    responses.response_number,
    scorecards.integration_id,
    customers.end_user_organization_name as customer,
    customers.tool_label as tool,
    scorecards.author_id,
    {{ kombo_name('users') }} as author,
    scorecards.interview_id,
    interviews.title as interview,
    interviews.starting_at as interview_at,
    scorecards.application_id,
    coalesce(scorecards.candidate_id, applications.candidate_id) as candidate_id,
    applications.candidate,
    applications.job_id,
    applications.job,
    applications.outcome,
    scorecards.remote_created_at as written_at,
    responses.label,
    responses.type,
    responses.required as is_required,
    responses.answer
from {{ ref('stg_kombo__scorecards') }} as scorecards
left join {{ ref('stg_kombo__scorecards__responses') }} as responses
    on responses.scorecard_id = scorecards.scorecard_id
left join {{ ref('stg_kombo__interviews') }} as interviews
    on interviews.interview_id = scorecards.interview_id
    and interviews.integration_id = scorecards.integration_id
left join {{ ref('stg_kombo__users') }} as users
    on users.user_id = scorecards.author_id and users.integration_id = scorecards.integration_id
left join {{ ref('kombo__applications') }} as applications
    on applications.application_id = scorecards.application_id
    and applications.integration_id = scorecards.integration_id
left join {{ ref('stg_kombo__integrations') }} as customers
    on customers.integration_id = scorecards.integration_id
