-- An account's score of a metric at the beginning of a month: the mean over its people's counting answers, as fresh as
-- the newest of them. Accounts without one are silent and have no row here.
select
    states.metric_id,
    states.account_id,
    states.month,
    cast(sum(cast(states.score as decimal(18, 4))) / count(*) as decimal(9, 4)) as score,
    min(states.age_days) as score_age_days,
    case when min(states.age_days) <= max(parameters.fresh_days) then 'fresh' else 'stale' end as score_state,
    {%- for role in ['executive', 'champion', 'user'] %}
    cast(
        sum(case when states.contact_role = '{{ role }}' then cast(states.score as decimal(18, 4)) end)
        / nullif(count(case when states.contact_role = '{{ role }}' then 1 end), 0) as decimal(9, 4)
    ) as {{ role }}_score,
    {%- endfor %}
    cast(count(*) as bigint) as count_contacts
from {{ ref('int_feedback__contact_months') }} as states
cross join {{ source('control', 'run_parameters') }} as parameters
group by states.metric_id, states.account_id, states.month
