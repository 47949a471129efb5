{# The last complete full pass of every stream and integration, by the ledger, against the rows that
   its table has been given since: fewer rows than records mean that the loader has lost some.

   `_sdc_extracted_at` is compared, as the tap stamps it by the clock that the ledger has too; other
   columns are of the loader's clock, or not of every loader. A record that changes while it is read
   may be sent twice and is one row: as many rows may be missing as have changed since the pass
   began, with five minutes for clocks that differ. #}
{{ config(enabled=kombo_reads('passes', true) and kombo_reads('integrations', true)) }}
-- after the mart of the passes, so that it is there even if this fails: {{ ref('kombo__customer_health') }}
{%- set tables = [] %}
{%- for node in (graph.sources.values() if execute else []) if node.package_name == 'kombo' %}
    {%- set relation = api.Relation.create(node.database, node.schema, node.identifier) %}
    {%- if '_sdc_extracted_at' in kombo_columns_of(relation) and node.name not in ['passes', 'applications_log'] %}
        {%- do tables.append((node.name, relation, node.meta.key, 'changed_at' in kombo_columns_of(relation))) %}
    {%- endif %}
{%- endfor %}
with full_passes as (
    select
        integration_id,
        stream,
        records,
        started_at,
        row_number() over (partition by integration_id, stream order by started_at desc) as place
    from {{ ref('stg_kombo__passes') }}
    where kind = 'full' and outcome = 'complete'
),

counted as (
    {%- for name, relation, key, is_dated in tables %}
    select
        full_passes.integration_id,
        full_passes.stream,
        full_passes.records as records_sent,
        count(case when stored.extracted_at >= full_passes.started_at then 1 end) as rows_stored,
        count(case when stored.changed_at >= full_passes.started_at - interval '5 minutes' then 1 end) as may_be_sent_twice
    from full_passes
    left join (
        select
            integration_id as of_integration,
            {{ key | reject('equalto', 'integration_id') | join(', ') }},
            max(_sdc_extracted_at) as extracted_at,
            max({% if is_dated %}changed_at{% else %}{{ kombo_null('timestamp') }}{% endif %}) as changed_at
        from {{ relation }}
        group by {{ (['integration_id'] + key) | unique | join(', ') }}
    ) as stored on stored.of_integration = full_passes.integration_id
    where full_passes.place = 1 and full_passes.stream = '{{ name }}'
    group by full_passes.integration_id, full_passes.stream, full_passes.records
    {{- " union all" if not loop.last }}
    {%- else %}
    select integration_id, stream, 0 as records_sent, 0 as rows_stored, 0 as may_be_sent_twice
    from full_passes
    {%- endfor %}
)

select integration_id, stream, records_sent, rows_stored
from counted
where records_sent > rows_stored + may_be_sent_twice
