-- Every accepted customer answer counts once in the total and once in its segment ("unknown" included), so segments
-- sum to the total. Below the configured number of answers the scores are withheld, the count is not.
with answers as (
    select *
    from {{ ref('fct_survey_responses') }}
    where audience = 'customer' and is_current_version
),

sliced as (
    select metric_id, 'all' as period, 'total' as slice_name, 'total' as slice_value, score, score_class, account_id from answers
    union all
    select metric_id, 'all' as period, 'segment' as slice_name, segment as slice_value, score, score_class, account_id
    from answers
    union all
    select
        metric_id,
        cast({{ month_of('responded_at') }} as {{ dbt.type_string() }}) as period,
        'total' as slice_name,
        'total' as slice_value,
        score,
        score_class,
        account_id
    from answers
),

counted as (
    select
        metric_id,
        period,
        slice_name,
        slice_value,
        cast(count(*) as bigint) as count_answers,
        cast(count(distinct account_id) as bigint) as count_accounts,
        {{ count_where("score_class = 'high'") }} as count_high,
        {{ count_where("score_class = 'middle'") }} as count_middle,
        {{ count_where("score_class = 'low'") }} as count_low,
        cast(sum(cast(score as decimal(28, 4))) as decimal(38, 4)) as score_sum
    from sliced
    group by metric_id, period, slice_name, slice_value
),

shown as (
    select
        counted.*,
        metrics.label as metric_label,
        metrics.kind as metric_kind,
        metrics.scale_max,
        counted.count_answers < parameters.minimum_answers as is_suppressed,
        (
            counted.count_high + counted.count_low
            - cast((counted.count_high - counted.count_low) * (counted.count_high - counted.count_low) as double)
            / counted.count_answers
        ) / counted.count_answers as nps_variance
    from counted
    inner join {{ source('control', 'metrics') }} as metrics on counted.metric_id = metrics.metric_id
    cross join {{ source('control', 'run_parameters') }} as parameters
)

select
    metric_id,
    metric_label,
    metric_kind,
    period,
    slice_name,
    slice_value,
    count_answers,
    count_accounts,
    count_high,
    count_middle,
    count_low,
    is_suppressed,
    cast(case when not is_suppressed then score_sum / count_answers end as decimal(12, 6)) as mean_score,
    cast(case when not is_suppressed then 100 * score_sum / (count_answers * scale_max) end as decimal(12, 6))
        as maximum_pct,
    cast(case when not is_suppressed then 100.0 * count_high / count_answers end as decimal(12, 6)) as high_pct,
    cast(case when not is_suppressed then 100.0 * count_low / count_answers end as decimal(12, 6)) as low_pct,
    cast(
        case when not is_suppressed and metric_kind = 'nps' then 100.0 * (count_high - count_low) / count_answers end
        as decimal(12, 6)
    ) as nps_score,
    -- sqrt((P + D - (P - D)^2) / n), in points
    cast(
        case
            when not is_suppressed and metric_kind = 'nps' then 100 * sqrt(nps_variance / count_answers)
        end as decimal(12, 6)
    ) as nps_standard_error
from shown
