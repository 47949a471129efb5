{# Small sums that several marts need, the same on every database. #}

{# Days or hours from one moment to another, with fractions; null if either is unknown. #}
{% macro kombo_days(first, then) -%}
    cast({{ kombo_seconds(first, then) }} / 86400.0 as double precision)
{%- endmacro %}

{% macro kombo_hours(first, then) -%}
    cast({{ kombo_seconds(first, then) }} / 3600.0 as double precision)
{%- endmacro %}

{# A share between 0 and 1; null if there is nothing to have a share of. #}
{% macro kombo_rate(part, whole) -%}
    cast(1.0 * {{ part }} / nullif({{ whole }}, 0) as double precision)
{%- endmacro %}

{# The first day of a month or week. #}
{% macro kombo_first_day(unit, moment) -%}
    cast(date_trunc('{{ unit }}', {{ moment }}) as date)
{%- endmacro %}

{# A person's name of a relation with `first_name` and `last_name`; null if neither is known. #}
{% macro kombo_name(relation) -%}
    nullif(trim(coalesce({{ relation }}.first_name, '') || ' ' || coalesce({{ relation }}.last_name, '')), '')
{%- endmacro %}

{# A count that is null, not 0, for an integration of which nothing of the kind has ever come: the
   tool may not have it at all. `ground` is a relation with the integrations that have some. #}
{% macro kombo_count(count, ground) -%}
    case when {{ ground }}.integration_id is not null then coalesce({{ count }}, 0) end
{%- endmacro %}

{# Every month of every integration from its first one in `relation` to today, as the CTE `months`;
   goes behind `with recursive`. #}
{% macro kombo_months(relation) -%}
months (integration_id, month) as (
    select integration_id, min(month) from {{ relation }}
    where month <= {{ kombo_today() }}
    group by integration_id
    union all
    select integration_id, cast(month + interval '1 month' as date) from months
    where month + interval '1 month' <= {{ kombo_today() }}
)
{%- endmacro %}

{# The last day of a month that has passed; today in the present one. #}
{% macro kombo_counted_on(month) -%}
    least(cast({{ month }} + interval '1 month' - interval '1 day' as date), {{ kombo_today() }})
{%- endmacro %}
