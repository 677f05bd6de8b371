-- Groups are fixed at the landmark and followed after it, so that nobody is classed by what happens later.
with landmark as (
    select
        {{ add_months('calendar.next_month', '-parameters.landmark_months') }} as landmark_month,
        calendar.as_of_month,
        metrics.unfavourable_max,
        metrics.favourable_min,
        metrics.kind as metric_kind
    from {{ ref('int_calendar__as_of') }} as calendar
    cross join {{ source('control', 'run_parameters') }} as parameters
    inner join {{ source('control', 'metrics') }} as metrics on parameters.primary_metric = metrics.metric_id
),

followed as (
    select
        months.account_id,
        months.month,
        months.churn_kind,
        months.score,
        months.score_state,
        months.control_key,
        months.tenure_months,
        landmark.landmark_month,
        -- A gap in activity without an event ends the follow-up: later months no longer line up with their number.
        {{ months_between('landmark.landmark_month', 'months.month') }} as months_since,
        row_number() over (partition by months.account_id order by months.month) as month_number,
        min(case when months.churn_kind is not null then months.month end) over (
            partition by months.account_id
        ) as first_churn_month
    from {{ ref('fct_account_months') }} as months
    inner join landmark on months.month >= landmark.landmark_month
),

kept as (
    select *
    from followed
    where
        months_since = month_number - 1
        and month <= coalesce(first_churn_month, month)
)

select
    start.account_id,
    start.landmark_month,
    start.score,
    start.score_state,
    case
        when start.score is null then 'silent'
        when start.score >= landmark.favourable_min then case landmark.metric_kind when 'nps' then 'promoter' else 'high' end
        when start.score <= landmark.unfavourable_max then case landmark.metric_kind when 'nps' then 'detractor' else 'low' end
        when landmark.metric_kind = 'nps' then 'passive'
        else 'middle'
    end as score_group,
    start.control_key,
    start.tenure_months,
    cast(max(kept.month_number) as int) as duration_months,
    max(kept.churn_kind) as churn_kind,
    max(kept.churn_kind) is not null as is_churned
from kept
inner join kept as start on kept.account_id = start.account_id and start.month_number = 1
cross join landmark
group by
    start.account_id, start.landmark_month, start.score, start.score_state, start.control_key,
    start.tenure_months, landmark.favourable_min, landmark.unfavourable_max, landmark.metric_kind
