-- How brands stand and move against one another. A brand's relative score is its own less that of the others in the same
-- respondents, so a tide that lifts all brands moves the absolute trend and leaves the relative one flat.
-- The score is the rating; where respondents only ranked brands, it is the share that the ranks imply.
with shares as (
    select *
    from {{ ref('fct_wallet_share') }}
    where is_known
),

basis as (
    select case when count(rating) > 0 then 'rating' else 'war_share' end as score_basis
    from shares
),

scored as (
    select
        shares.*,
        basis.score_basis,
        case
            when basis.score_basis = 'rating' then cast(shares.rating as decimal(18, 12))
            else cast(shares.war_share as decimal(18, 12))
        end as score
    from shares
    cross join basis
),

totals as (
    select
        *,
        sum(score) over (partition by response_id) as total_score,
        cast(count(score) over (partition by response_id) as bigint) as count_total,
        sum(case when not is_us then score end) over (partition by response_id) as competitor_score,
        cast(count(case when not is_us then score end) over (partition by response_id) as bigint) as count_competitors
    from scored
),

compared as (
    select
        *,
        cast(
            score - case
                when is_us then competitor_score / nullif(count_competitors, 0)
                else (total_score - score) / nullif(count_total - 1, 0)
            end as decimal(18, 12)
        ) as relative_score
    from totals
),

sliced as (
    {{ wallet_periods('compared') }}
),

counted as (
    select
        period_kind,
        slice_period as period,
        slice_start_date as period_start_date,
        brand,
        is_us,
        score_basis,
        cast(count(*) as bigint) as count_responses,
        cast(count(score) as bigint) as count_scored,
        cast(count(relative_score) as bigint) as count_compared,
        sum(score) as score_sum,
        sum(cast(rating as decimal(28, 4))) / nullif(count(rating), 0) as mean_rating,
        sum(cast(war_share as decimal(18, 12))) / count(*) as mean_war_share,
        sum(relative_score) as relative_sum
    from sliced
    group by period_kind, slice_period, slice_start_date, brand, is_us, score_basis
),

shown as (
    select
        counted.*,
        counted.count_scored < parameters.minimum_answers as is_suppressed,
        case
            when counted.count_scored >= parameters.minimum_answers
                then cast(counted.score_sum / nullif(counted.count_scored, 0) as decimal(12, 6))
        end as mean_score,
        case
            when counted.count_compared >= parameters.minimum_answers
                then cast(counted.relative_sum / nullif(counted.count_compared, 0) as decimal(12, 6))
        end as relative_score,
        -- The period before, by the calendar: a gap has no change.
        case counted.period_kind
            when 'year' then {{ add_months('counted.period_start_date', -12) }}
            when 'quarter' then {{ add_months('counted.period_start_date', -3) }}
        end as previous_start_date
    from counted
    cross join {{ source('control', 'run_parameters') }} as parameters
),

ranked as (
    select
        *,
        -- Only brands with enough answers have a place.
        rank() over (partition by period_kind, period, mean_score is null order by mean_score desc) as first_rank,
        count(*) over (partition by period_kind, period, mean_score) as count_tied
    from shown
)

select
    ranked.period_kind,
    ranked.period,
    ranked.period_start_date,
    ranked.brand,
    ranked.is_us,
    ranked.score_basis,
    ranked.count_responses,
    ranked.count_scored,
    ranked.count_compared,
    ranked.is_suppressed,
    cast(case when not ranked.is_suppressed then ranked.mean_rating end as decimal(12, 6)) as mean_rating,
    cast(case when not ranked.is_suppressed then ranked.mean_war_share end as decimal(12, 6)) as mean_war_share,
    cast(
        case when ranked.mean_score is not null then ranked.first_rank + (ranked.count_tied - 1) / 2.0 end as decimal(9, 1)
    ) as competitive_rank,
    cast(ranked.mean_score as decimal(12, 6)) as mean_score,
    cast(ranked.relative_score as decimal(12, 6)) as relative_score,
    cast(ranked.mean_score - previous.mean_score as decimal(12, 6)) as absolute_change,
    cast(ranked.relative_score - previous.relative_score as decimal(12, 6)) as relative_change
from ranked
left join shown as previous
    on
        ranked.period_kind = previous.period_kind
        and ranked.previous_start_date = previous.period_start_date
        and ranked.brand = previous.brand
        and ranked.is_us = previous.is_us
