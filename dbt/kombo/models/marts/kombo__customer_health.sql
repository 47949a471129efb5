{{ config(enabled=kombo_reads('integrations', true) and kombo_reads('passes', true)) }}
with last_passes as (
    select
        passes.*,
        row_number() over (partition by integration_id, stream order by started_at desc, pass_id) as place
    from {{ ref('stg_kombo__passes') }} as passes
),

streams as (
    select
        last_passes.integration_id,
        last_passes.stream,
        last_passes.outcome,
        last_passes.error_code,
        last_passes.ended_at,
        complete.complete_until
    from last_passes
    left join (
        select integration_id, stream, max(bookmark_after) as complete_until
        from {{ ref('stg_kombo__passes') }}
        where outcome = 'complete'
        group by integration_id, stream
    ) as complete
        on complete.integration_id = last_passes.integration_id and complete.stream = last_passes.stream
    where last_passes.place = 1
),

told as (
    select
        integration_id,
        count(*) as streams,
        sum(case when outcome = 'failed' then 1 else 0 end) as failed_streams,
        sum(case when outcome = 'skipped' then 1 else 0 end) as skipped_streams,
        count(*) - count(complete_until) as never_complete_streams,
        min(complete_until) as complete_until,
        max(ended_at) as last_run_at,
        nullif({{ dbt.listagg("case when outcome = 'failed' then stream || ': ' || coalesce(error_code, 'unknown') end", "', '", "order by stream") }}, '')
            as errors
    from streams
    group by integration_id
)

select
    integrations.integration_id,
    integrations.end_user_organization_name as customer,
    integrations.tool_label as tool,
    integrations.category,
    integrations.status,
    integrations.setup_status,
    integrations.data_expired_at,
    told.last_run_at,
    told.complete_until,
    {{ kombo_today() }} - cast(told.complete_until as date) as days_behind,
    told.streams,
    told.failed_streams,
    told.skipped_streams,
    told.never_complete_streams,
    told.errors
from {{ ref('stg_kombo__integrations') }} as integrations
left join told on told.integration_id = integrations.integration_id
