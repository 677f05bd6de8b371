-- What must hold: the answers of all segments, "unknown" included, sum to the total of the metric.
-- Why: a reader adds segments up; a missing one would be a silent WHERE.
-- A returned row is a metric whose segments and total differ.
with totals as (
    select
        metric_id,
        sum(case when slice_name = 'total' then count_answers else 0 end) as count_total,
        sum(case when slice_name = 'segment' then count_answers else 0 end) as count_segments
    from {{ ref('agg_metric_scores') }}
    where period = 'all'
    group by metric_id
)

select *
from totals
where count_total <> count_segments
