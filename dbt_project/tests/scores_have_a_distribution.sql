-- What must hold: the distributions hold every customer answer, and the current one each person's counting answer.
-- Why: an uplift tilts the distribution; an answer lost from it would be money lost from the case.
-- A returned row is a metric and period whose counts differ.
with counted as (
    select
        metric_id,
        cast(count(*) as bigint) as count_all,
        {{ count_where('is_current') }} as count_current
    from {{ ref('fct_survey_responses') }}
    where audience = 'customer'
    group by metric_id
),

distributed as (
    select
        metric_id,
        sum(case when period = 'all' then count_answers else 0 end) as count_all,
        sum(case when period = 'current' then count_answers else 0 end) as count_current,
        sum(case when period not in ('all', 'current') then count_answers else 0 end) as count_by_quarter
    from {{ ref('agg_score_distributions') }}
    group by metric_id
)

select counted.metric_id
from counted
left join distributed on counted.metric_id = distributed.metric_id
where
    counted.count_all <> coalesce(distributed.count_all, 0)
    or counted.count_all <> coalesce(distributed.count_by_quarter, 0)
    or counted.count_current <> coalesce(distributed.count_current, 0)
