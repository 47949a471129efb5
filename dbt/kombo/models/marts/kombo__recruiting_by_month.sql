{{ config(enabled=kombo_reads('applications', true) and kombo_reads('candidates', true)
    and kombo_reads('jobs', true) and kombo_reads('interviews', true) and kombo_reads('offers', true)) }}
with recursive applied as (
    select integration_id, {{ kombo_first_day('month', 'applied_at') }} as month, count(*) as applications
    from {{ ref('kombo__applications') }}
    where applied_at is not null
    group by integration_id, {{ kombo_first_day('month', 'applied_at') }}
),

hired as (
    select
        integration_id,
        {{ kombo_first_day('month', 'hired_at') }} as month,
        count(*) as hires,
        count(days_to_hire) as hires_timed,
        avg(days_to_hire) as average_days_to_hire,
        percentile_cont(0.5) within group (order by days_to_hire) as median_days_to_hire
    from {{ ref('kombo__applications') }}
    where hired_at is not null
    group by integration_id, {{ kombo_first_day('month', 'hired_at') }}
),

offered as (
    select
        integration_id,
        {{ kombo_first_day('month', 'remote_created_at') }} as month,
        count(*) as offers,
        sum(case when status = 'ACCEPTED' then 1 else 0 end) as offers_accepted,
        sum(case when status = 'DECLINED' then 1 else 0 end) as offers_declined
    from {{ ref('stg_kombo__offers') }}
    where remote_created_at is not null
    group by integration_id, {{ kombo_first_day('month', 'remote_created_at') }}
),

happened as (
    select integration_id, month from applied
    union all
    select integration_id, month from hired
    union all
    select integration_id, month from offered
),

{{ kombo_months('happened') }},

-- a tool that dates none of its records of a kind has no count of them, rather than 0
dates_applications as (select distinct integration_id from applied),
dates_hires as (select distinct integration_id from hired),
dates_offers as (select distinct integration_id from offered)

select
    months.integration_id,
    months.month,
    customers.end_user_organization_name as customer,
    customers.tool_label as tool,
    {{ kombo_count('applied.applications', 'dates_applications') }} as applications,
    {{ kombo_count('hired.hires', 'dates_hires') }} as hires,
    {{ kombo_count('hired.hires_timed', 'dates_hires') }} as hires_timed,
    hired.average_days_to_hire,
    hired.median_days_to_hire,
    {{ kombo_count('offered.offers', 'dates_offers') }} as offers,
    {{ kombo_count('offered.offers_accepted', 'dates_offers') }} as offers_accepted,
    {{ kombo_count('offered.offers_declined', 'dates_offers') }} as offers_declined,
    {{ kombo_rate('offered.offers_accepted', '(offered.offers_accepted + offered.offers_declined)') }}
        as offer_acceptance
from months
left join applied on applied.integration_id = months.integration_id and applied.month = months.month
left join hired on hired.integration_id = months.integration_id and hired.month = months.month
left join offered on offered.integration_id = months.integration_id and offered.month = months.month
left join dates_applications on dates_applications.integration_id = months.integration_id
left join dates_hires on dates_hires.integration_id = months.integration_id
left join dates_offers on dates_offers.integration_id = months.integration_id
left join {{ ref('stg_kombo__integrations') }} as customers
    on customers.integration_id = months.integration_id
