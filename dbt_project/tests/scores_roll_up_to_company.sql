-- What must hold: the means of a slice's values, weighted by their answers, give the company's mean; so do favourable and
--   top-box shares and NPS. Judged where no value of the slice is withheld.
-- Why: a segment's score that does not add up to the company's was computed on other answers.
-- A returned row is a slice whose roll-up differs from the total.
with slices as (
    select
        audience,
        metric_id,
        metric_version,
        period_kind,
        period,
        slice_name,
        sum(cast(count_answers * mean_score as double)) / sum(count_answers) as mean_score,
        sum(cast(count_answers * top_box_pct as double)) / sum(count_answers) as top_box_pct,
        sum(cast(count_answers * high_pct as double)) / sum(count_answers) as high_pct,
        sum(cast(count_answers * nps_score as double)) / sum(count_answers) as nps_score,
        {{ count_where('is_suppressed') }} as count_suppressed
    from {{ ref('agg_metric_scores') }}
    group by audience, metric_id, metric_version, period_kind, period, slice_name
)

select
    slices.*,
    totals.mean_score as company_mean_score
from {{ ref('agg_metric_scores') }} as totals
inner join slices
    on
        totals.audience = slices.audience
        and totals.metric_id = slices.metric_id
        and totals.metric_version = slices.metric_version
        and totals.period_kind = slices.period_kind
        and totals.period = slices.period
where
    totals.slice_name = 'total'
    and slices.count_suppressed = 0
    and (
        abs(totals.mean_score - slices.mean_score) > 1e-5
        or abs(totals.top_box_pct - slices.top_box_pct) > 1e-5
        or abs(totals.high_pct - slices.high_pct) > 1e-5
        or abs(totals.nps_score - slices.nps_score) > 1e-5
    )
