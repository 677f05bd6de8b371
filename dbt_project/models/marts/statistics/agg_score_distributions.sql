-- How often each score was given: what an uplift tilts, and what a change of the mix is held against. `current` counts
-- each person's answer that counts at the beginning of the month after as-of.
with answers as (
    select
        metric_id,
        metric_version,
        score,
        score_class,
        is_current,
        {{ quarter_of('responded_at') }} as quarter
    from {{ ref('fct_survey_responses') }}
    where audience = 'customer'
),

periods as (
    select
        'all' as period,
        metric_id,
        metric_version,
        score,
        score_class
    from answers
    union all
    select
        'current' as period,
        metric_id,
        metric_version,
        score,
        score_class
    from answers
    where is_current
    union all
    select
        cast(quarter as {{ dbt.type_string() }}) as period,
        metric_id,
        metric_version,
        score,
        score_class
    from answers
)

select
    metric_id,
    metric_version,
    period,
    score,
    max(score_class) as score_class,
    cast(count(*) as bigint) as count_answers
from periods
group by metric_id, metric_version, period, score
