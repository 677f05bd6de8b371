-- What must hold: in every period the answers of each slice, "unknown" included, sum to the total of the metric's version,
--   in all and by class; every slice that is shown for a kind of period is there in each period.
-- Why: a reader adds segments up; a missing one would be a silent WHERE.
-- A returned row is a slice whose values and total differ, or a period that lacks a slice others have.
with slices as (
    select
        audience,
        metric_id,
        metric_version,
        period_kind,
        period,
        slice_name,
        sum(count_answers) as count_answers,
        sum(count_high) as count_high,
        sum(count_middle) as count_middle,
        sum(count_low) as count_low
    from {{ ref('agg_metric_scores') }}
    group by audience, metric_id, metric_version, period_kind, period, slice_name
),

kinds as (
    select distinct
        period_kind,
        slice_name
    from slices
),

expected as (
    -- Every period of a version must have every slice that this kind of period is shown in.
    select
        totals.*,
        kinds.slice_name as expected_slice_name
    from slices as totals
    inner join kinds on totals.period_kind = kinds.period_kind
    where totals.slice_name = 'total'
)

select
    expected.audience,
    expected.metric_id,
    expected.metric_version,
    expected.period,
    expected.expected_slice_name,
    expected.count_answers as count_total,
    slices.count_answers
from expected
left join slices
    on
        expected.audience = slices.audience
        and expected.metric_id = slices.metric_id
        and expected.metric_version = slices.metric_version
        and expected.period_kind = slices.period_kind
        and expected.period = slices.period
        and expected.expected_slice_name = slices.slice_name
where
    expected.count_answers is distinct from slices.count_answers
    or expected.count_high is distinct from slices.count_high
    or expected.count_middle is distinct from slices.count_middle
    or expected.count_low is distinct from slices.count_low
