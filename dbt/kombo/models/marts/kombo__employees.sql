{{ config(enabled=kombo_reads('hris_employees', true) and kombo_reads('hris_employments', true) and kombo_reads('hris_locations', true) and kombo_reads('hris_legal_entities', true)) }}
with first_terms as (
    select integration_id, employee_id, min(effective_date) as first_date
    from {{ ref('stg_kombo__hris_employments') }}
    group by integration_id, employee_id
),

memberships as (
    select
        integration_id,
        employee_id,
        nullif({{ dbt.listagg("case when type = 'DEPARTMENT' then name end", "', '", "order by name") }}, '') as departments,
        nullif({{ dbt.listagg("case when type = 'TEAM' then name end", "', '", "order by name") }}, '') as teams
    from {{ ref('stg_kombo__hris_employees__groups') }}
    group by integration_id, employee_id
),

reports as (
    select integration_id, manager_id, count(*) as direct_reports
    from {{ ref('stg_kombo__hris_employees') }}
    where employment_status is distinct from 'INACTIVE'
    group by integration_id, manager_id
),

with_managers as (
    select distinct integration_id from {{ ref('stg_kombo__hris_employees') }} where manager_id is not null
),

employees as (
    select
        employees.*,
        coalesce(employees.start_date, first_terms.first_date) as first_day
    from {{ ref('stg_kombo__hris_employees') }} as employees
    left join first_terms
        on first_terms.employee_id = employees.employee_id
        and first_terms.integration_id = employees.integration_id
)

select
    employees.employee_id,
    employees.integration_id,
    customers.end_user_organization_name as customer,
    customers.tool_label as tool,
    employees.employee_number,
    coalesce(employees.display_full_name, {{ kombo_name('employees') }}) as employee,
    employees.work_email,
    employees.job_title,
    employees.employment_status,
    employees.employment_type,
    employees.weekly_hours,
    employees.manager_id,
    coalesce(managers.display_full_name, {{ kombo_name('managers') }}) as manager,
    {{ kombo_count('reports.direct_reports', 'with_managers') }} as direct_reports,
    memberships.departments,
    memberships.teams,
    employees.legal_entity_id,
    legal_entities.name as legal_entity,
    employees.work_location_id,
    locations.name as location,
    locations.address_city as city,
    locations.address_country as country,
    employees.first_day,
    employees.termination_date as last_day,
    -- nobody knows how long somebody has been there who has left on an unknown day
    case
        when employees.first_day > {{ kombo_today() }} then null
        when employees.termination_date < employees.first_day then null
        when employees.termination_date <= {{ kombo_today() }} then employees.termination_date - employees.first_day
        when employees.employment_status is distinct from 'INACTIVE' then {{ kombo_today() }} - employees.first_day
    end as days_employed
    {{- kombo_custom_columns('hris_employees', 'employees') }}
from employees
left join {{ ref('stg_kombo__hris_employees') }} as managers
    on managers.employee_id = employees.manager_id and managers.integration_id = employees.integration_id
left join reports
    on reports.manager_id = employees.employee_id and reports.integration_id = employees.integration_id
left join with_managers on with_managers.integration_id = employees.integration_id
left join memberships
    on memberships.employee_id = employees.employee_id and memberships.integration_id = employees.integration_id
left join {{ ref('stg_kombo__hris_legal_entities') }} as legal_entities
    on legal_entities.legal_entity_id = employees.legal_entity_id
    and legal_entities.integration_id = employees.integration_id
left join {{ ref('stg_kombo__hris_locations') }} as locations
    on locations.location_id = employees.work_location_id
    and locations.integration_id = employees.integration_id
left join {{ ref('stg_kombo__integrations') }} as customers
    on customers.integration_id = employees.integration_id
