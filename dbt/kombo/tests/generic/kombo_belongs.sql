{# What an id points at is there, and of the same integration. Deleted records count: they keep
   their row. A stream that is not read cannot be asked. It only warns: what is created while a load
   runs may be there before what it points to. #}
{% test kombo_belongs(model, column_name, stream) %}
{{ config(severity='warn') }}
{%- set there = kombo_columns_of(source('kombo', stream)) %}
select child.integration_id, child.{{ column_name }}
from {{ model }} as child
{% if there -%}
left join {{ source('kombo', stream) }} as parent
    on parent.id = child.{{ column_name }} and parent.integration_id = child.integration_id
where child.{{ column_name }} is not null and parent.id is null
{%- else -%}
where false
{%- endif %}
{% endtest %}
