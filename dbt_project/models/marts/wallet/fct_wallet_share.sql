-- Wallet Allocation Rule (Keiningham et al.): share = (1 - rank / (n + 1)) * 2 / n over the n brands a respondent uses; ties take
-- the mid-rank. Ranks come from the ratings (higher is better) or, where given, from the stated rank (lower is better).
with ratings as (
    select
        *,
        coalesce(-rating, brand_rank) as order_value
    from {{ ref('int_wallet__ratings') }}
    where coalesce(-rating, brand_rank) is not null
),

ranked as (
    select
        response_id,
        brand,
        cast(rank() over (partition by response_id order by order_value) as bigint) as first_rank,
        cast(count(*) over (partition by response_id, order_value) as bigint) as count_tied,
        cast(count(*) over (partition by response_id) as bigint) as count_brands
    from ratings
)

select
    ratings.response_id,
    ratings.brand,
    ratings.is_us,
    ratings.account_id,
    ratings.is_matched,
    ranked.count_brands,
    -- The mean of the places that tied brands share: first, ..., first + tied - 1.
    cast(ranked.first_rank + (ranked.count_tied - 1) / 2.0 as decimal(9, 1)) as mid_rank,
    cast(
        cast(
            2 * (2 * (ranked.count_brands + 1) - 2 * ranked.first_rank - (ranked.count_tied - 1)) as double
        ) / (2 * ranked.count_brands * (ranked.count_brands + 1)) as double
    ) as war_share,
    ratings.spend_share,
    cast(ratings.responded_at as {{ timestamp_type() }}) as responded_at,
    ratings.period_start_date,
    ratings.period,
    ratings.is_known,
    ratings.rating,
    ratings.perceived_value,
    ranked.first_rank = 1 and ranked.count_tied = 1 as is_first_choice
from ratings
inner join ranked on ratings.response_id = ranked.response_id and ratings.brand = ranked.brand
