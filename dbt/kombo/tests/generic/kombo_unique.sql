{# One row per key. Neither the integration nor, unless it is `nullable`, the key is null. #}
{% test kombo_unique(model, columns, nullable=false) %}
select {{ columns | join(', ') }}, count(*) as rows_found
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
    or count(integration_id) < count(*)
    {%- for column in ([] if nullable else columns) %}
    or count({{ column }}) < count(*)
    {%- endfor %}
{% endtest %}
