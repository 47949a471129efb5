{# What a project may switch: streams by name, and the day that counts as today. #}

{% macro kombo_reads(stream, by_default) %}
    {{- return(var('kombo_streams', {}).get(stream, by_default)) -}}
{% endmacro %}

{# The day of the run, in UTC; the variable is for tests and for looking back. #}
{% macro kombo_today() -%}
    cast('{{ var("kombo_today", run_started_at.strftime("%Y-%m-%d")) }}' as date)
{%- endmacro %}
