-- Customer Value Added: what we are worth to those who use us, over what the competitors are worth to those who use them.
-- Each rating counts once, so a competitor weighs by the ratings it was given.
with rated as (
    select *
    from {{ ref('int_wallet__ratings') }}
    where is_known and perceived_value is not null
),

sliced as (
    {{ wallet_periods('rated') }}
),

counted as (
    select
        period_kind,
        slice_period as period,
        slice_start_date as period_start_date,
        cast(count(distinct response_id) as bigint) as count_responses,
        {{ count_where('is_us') }} as count_own_ratings,
        {{ count_where('not is_us') }} as count_competitor_ratings,
        sum(case when is_us then cast(perceived_value as decimal(28, 4)) end) as own_sum,
        sum(case when not is_us then cast(perceived_value as decimal(28, 4)) end) as competitor_sum
    from sliced
    group by period_kind, slice_period, slice_start_date
),

shown as (
    select
        counted.*,
        least(counted.count_own_ratings, counted.count_competitor_ratings) < parameters.minimum_answers as is_suppressed
    from counted
    cross join {{ source('control', 'run_parameters') }} as parameters
)

select
    period_kind,
    period,
    period_start_date,
    count_responses,
    count_own_ratings,
    count_competitor_ratings,
    is_suppressed,
    cast(case when not is_suppressed then own_sum / nullif(count_own_ratings, 0) end as decimal(12, 6))
        as own_perceived_value,
    cast(case when not is_suppressed then competitor_sum / nullif(count_competitor_ratings, 0) end as decimal(12, 6))
        as competitor_perceived_value,
    cast(
        case
            when not is_suppressed
                then
                    cast(own_sum as double) * count_competitor_ratings
                    / nullif(cast(competitor_sum as double) * count_own_ratings, 0)
        end as decimal(12, 6)
    ) as customer_value_added
from shown
