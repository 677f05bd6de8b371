-- What must hold: matched and unmatched answers of all audiences and metrics sum to all accepted answers.
-- Why: matched + unmatched = total is only worth something if the total is every answer there is.
-- A returned row is a run in which the sums differ.
with accepted as (
    select count(*) as count_answers
    from {{ ref('stg_raw__survey_responses') }}
),

rates as (
    select
        coalesce(sum(case when metric_id <> 'all' then count_matched + count_unmatched else 0 end), 0) as count_metrics,
        coalesce(sum(case when metric_id = 'all' then count_matched + count_unmatched else 0 end), 0) as count_all
    from {{ ref('agg_match_rates') }}
)

select
    accepted.count_answers,
    rates.count_metrics,
    rates.count_all
from accepted
cross join rates
where accepted.count_answers <> rates.count_metrics or rates.count_metrics <> rates.count_all
