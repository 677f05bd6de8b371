-- An account's score of a metric at the beginning of a month: the mean over its people's counting answers, as fresh as
-- the newest of them. Accounts without one are silent and have no row here. The baseline is what the account itself was
-- before: the mean of its scores at the beginning of all earlier months, so it knows nothing of this month or later.
with scored as (
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
),

-- People count as heard from the month after their first answer on.
first_heard as (
    select
        metric_id,
        account_id,
        contact_key,
        min(month) as first_month
    from {{ ref('int_feedback__contact_months') }}
    group by metric_id, account_id, contact_key
),

newly_heard as (
    select
        metric_id,
        account_id,
        first_month as month,
        count(*) as count_new
    from first_heard
    group by metric_id, account_id, first_month
),

accumulated as (
    select
        scored.*,
        sum(cast(scored.score as decimal(28, 4))) over up_to_now - scored.score as earlier_sum,
        count(*) over up_to_now - 1 as count_earlier,
        sum(coalesce(newly_heard.count_new, 0)) over up_to_now as count_heard
    from scored
    left join newly_heard
        on
            scored.metric_id = newly_heard.metric_id
            and scored.account_id = newly_heard.account_id
            and scored.month = newly_heard.month
    window up_to_now as (
        partition by scored.metric_id, scored.account_id order by scored.month
        rows between unbounded preceding and current row
    )
)

select
    metric_id,
    account_id,
    month,
    score,
    score_age_days,
    score_state,
    executive_score,
    champion_score,
    user_score,
    count_contacts,
    cast(count_heard as bigint) as count_heard,
    cast(case when count_earlier > 0 then earlier_sum / count_earlier end as decimal(9, 4)) as baseline_score,
    cast(count_earlier as bigint) as count_baseline_months
from accumulated
