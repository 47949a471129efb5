with first_terms as (
    select employee_id, min(effective_date) as first_date
    from {{ ref('stg_kombo__hris_employments') }}
    group by employee_id
),

employed as (
    select
        employees.employee_id,
        employees.integration_id,
        employees.employment_type,
        coalesce(employees.start_date, first_terms.first_date) as first_day,
        coalesce(employees.termination_date, 'infinity') as last_day
    from {{ ref('stg_kombo__hris_employees') }} as employees
    left join first_terms using (employee_id)
    -- nobody knows how long these have worked
    where employees.employment_status is distinct from 'INACTIVE'
        or employees.termination_date is not null
),

months as (
    select month::date as month, least(month + interval '1 month - 1 day', today)::date as counted_on
    from (
        select date_trunc('month', min(first_day)::timestamp) as first_month,
            timestamp '{{ run_started_at.strftime("%Y-%m-%d") }}' as today
        from employed
    ) as bounds
    cross join generate_series(first_month, today, interval '1 month') as month
)

select
    employed.integration_id,
    months.month,
    coalesce(terms.employment_type, employed.employment_type) as employment_type,
    count(*) as headcount
from months
inner join employed on months.counted_on between employed.first_day and employed.last_day
left join lateral (
    select employments.employment_type
    from {{ ref('stg_kombo__hris_employments') }} as employments
    where employments.employee_id = employed.employee_id
        and employments.effective_date <= months.counted_on
    order by employments.effective_date desc, employments.employment_id
    limit 1
) as terms on true
group by employed.integration_id, months.month, 3
