{# All that differs between databases. Kinds are text, number, boolean, timestamp, date and json. #}

{% macro kombo_type(kind) %}{{ return(adapter.dispatch('kombo_type', 'kombo')(kind)) }}{% endmacro %}

{% macro default__kombo_type(kind) %}
    {{- return({'text': 'text', 'number': 'numeric', 'json': 'jsonb'}.get(kind, kind)) -}}
{% endmacro %}

{% macro duckdb__kombo_type(kind) %}
    {{- return({'text': 'varchar', 'number': 'double'}.get(kind, kind)) -}}
{% endmacro %}

{% macro snowflake__kombo_type(kind) %}
    {{- return({'text': 'varchar', 'number': 'float', 'timestamp': 'timestamp_ntz', 'json': 'variant'}.get(kind, kind)) -}}
{% endmacro %}

{% macro kombo_null(kind) -%}
    cast(null as {{ kombo_type(kind) }})
{%- endmacro %}

{# A column as its kind. JSON's `null` becomes a null, and a list of the database becomes JSON. #}
{% macro kombo_cast(column, kind) %}
    {{- return(adapter.dispatch('kombo_cast', 'kombo')(column, kind)) -}}
{% endmacro %}

{% macro default__kombo_cast(column, kind) -%}
    {%- if kind == 'json' -%} nullif(to_jsonb({{ column }}), 'null')
    {%- else -%} cast({{ column }} as {{ kombo_type(kind) }})
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__kombo_cast(column, kind) -%}
    {%- if kind == 'json' -%} cast(nullif(cast({{ column }} as varchar), 'null') as json)
    {%- else -%} cast({{ column }} as {{ kombo_type(kind) }})
    {%- endif -%}
{%- endmacro %}

{% macro snowflake__kombo_cast(column, kind) -%}
    {%- if kind == 'json' -%} case when not is_null_value({{ column }}) then {{ column }} end
    {%- else -%} cast({{ column }} as {{ kombo_type(kind) }})
    {%- endif -%}
{%- endmacro %}

{# A value inside JSON: `steps` are the names that lead to it. #}
{% macro kombo_json(column, steps, kind) %}
    {{- return(adapter.dispatch('kombo_json', 'kombo')(column, steps, kind)) -}}
{% endmacro %}

{% macro default__kombo_json(column, steps, kind) -%}
    {%- set path = ('{"' ~ steps | join('","') ~ '"}') | replace("'", "''") -%}
    {%- if kind == 'json' -%} nullif({{ column }} #> '{{ path }}', 'null')
    {%- elif kind == 'text' -%} {{ column }} #>> '{{ path }}'
    {%- elif kind == 'date' -%} cast(cast({{ column }} #>> '{{ path }}' as timestamp) as date)
    {%- else -%} cast({{ column }} #>> '{{ path }}' as {{ kombo_type(kind) }})
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__kombo_json(column, steps, kind) -%}
    {%- set path = ('$."' ~ steps | join('"."') ~ '"') | replace("'", "''") -%}
    {%- if kind == 'json' -%} cast(nullif(cast(json_extract({{ column }}, '{{ path }}') as varchar), 'null') as json)
    {%- elif kind == 'text' -%} json_extract_string({{ column }}, '{{ path }}')
    {%- elif kind == 'date' -%} cast(cast(json_extract_string({{ column }}, '{{ path }}') as timestamp) as date)
    {%- else -%} cast(json_extract_string({{ column }}, '{{ path }}') as {{ kombo_type(kind) }})
    {%- endif -%}
{%- endmacro %}

{% macro snowflake__kombo_json(column, steps, kind) -%}
    {%- set path = ('"' ~ steps | join('"."') ~ '"') | replace("'", "''") -%}
    {%- set value = "get_path(" ~ column ~ ", '" ~ path ~ "')" -%}
    {%- if kind == 'json' -%} case when not is_null_value({{ value }}) then {{ value }} end
    {%- elif kind == 'date' -%} cast(cast({{ value }} as timestamp_ntz) as date)
    {%- else -%} cast({{ value }} as {{ kombo_type(kind) }})
    {%- endif -%}
{%- endmacro %}

{# The entries of a list in JSON, to be cross joined; a row without entries goes. #}
{% macro kombo_unnest(column) %}{{ return(adapter.dispatch('kombo_unnest', 'kombo')(column)) }}{% endmacro %}

{% macro default__kombo_unnest(column) -%}
    jsonb_array_elements({{ column }}) with ordinality as entries (entry, entry_number)
{%- endmacro %}

{% macro duckdb__kombo_unnest(column) -%}
    lateral (
        select
            unnest(cast({{ column }} as json[])) as entry,
            unnest(range(1, cast(json_array_length({{ column }}) as bigint) + 1)) as entry_number
    ) as entries
{%- endmacro %}

{% macro snowflake__kombo_unnest(column) -%}
    lateral flatten(input => {{ column }}) as entries
{%- endmacro %}

{% macro kombo_entry() %}{{ return(adapter.dispatch('kombo_entry', 'kombo')()) }}{% endmacro %}
{% macro default__kombo_entry() %}{{ return('entries.entry') }}{% endmacro %}
{% macro snowflake__kombo_entry() %}{{ return('entries.value') }}{% endmacro %}

{% macro kombo_entry_number() %}{{ return(adapter.dispatch('kombo_entry_number', 'kombo')()) }}{% endmacro %}
{% macro default__kombo_entry_number() %}{{ return('entries.entry_number') }}{% endmacro %}
{% macro snowflake__kombo_entry_number() %}{{ return('entries.index + 1') }}{% endmacro %}

{# Seconds from one moment to another. #}
{% macro kombo_seconds(first, then) %}
    {{- return(adapter.dispatch('kombo_seconds', 'kombo')(first, then)) -}}
{% endmacro %}

{% macro default__kombo_seconds(first, then) -%}
    extract(epoch from ({{ then }} - {{ first }}))
{%- endmacro %}

{% macro snowflake__kombo_seconds(first, then) -%}
    (datediff('millisecond', {{ first }}, {{ then }}) / 1000.0)
{%- endmacro %}
