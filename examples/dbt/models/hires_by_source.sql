-- A question of your own: where do those come from who are hired?
select
    integration_id,
    customer,
    candidate_source,
    count(*) as applications,
    sum(case when outcome = 'HIRED' then 1 else 0 end) as hires
from {{ ref('kombo', 'kombo__applications') }}
group by integration_id, customer, candidate_source
