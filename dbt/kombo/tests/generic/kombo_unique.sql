{# One row per key; neither the key nor the integration is null. #}
{% test kombo_unique(model, columns) %}
select {{ columns | join(', ') }}, count(*) as rows_found
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
    or count(integration_id) < count(*)
    {%- for column in columns %}
    or count({{ column }}) < count(*)
    {%- endfor %}
{% endtest %}
