-- What must hold: all time, the years and the quarters each hold every known brand rating once, those without a date too.
-- Why: a rating that falls between periods would be missing from a trend without a word.
-- A returned row is a kind of period whose ratings do not add up.
with known as (
    select count(*) as count_known
    from {{ ref('fct_wallet_share') }}
    where is_known
)

select
    trend.period_kind,
    sum(trend.count_responses) as count_responses,
    max(known.count_known) as count_known
from {{ ref('agg_competitive_trend') }} as trend
cross join known
group by trend.period_kind
having sum(trend.count_responses) <> max(known.count_known)
