{{ config(enabled=kombo_reads('hris_employees', true) and kombo_reads('hris_employments', true)) }}
with recursive first_terms as (
    select integration_id, employee_id, min(effective_date) as first_date
    from {{ ref('stg_kombo__hris_employments') }}
    group by integration_id, employee_id
),

employed as (
    select
        employees.employee_id,
        employees.integration_id,
        employees.employment_type,
        coalesce(employees.start_date, first_terms.first_date) as first_day,
        {{ kombo_first_day('month', 'coalesce(employees.start_date, first_terms.first_date)') }} as month,
        employees.termination_date as last_day
    from {{ ref('stg_kombo__hris_employees') }} as employees
    left join first_terms
        on first_terms.employee_id = employees.employee_id
        and first_terms.integration_id = employees.integration_id
    -- nobody knows how long one has worked who has left on an unknown day
    where (employees.employment_status is distinct from 'INACTIVE' or employees.termination_date is not null)
        and coalesce(employees.start_date, first_terms.first_date) is not null
        and (
            employees.termination_date is null
            or employees.termination_date >= coalesce(employees.start_date, first_terms.first_date)
        )
),

{{ kombo_months('employed') }},

there as (
    select
        employed.employee_id,
        employed.integration_id,
        months.month,
        {{ kombo_counted_on('months.month') }} as counted_on,
        employed.employment_type,
        employed.first_day,
        employed.last_day
    from months
    inner join employed
        on employed.integration_id = months.integration_id
        and employed.first_day <= {{ kombo_counted_on('months.month') }}
        and (employed.last_day is null or employed.last_day >= months.month)
),

-- the terms that held then: the last that had taken effect
with_terms as (
    select
        there.*,
        employments.employment_type as type_then,
        row_number() over (
            partition by there.integration_id, there.employee_id, there.month
            order by employments.effective_date desc, employments.employment_id
        ) as place
    from there
    left join {{ ref('stg_kombo__hris_employments') }} as employments
        on employments.employee_id = there.employee_id
        and employments.integration_id = there.integration_id
        and employments.effective_date <= there.counted_on
)

select
    with_terms.employee_id,
    with_terms.month,
    with_terms.integration_id,
    customers.end_user_organization_name as customer,
    customers.tool_label as tool,
    with_terms.counted_on,
    coalesce(with_terms.type_then, with_terms.employment_type) as employment_type,
    with_terms.last_day is null or with_terms.last_day >= with_terms.counted_on as is_employed,
    with_terms.first_day >= with_terms.month as has_joined,
    coalesce(with_terms.last_day <= with_terms.counted_on, false) as has_left
from with_terms
left join {{ ref('stg_kombo__integrations') }} as customers
    on customers.integration_id = with_terms.integration_id
where with_terms.place = 1
