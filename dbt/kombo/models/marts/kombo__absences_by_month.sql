{{ config(enabled=kombo_reads('hris_absences', true) and kombo_reads('hris_absence_types', true)) }}
select
    absences.integration_id,
    {{ kombo_first_day('month', 'absences.start_date') }} as month,
    customers.end_user_organization_name as customer,
    customers.tool_label as tool,
    absences.type_id,
    types.name as type,
    absences.status,
    -- days and hours are never added up: how many hours make a day depends on the tool
    absences.unit,
    count(*) as absences,
    count(distinct absences.employee_id) as employees,
    sum(absences.amount) as amount,
    count(*) - count(absences.amount) as without_amount
from {{ ref('stg_kombo__hris_absences') }} as absences
left join {{ ref('stg_kombo__hris_absence_types') }} as types
    on types.absence_type_id = absences.type_id and types.integration_id = absences.integration_id
left join {{ ref('stg_kombo__integrations') }} as customers
    on customers.integration_id = absences.integration_id
where absences.start_date is not null
group by
    absences.integration_id,
    {{ kombo_first_day('month', 'absences.start_date') }},
    customers.end_user_organization_name,
    customers.tool_label,
    absences.type_id,
    types.name,
    absences.status,
    absences.unit
