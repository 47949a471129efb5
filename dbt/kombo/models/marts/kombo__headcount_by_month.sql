{{ config(enabled=kombo_reads('hris_employees', true) and kombo_reads('hris_employments', true)) }}
with recursive counted as (
    select
        integration_id,
        month,
        sum(case when is_employed then 1 else 0 end) as headcount,
        sum(case when has_joined then 1 else 0 end) as joiners,
        sum(case when has_left then 1 else 0 end) as leavers
    from {{ ref('kombo__employee_months') }}
    group by integration_id, month
),

{{ kombo_months('counted') }},

filled as (
    select
        months.integration_id,
        months.month,
        coalesce(counted.headcount, 0) as headcount,
        coalesce(counted.joiners, 0) as joiners,
        coalesce(counted.leavers, 0) as leavers
    from months
    left join counted on counted.integration_id = months.integration_id and counted.month = months.month
),

compared as (
    select
        filled.*,
        lag(headcount) over (partition by integration_id order by month) as headcount_before
    from filled
)

select
    compared.integration_id,
    compared.month,
    customers.end_user_organization_name as customer,
    customers.tool_label as tool,
    compared.headcount,
    compared.joiners,
    compared.leavers,
    {{ kombo_rate('compared.leavers', '((compared.headcount_before + compared.headcount) / 2.0)') }} as attrition
from compared
left join {{ ref('stg_kombo__integrations') }} as customers
    on customers.integration_id = compared.integration_id
