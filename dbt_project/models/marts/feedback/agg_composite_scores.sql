-- Composite metrics: the counting scores of an account at the beginning of the month after as-of, each put on 0 to 100 of its
-- scale (more is better), and their weighted mean. Only accounts of which every part is known: a missing part is not
-- guessed, and the accounts it leaves out are counted.
with parts as (
    select
        parts.composite_id,
        parts.label,
        parts.metric_id,
        parts.weight,
        metrics.scale_min,
        metrics.scale_max,
        count(*) over (partition by parts.composite_id) as count_parts
    from {{ source('control', 'composite_parts') }} as parts
    inner join {{ source('control', 'metrics') }} as metrics on parts.metric_id = metrics.metric_id
),

accounts as (
    select
        parts.composite_id,
        states.account_id,
        count(*) = max(parts.count_parts) as is_complete,
        cast(
            sum(
                cast(
                    parts.weight * (100.0 * (states.score - parts.scale_min) / (parts.scale_max - parts.scale_min))
                    as decimal(28, 10)
                )
            ) / sum(parts.weight) as decimal(12, 6)
        ) as score
    from parts
    inner join {{ ref('int_feedback__account_states') }} as states on parts.metric_id = states.metric_id
    inner join {{ ref('int_calendar__as_of') }} as calendar on states.month = calendar.next_month
    group by parts.composite_id, states.account_id
),

counted as (
    select
        composite_id,
        {{ count_where('is_complete') }} as count_accounts,
        {{ count_where('not is_complete') }} as count_accounts_incomplete,
        cast(cast(sum(case when is_complete then cast(score as decimal(28, 6)) end) as decimal(38, 6)) as double) as score_sum,
        cast(
            cast(sum(case when is_complete then cast(score * score as decimal(28, 12)) end) as decimal(38, 12)) as double
        ) as score_square_sum
    from accounts
    group by composite_id
),

composites as (
    select
        composite_id,
        max(label) as composite_label,
        cast(count(*) as bigint) as count_parts
    from parts
    group by composite_id
),

shown as (
    select
        composites.composite_id,
        composites.composite_label,
        composites.count_parts,
        coalesce(counted.count_accounts, 0) as count_accounts,
        coalesce(counted.count_accounts_incomplete, 0) as count_accounts_incomplete,
        coalesce(counted.count_accounts, 0) < parameters.minimum_answers as is_suppressed,
        counted.score_sum,
        counted.score_square_sum
    from composites
    cross join {{ source('control', 'run_parameters') }} as parameters
    left join counted on composites.composite_id = counted.composite_id
)

select
    composite_id,
    composite_label,
    count_parts,
    count_accounts,
    count_accounts_incomplete,
    is_suppressed,
    cast(case when not is_suppressed then score_sum / count_accounts end as decimal(12, 6)) as composite_score,
    cast(
        case
            when not is_suppressed
                then sqrt(
                    greatest(score_square_sum - score_sum * score_sum / count_accounts, 0)
                    / nullif(count_accounts - 1, 0) / count_accounts
                )
        end as decimal(12, 6)
    ) as composite_standard_error
from shown
