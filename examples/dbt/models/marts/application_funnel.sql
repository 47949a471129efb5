with interviewed as (
    select distinct application_id
    from {{ ref('stg_kombo__interviews') }}
    where not is_canceled
),

offered as (
    select application_id, coalesce(bool_or(status = 'ACCEPTED'), false) as is_accepted
    from {{ ref('stg_kombo__offers') }}
    group by application_id
)

select
    applications.integration_id,
    applications.job_id,
    max(jobs.name) as job_name,
    applications.stage_id,
    max(stages.name) as stage_name,
    max(applications.stage_index) as stage_index,
    applications.outcome,
    count(*) as applications,
    count(distinct applications.candidate_id) as candidates,
    count(interviewed.application_id) as interviewed,
    count(offered.application_id) as offered,
    count(*) filter (where offered.is_accepted) as accepted
from {{ ref('stg_kombo__applications') }} as applications
left join {{ ref('stg_kombo__jobs') }} as jobs using (job_id)
left join {{ ref('stg_kombo__application_stages') }} as stages using (stage_id)
left join interviewed using (application_id)
left join offered using (application_id)
group by
    applications.integration_id, applications.job_id, applications.stage_id, applications.outcome
