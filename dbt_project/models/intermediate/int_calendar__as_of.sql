-- The as-of month: the last one that both revenue and churn cover, unless the profile fixes it. A source covers a month
-- when it holds a record dated in that month or later; what is billed or contracted ahead has not happened yet, so
-- revenue is known at most until the end of the month in which the latest contract or period began. A policy that waits
-- N days for a sign of life cannot judge the last N days, so there the last month that ended N days before the last
-- record counts.
with activity as (
    select
        min(active_from) as first_date,
        max(active_from) as last_start_date,
        max(cast({{ dbt.dateadd('day', -1, 'active_to') }} as date)) as last_end_date
    from {{ ref('int_accounts__activity') }}
),

cover as (
    select
        first_date,
        least(
            last_end_date,
            cast({{ dbt.dateadd('day', -1, add_months(month_of('last_start_date'), 1)) }} as date)
        ) as revenue_last_date
    from activity
),

events as (
    select max(event_date) as churn_last_date
    from {{ ref('stg_raw__churn_events') }}
),

last_months as (
    select
        parameters.as_of_override,
        {{ month_of('cover.first_date') }} as first_month,
        {{ month_of('cover.revenue_last_date') }} as revenue_last_month,
        case
            when parameters.churn_policy = 'explicit_events' then {{ month_of('events.churn_last_date') }}
            else {{ add_months(
                month_of(dbt.dateadd('day', '1 - parameters.churn_days', 'cover.revenue_last_date')), -1
            ) }}
        end as churn_last_month
    from {{ source('control', 'run_parameters') }} as parameters
    cross join cover
    cross join events
),

chosen as (
    select
        first_month,
        coalesce(
            as_of_override,
            -- Without a single churn event there is no later bound than revenue's.
            least(revenue_last_month, coalesce(churn_last_month, revenue_last_month))
        ) as as_of_month
    from last_months
)

select
    first_month,
    as_of_month,
    {{ add_months('as_of_month', 1) }} as next_month
from chosen
