-- Every accepted answer counts once in the total and once in each other slice ("unknown" included), so slices sum to the
-- total. Below the configured number of answers the scores are withheld; counts and weights are not.
with summed as (
    select
        audience,
        metric_id,
        metric_version,
        period_kind,
        period_date,
        slice_name,
        slice_value,
        cast(count(account_id) as bigint) as count_accounts,
        {%- for column in ['answers', 'people', 'high', 'middle', 'low', 'top_box'] %}
        cast(sum(count_{{ column }}) as bigint) as count_{{ column }},
        {%- endfor %}
        cast(sum(score_sum) as decimal(38, 4)) as score_sum,
        cast(sum(score_square_sum) as decimal(38, 8)) as score_square_sum,
        cast(sum(knot_score_sum) as decimal(38, 4)) as knot_score_sum,
        cast(sum(weight_sum) as decimal(38, 2)) as weight_sum,
        cast(sum(weight_square_sum) as decimal(38, 4)) as weight_square_sum,
        cast(sum(weighted_score_sum) as decimal(38, 6)) as weighted_score_sum,
        cast(sum(weighted_high_sum) as decimal(38, 2)) as weighted_high_sum,
        cast(sum(weighted_low_sum) as decimal(38, 2)) as weighted_low_sum,
        -- Answers without an account have no weight, so their common row is never the largest.
        max(weight_sum) as largest_weight
    from {{ ref('int_feedback__account_periods') }}
    group by audience, metric_id, metric_version, period_kind, period_date, slice_name, slice_value
),

estimated as (
    select
        summed.*,
        metrics.label as metric_label,
        metrics.kind as metric_kind,
        versions.is_current as is_current_version,
        versions.scale_max,
        summed.count_answers < parameters.minimum_answers as is_suppressed,
        cast(summed.score_sum as double) / summed.count_answers as mean_score,
        -- Of the mean: the spread of the answers, estimated from them (n - 1).
        sqrt(
            greatest(
                cast(summed.score_square_sum as double)
                - cast(summed.score_sum as double) * cast(summed.score_sum as double) / summed.count_answers,
                0
            ) / nullif(summed.count_answers - 1, 0) / summed.count_answers
        ) as mean_standard_error,
        case when metrics.kind = 'nps' then 100.0 * (summed.count_high - summed.count_low) / summed.count_answers end
            as nps_score,
        -- sqrt((P + D - (P - D)^2) / n), in points
        case
            when metrics.kind = 'nps'
                then 100 * sqrt(
                    (
                        summed.count_high + summed.count_low
                        - cast(summed.count_high - summed.count_low as double)
                        * (summed.count_high - summed.count_low) / summed.count_answers
                    ) / summed.count_answers / summed.count_answers
                )
        end as nps_standard_error
    from summed
    inner join {{ source('control', 'metrics') }} as metrics on summed.metric_id = metrics.metric_id
    inner join {{ source('control', 'metric_versions') }} as versions
        on summed.metric_id = versions.metric_id and summed.metric_version = versions.version
    cross join {{ source('control', 'run_parameters') }} as parameters
),

headed as (
    -- The number a metric is known by: net promoters for NPS, the mean for the rest.
    select
        estimated.*,
        case when metric_kind = 'nps' then nps_score else mean_score end as headline_score,
        case when metric_kind = 'nps' then nps_standard_error else mean_standard_error end as headline_standard_error
    from estimated
)

select
    audience,
    metric_id,
    metric_label,
    metric_kind,
    metric_version,
    is_current_version,
    period_kind,
    case when period_kind = 'all' then 'all' else cast(period_date as {{ dbt.type_string() }}) end as period,
    period_date,
    slice_name,
    slice_value,
    count_answers,
    count_accounts,
    count_people,
    count_high,
    count_middle,
    count_low,
    is_suppressed,
    {%- set scores = [
        ('mean_score', 'mean_score'),
        ('mean_standard_error', 'mean_standard_error'),
        ('knot_mean_score', 'cast(knot_score_sum as double) / count_answers'),
        ('maximum_pct', '100 * mean_score / nullif(scale_max, 0)'),
        ('top_box_pct', '100.0 * count_top_box / count_answers'),
        ('high_pct', '100.0 * count_high / count_answers'),
        ('low_pct', '100.0 * count_low / count_answers'),
        ('nps_score', 'nps_score'),
        ('nps_standard_error', 'nps_standard_error'),
        ('headline_score', 'headline_score'),
        ('headline_standard_error', 'headline_standard_error'),
        ('headline_low_score', 'headline_score - 1.959964 * headline_standard_error'),
        ('headline_high_score', 'headline_score + 1.959964 * headline_standard_error'),
        ('emotion_ratio', 'cast(count_high as double) / nullif(count_low, 0)'),
        ('weighted_mean_score', 'cast(weighted_score_sum as double) / nullif(weight_sum, 0)'),
        (
            'weighted_nps_score',
            "case when metric_kind = 'nps' then "
            ~ "100 * cast(weighted_high_sum - weighted_low_sum as double) / nullif(weight_sum, 0) end"
        ),
    ] %}
    {%- for name, expression in scores %}
    cast(case when not is_suppressed then {{ expression }} end as decimal(18, 6)) as {{ name }},
    {%- endfor %}
    -- Kish: as many answers of equal weight would say as much.
    cast(cast(weight_sum as double) * cast(weight_sum as double) / nullif(weight_square_sum, 0) as decimal(18, 6)) as effective_n,
    cast(100 * cast(largest_weight as double) / nullif(weight_sum, 0) as decimal(12, 6)) as largest_weight_pct
from headed
