{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ forget_rebuilt_months('states_month') }}"
) }}

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
        {%- for role in ['executive', 'champion', 'user'] %}
        cast(
            sum(case when states.contact_role = '{{ role }}' then cast(states.score as decimal(18, 4)) end)
            / nullif(count(case when states.contact_role = '{{ role }}' then 1 end), 0) as decimal(9, 4)
        ) as {{ role }}_score,
        {%- endfor %}
        cast(count(*) as bigint) as count_contacts
    from {{ ref('int_feedback__contact_months') }} as states
    where {{ is_rebuilt('states.month', 'states_month') }} and {{ is_rebuilt('states.hidden_from', 'states_month') }}
    group by states.metric_id, states.account_id, states.month
),

-- People count as heard from the month after their first answer on.
newly_heard as (
    select
        metric_id,
        account_id,
        visible_from as month,
        count(*) as count_new
    from {{ ref('int_feedback__answer_spans') }}
    where is_first_answer and {{ is_rebuilt('visible_from', 'states_month') }}
    group by metric_id, account_id, visible_from
),

{% if is_incremental() %}
-- Where the months that are not built again left off: most accounts in the month before, the others further back.
month_before as (
    select *
    from {{ this }}
    where month = {{ add_months(first_rebuilt_month('states_month'), -1) }}
),

returned as (
    select distinct
        scored.metric_id,
        scored.account_id
    from scored
    left join month_before
        on scored.metric_id = month_before.metric_id and scored.account_id = month_before.account_id
    where month_before.account_id is null
),

further_back as (
    select
        states.metric_id,
        states.account_id,
        states.score_sum,
        states.count_baseline_months,
        states.count_heard,
        row_number() over (
            partition by states.metric_id, states.account_id order by states.month desc
        ) as recency
    from {{ this }} as states
    inner join returned on states.metric_id = returned.metric_id and states.account_id = returned.account_id
),
{% endif %}

carried as (
    {%- if is_incremental() %}
    select metric_id, account_id, score_sum, count_baseline_months + 1 as count_months, count_heard
    from month_before
    union all
    select metric_id, account_id, score_sum, count_baseline_months + 1 as count_months, count_heard
    from further_back
    where recency = 1
    {%- else %}
    select
        cast(null as {{ dbt.type_string() }}) as metric_id,
        cast(null as {{ dbt.type_string() }}) as account_id,
        cast(null as decimal(28, 4)) as score_sum,
        cast(null as bigint) as count_months,
        cast(null as bigint) as count_heard
    where false
    {%- endif %}
),

accumulated as (
    select
        scored.*,
        cast(
            sum(cast(scored.score as decimal(18, 4))) over up_to_now + coalesce(carried.score_sum, 0) as decimal(28, 4)
        ) as score_sum,
        count(*) over up_to_now - 1 + coalesce(carried.count_months, 0) as count_earlier,
        sum(coalesce(newly_heard.count_new, 0)) over up_to_now + coalesce(carried.count_heard, 0) as count_heard
    from scored
    left join newly_heard
        on
            scored.metric_id = newly_heard.metric_id
            and scored.account_id = newly_heard.account_id
            and scored.month = newly_heard.month
    left join carried on scored.metric_id = carried.metric_id and scored.account_id = carried.account_id
    window up_to_now as (
        partition by scored.metric_id, scored.account_id order by scored.month
        rows between unbounded preceding and current row
    )
)

select
    accumulated.metric_id,
    accumulated.account_id,
    accumulated.month,
    accumulated.score,
    accumulated.score_age_days,
    case when accumulated.score_age_days <= parameters.fresh_days then 'fresh' else 'stale' end as score_state,
    accumulated.executive_score,
    accumulated.champion_score,
    accumulated.user_score,
    accumulated.count_contacts,
    cast(accumulated.count_heard as bigint) as count_heard,
    cast(
        case
            when accumulated.count_earlier > 0
                then (accumulated.score_sum - accumulated.score) / accumulated.count_earlier
        end as decimal(9, 4)
    ) as baseline_score,
    cast(accumulated.count_earlier as bigint) as count_baseline_months,
    -- For the next build to go on from.
    accumulated.score_sum
from accumulated
cross join {{ source('control', 'run_parameters') }} as parameters
