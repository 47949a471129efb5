{# Streams of an integration that are not complete up to a moment so many hours ago. One that is no
   longer read, while others are, does not count: nobody says when a customer has left. #}
{{ config(enabled=kombo_reads('passes', true) and kombo_reads('integrations', true), severity='warn') }}
-- after the mart of the passes, so that it is there even if this fails: {{ ref('kombo__customer_health') }}
with streams as (
    select
        integration_id,
        stream,
        max(started_at) as last_started_at,
        max(case when outcome = 'complete' then bookmark_after end) as complete_until
    from {{ ref('stg_kombo__passes') }}
    group by integration_id, stream
),

last_run as (
    select max(last_started_at) as started_at from streams
)

select streams.integration_id, streams.stream, streams.complete_until
from streams
cross join last_run
where streams.last_started_at >= last_run.started_at - interval '{{ var("kombo_fresh_hours", 36) }} hours'
    and coalesce(streams.complete_until, cast('0001-01-01' as timestamp))
        < cast('{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S") }}' as timestamp) - interval '{{ var("kombo_fresh_hours", 36) }} hours'
