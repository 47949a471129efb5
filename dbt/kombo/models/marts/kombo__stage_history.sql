{{ config(enabled=kombo_reads('applications', true) and kombo_reads('candidates', true)
    and kombo_reads('jobs', true) and kombo_reads('interviews', true) and kombo_reads('offers', true) and kombo_reads('applications_log', false)) }}
with versions as (
    select
        integration_id,
        application_id,
        changed_at,
        current_stage_id as stage_id,
        current_stage_name as stage,
        current_stage_index as stage_index,
        lag(current_stage_id) over (partition by application_id order by changed_at) as stage_before,
        row_number() over (partition by application_id order by changed_at) as place
    from {{ ref('stg_kombo__applications_log') }}
),

-- versions of one stay in a stage become one row
entries as (
    select *
    from versions
    where place = 1 or stage_id is distinct from stage_before
),

stays as (
    select
        entries.*,
        lead(changed_at) over (partition by application_id order by changed_at) as left_at,
        row_number() over (partition by application_id order by changed_at) as stay_number
    from entries
)

select
    stays.application_id,
    stays.stay_number,
    stays.integration_id,
    customers.end_user_organization_name as customer,
    customers.tool_label as tool,
    applications.candidate_id,
    applications.candidate,
    applications.job_id,
    applications.job,
    applications.outcome,
    stays.stage_id,
    stays.stage,
    stays.stage_index,
    stays.changed_at as entered_at,
    stays.left_at,
    {{ kombo_days('stays.changed_at', 'stays.left_at') }} as days,
    stays.left_at is null as is_current,
    stays.stay_number = 1 as is_first_seen
from stays
left join {{ ref('kombo__applications') }} as applications
    on applications.application_id = stays.application_id
    and applications.integration_id = stays.integration_id
left join {{ ref('stg_kombo__integrations') }} as customers
    on customers.integration_id = stays.integration_id
