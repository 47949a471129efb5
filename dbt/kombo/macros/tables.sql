{# A loaded table with all columns that its stream may have. A column that was not read is null, and
   a stream that was not read has no row, so that models do not depend on what is selected. #}

{% macro kombo_table(stream, columns) %}
{%- set relation = source('kombo', stream) -%}
{%- set there = kombo_columns_of(relation) -%}
select
    {%- for name, kind in columns.items() %}
    {% if name in there %}{{ kombo_cast(name, kind) }}{% else %}{{ kombo_null(kind) }}{% endif %} as {{ name }}
    {{- "," if not loop.last }}
    {%- endfor %}
    {% if there %}from {{ relation }}{% else %}from (select 1 as nothing) as no_table where false{% endif %}
{% endmacro %}

{# Names of a table's columns in lower case, as a warehouse that folds names to capitals has them. #}
{% macro kombo_columns_of(relation) %}
    {%- set names = [] -%}
    {%- if execute -%}
        {%- set found = load_relation(relation) -%}
        {%- for column in (adapter.get_columns_in_relation(found) if found else []) -%}
            {%- do names.append(column.name | lower) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(names) -}}
{% endmacro %}

{# Custom fields as columns: `kombo_custom_fields: {jobs: [{name: cost_center, key: Cost Center}]}`. #}
{% macro kombo_custom_fields(stream) %}
    {%- for one in var('kombo_custom_fields', {}).get(stream, []) %},
    {{ kombo_json('custom_fields', [one.get('key', one.name)], one.get('type', 'text')) }} as {{ one.name }}
    {%- endfor %}
{% endmacro %}

{# The same columns in a mart that shows a stream's records. #}
{% macro kombo_custom_columns(stream, relation) %}
    {%- for one in var('kombo_custom_fields', {}).get(stream, []) %},
    {{ relation }}.{{ one.name }}
    {%- endfor %}
{% endmacro %}
