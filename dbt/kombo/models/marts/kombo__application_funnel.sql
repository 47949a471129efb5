{{ config(enabled=kombo_reads('applications', true) and kombo_reads('candidates', true)
    and kombo_reads('jobs', true) and kombo_reads('interviews', true) and kombo_reads('offers', true)) }}
select
    integration_id,
    customer,
    tool,
    job_id,
    job,
    stage_id,
    max(stage) as stage,
    max(stage_index) as stage_index,
    outcome,
    count(*) as applications,
    count(distinct candidate_id) as candidates,
    sum(case when interviews > 0 then 1 when interviews = 0 then 0 end) as interviewed,
    sum(case when offers > 0 then 1 when offers = 0 then 0 end) as offered,
    sum(case when has_accepted_offer then 1 when not has_accepted_offer then 0 end) as accepted
from {{ ref('kombo__applications') }}
group by integration_id, customer, tool, job_id, job, stage_id, outcome
