-- Counted once per month, survey and channel; totals add these up, so they cannot disagree with their parts.
with counted as (
    select
        cast(sent_month as {{ dbt.type_string() }}) as month,
        survey,
        channel,
        cast(count(*) as bigint) as count_invited,
        {{ count_where('is_answered') }} as count_answered,
        {{ count_where('is_gap_violation') }} as count_gap_violations,
        {{ count_where('response_lag_minutes <= 24 * 60') }} as count_within_day,
        cast(sum(cast(response_lag_minutes as decimal(28, 2))) as decimal(38, 2)) as lag_minutes
    from {{ ref('fct_survey_invitations') }}
    group by sent_month, survey, channel
),

sliced as (
    {%- for period in ["'all'", 'month'] %}
    {%- for slice, survey, channel in [
        ('total', "'all'", "'all'"), ('survey', 'survey', "'all'"), ('survey_channel', 'survey', 'channel')
    ] %}
    {{ 'union all' if not (loop.first and period == "'all'") }}
    select
        {{ period }} as period,
        '{{ slice }}' as slice_name,
        {{ survey }} as survey,
        {{ channel }} as channel,
        count_invited,
        count_answered,
        count_gap_violations,
        count_within_day,
        lag_minutes
    from counted
    {%- endfor %}
    {%- endfor %}
),

summed as (
    select
        period,
        slice_name,
        survey,
        channel,
        cast(sum(count_invited) as bigint) as count_invited,
        cast(sum(count_answered) as bigint) as count_answered,
        cast(sum(count_gap_violations) as bigint) as count_gap_violations,
        cast(sum(count_within_day) as bigint) as count_within_day,
        cast(sum(lag_minutes) as decimal(38, 2)) as lag_minutes
    from sliced
    group by period, slice_name, survey, channel
)

select
    summed.period,
    summed.slice_name,
    summed.survey,
    summed.channel,
    summed.count_invited,
    summed.count_answered,
    summed.count_gap_violations,
    summed.count_invited < parameters.minimum_answers as is_suppressed,
    cast(
        case
            when summed.count_invited >= parameters.minimum_answers
                then 100.0 * summed.count_answered / summed.count_invited
        end as decimal(12, 6)
    ) as response_rate_pct,
    -- What is said about answers needs enough answers, not only enough invitations.
    cast(
        case
            when summed.count_answered >= parameters.minimum_answers
                then summed.lag_minutes / nullif(summed.count_answered, 0)
        end as decimal(18, 2)
    ) as mean_lag_minutes,
    cast(
        case
            when summed.count_answered >= parameters.minimum_answers
                then 100.0 * summed.count_within_day / nullif(summed.count_answered, 0)
        end as decimal(12, 6)
    ) as within_day_pct
from summed
cross join {{ source('control', 'run_parameters') }} as parameters
