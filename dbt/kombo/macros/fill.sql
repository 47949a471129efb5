{# How many live rows of a stream have a value, by integration and column; `{}` and `[]` are none.
   An integration whose tool has the model counts even if it has no row of it. #}
{% macro kombo_fill(stream, model, columns) %}
{%- set there = kombo_columns_of(source('kombo', stream)) -%}
{%- set asked = dict(columns, _sdc_deleted_at='timestamp', remote_deleted_at='timestamp') %}
select
    covered.integration_id,
    '{{ stream }}' as stream,
    '{{ model }}' as model,
    names.column_name,
    coalesce(counted.records, 0) as records,
    case
        {%- for name in columns if name in there %}
        when names.column_name = '{{ name }}' then coalesce(counted.{{ name }}, 0)
        {%- endfor %}
        when false then 0
    end as filled
from (
    select integration_id from {{ ref('stg_kombo__integrations__read_models') }} where model_id = '{{ model }}'
    union
    select integration_id from {{ ref('stg_kombo__' ~ stream) }}
) as covered
cross join (
    {%- for name in columns if name != 'remote_deleted_at' %}
    select '{{ name }}' as column_name{{ " union all" if not loop.last }}
    {%- endfor %}
) as names
left join (
    select
        integration_id as of_integration,
        count(*) as records
        {%- for name, kind in columns.items() %},
        count({% if kind == 'json' %}nullif(nullif(cast({{ name }} as {{ kombo_type('text') }}), '[]'), '{}'){% else %}{{ name }}{% endif %}) as {{ name }}
        {%- endfor %}
    from ({{ kombo_table(stream, asked) }}) as rows_read
    where remote_deleted_at is null and _sdc_deleted_at is null
    group by integration_id
) as counted on counted.of_integration = covered.integration_id
{% endmacro %}
