-- What must hold: the totals of each audience, metric and version, over all time, by quarter and by month, hold every accepted
--   answer once.
-- Why: a join that loses or doubles answers (an account, a product, a month of revenue) would keep slices equal to each other.
-- A returned row is a version whose answers and scores differ in number.
with answers as (
    select
        audience,
        metric_id,
        metric_version,
        cast(count(*) as bigint) as count_answers
    from {{ ref('int_survey__matched') }}
    group by audience, metric_id, metric_version
),

kinds as (
    select 'all' as period_kind
    union all
    select 'quarter' as period_kind
    union all
    select 'month' as period_kind
),

expected as (
    select
        answers.*,
        kinds.period_kind
    from answers
    cross join kinds
),

totals as (
    select
        audience,
        metric_id,
        metric_version,
        period_kind,
        cast(sum(count_answers) as bigint) as count_scored
    from {{ ref('agg_metric_scores') }}
    where slice_name = 'total'
    group by audience, metric_id, metric_version, period_kind
)

select
    expected.*,
    totals.count_scored
from expected
full outer join totals
    on
        expected.audience = totals.audience
        and expected.metric_id = totals.metric_id
        and expected.metric_version = totals.metric_version
        and expected.period_kind = totals.period_kind
where expected.count_answers is distinct from totals.count_scored
