{{ config(enabled=kombo_reads('applications', true) and kombo_reads('candidates', true)
    and kombo_reads('jobs', true) and kombo_reads('interviews', true) and kombo_reads('offers', true)) }}
with applications as (
    select
        integration_id,
        job_id,
        count(*) as applications,
        count(distinct candidate_id) as candidates,
        sum(case when outcome = 'PENDING' then 1 else 0 end) as open_applications,
        sum(case when outcome = 'HIRED' then 1 else 0 end) as hired,
        sum(case when outcome = 'DECLINED' then 1 else 0 end) as declined,
        sum(case when interviews > 0 then 1 when interviews = 0 then 0 end) as interviewed,
        sum(offers) as offers,
        min(applied_at) as first_applied_at,
        max(applied_at) as last_applied_at,
        avg(days_to_hire) as average_days_to_hire
    from {{ ref('kombo__applications') }}
    group by integration_id, job_id
),

with_applications as (
    select distinct integration_id from {{ ref('kombo__applications') }}
),

team as (
    select integration_id, job_id, count(distinct user_id) as hiring_team
    from {{ ref('stg_kombo__jobs__hiring_team') }}
    group by integration_id, job_id
)

select
    jobs.job_id,
    jobs.integration_id,
    customers.end_user_organization_name as customer,
    customers.tool_label as tool,
    jobs.name as job,
    jobs.job_code,
    jobs.status,
    jobs.visibility,
    jobs.department,
    jobs.category,
    jobs.employment_type,
    jobs.location_city as city,
    jobs.location_country as country,
    jobs.opened_at,
    jobs.closed_at,
    -- a day to come is when it is planned to close; one that is closed without a day closed at some time
    case
        when jobs.closed_at <= {{ kombo_today() }} and jobs.closed_at >= jobs.opened_at
            then cast(jobs.closed_at as date) - cast(jobs.opened_at as date)
        when jobs.status = 'OPEN' and jobs.opened_at <= {{ kombo_today() }}
            then {{ kombo_today() }} - cast(jobs.opened_at as date)
    end as days_open,
    coalesce(team.hiring_team, 0) as hiring_team,
    {{ kombo_count('applications.applications', 'with_applications') }} as applications,
    {{ kombo_count('applications.candidates', 'with_applications') }} as candidates,
    {{ kombo_count('applications.open_applications', 'with_applications') }} as open_applications,
    {{ kombo_count('applications.hired', 'with_applications') }} as hired,
    {{ kombo_count('applications.declined', 'with_applications') }} as declined,
    applications.interviewed,
    applications.offers,
    applications.first_applied_at,
    applications.last_applied_at,
    applications.average_days_to_hire
    {{- kombo_custom_columns('jobs', 'jobs') }}
from {{ ref('stg_kombo__jobs') }} as jobs
left join applications
    on applications.job_id = jobs.job_id and applications.integration_id = jobs.integration_id
left join team on team.job_id = jobs.job_id and team.integration_id = jobs.integration_id
left join {{ ref('stg_kombo__integrations') }} as customers
    on customers.integration_id = jobs.integration_id
left join with_applications on with_applications.integration_id = jobs.integration_id
