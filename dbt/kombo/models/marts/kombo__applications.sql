{{ config(enabled=kombo_reads('applications', true) and kombo_reads('candidates', true)
    and kombo_reads('jobs', true) and kombo_reads('interviews', true) and kombo_reads('offers', true)) }}
with interviews as (
    select
        integration_id,
        application_id,
        count(*) as interview_count,
        min(starting_at) as first_interview_at,
        max(starting_at) as last_interview_at
    from {{ ref('stg_kombo__interviews') }}
    where canceled is not true
    group by integration_id, application_id
),

-- each integration that has any; of others nobody knows whether there were none
with_interviews as (
    select distinct integration_id from {{ ref('stg_kombo__interviews') }}
),

offers as (
    select
        integration_id,
        application_id,
        count(*) as offer_count,
        max(case when status = 'ACCEPTED' then 1 else 0 end) = 1 as has_accepted_offer,
        max(case when status = 'ACCEPTED' then remote_updated_at end) as offer_accepted_at
    from {{ ref('stg_kombo__offers') }}
    group by integration_id, application_id
),

with_offers as (
    select distinct integration_id from {{ ref('stg_kombo__offers') }}
),
{% if kombo_reads('applications_log', false) %}
moves as (
    select
        integration_id,
        application_id,
        changed_at,
        outcome,
        lag(outcome) over (partition by application_id order by changed_at) as outcome_before,
        row_number() over (partition by application_id order by changed_at) as place
    from {{ ref('stg_kombo__applications_log') }}
),

-- one that was hired when it was first seen was hired at some time before
hires as (
    select integration_id, application_id, max(changed_at) as hired_at
    from moves
    where outcome = 'HIRED' and place > 1 and coalesce(outcome_before, '') <> 'HIRED'
    group by integration_id, application_id
),
{% endif %}
dated as (
    select
        applications.*,
        interviews.interview_count,
        interviews.first_interview_at,
        interviews.last_interview_at,
        offers.offer_count,
        offers.has_accepted_offer,
        {%- if kombo_reads('applications_log', false) %}
        hires.hired_at as in_log,
        {%- else %}
        {{ kombo_null('timestamp') }} as in_log,
        {%- endif %}
        offers.offer_accepted_at,
        -- an application that was never changed tells of no hire
        case
            when applications.remote_updated_at > applications.remote_created_at
                then applications.remote_updated_at
        end as updated_at
    from {{ ref('stg_kombo__applications') }} as applications
    left join interviews
        on interviews.application_id = applications.application_id
        and interviews.integration_id = applications.integration_id
    left join offers
        on offers.application_id = applications.application_id
        and offers.integration_id = applications.integration_id
    {%- if kombo_reads('applications_log', false) %}
    left join hires
        on hires.application_id = applications.application_id
        and hires.integration_id = applications.integration_id
    {%- endif %}
),

hired as (
    select
        dated.*,
        case
            when outcome = 'HIRED' then coalesce(in_log, offer_accepted_at, updated_at)
        end as hired_at,
        case
            when outcome is distinct from 'HIRED' then null
            when in_log is not null then 'log'
            when offer_accepted_at is not null then 'offer'
            when updated_at is not null then 'application'
        end as hired_at_from
    from dated
)

select
    hired.application_id,
    hired.integration_id,
    customers.end_user_organization_name as customer,
    customers.tool_label as tool,
    hired.candidate_id,
    {{ kombo_name('candidates') }} as candidate,
    candidates.source as candidate_source,
    hired.job_id,
    jobs.name as job,
    jobs.department,
    hired.current_stage_id as stage_id,
    hired.current_stage_name as stage,
    hired.current_stage_index as stage_index,
    hired.outcome,
    hired.rejection_reason_name as rejection_reason,
    hired.remote_created_at as applied_at,
    hired.rejected_at,
    hired.hired_at,
    hired.hired_at_from,
    case
        when hired.hired_at >= hired.remote_created_at
            then {{ kombo_days('hired.remote_created_at', 'hired.hired_at') }}
    end as days_to_hire,
    {{ kombo_count('hired.interview_count', 'with_interviews') }} as interviews,
    hired.first_interview_at,
    hired.last_interview_at,
    {{ kombo_count('hired.offer_count', 'with_offers') }} as offers,
    case
        when with_offers.integration_id is not null then coalesce(hired.has_accepted_offer, false)
    end as has_accepted_offer
    {{- kombo_custom_columns('applications', 'hired') }}
from hired
left join {{ ref('stg_kombo__candidates') }} as candidates
    on candidates.candidate_id = hired.candidate_id
    and candidates.integration_id = hired.integration_id
left join {{ ref('stg_kombo__jobs') }} as jobs
    on jobs.job_id = hired.job_id and jobs.integration_id = hired.integration_id
left join {{ ref('stg_kombo__integrations') }} as customers
    on customers.integration_id = hired.integration_id
left join with_interviews on with_interviews.integration_id = hired.integration_id
left join with_offers on with_offers.integration_id = hired.integration_id
