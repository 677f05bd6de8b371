-- Brand ratings with the surviving account and the quarter they were given in. Nothing is dropped: ratings of unknown
-- accounts, without a date or given after as-of stay, flagged.
with ratings as (
    select
        ratings.*,
        cast({{ dbt.date_trunc('quarter', 'ratings.responded_at') }} as date) as period_start_date
    from {{ ref('stg_raw__brand_ratings') }} as ratings
)

select
    ratings.response_id,
    ratings.brand,
    ratings.is_us,
    coalesce(resolved.resolved_account_id, ratings.account_id) as account_id,
    resolved.resolved_account_id is not null as is_matched,
    ratings.rating,
    ratings.brand_rank,
    ratings.spend_share,
    ratings.perceived_value,
    ratings.responded_at,
    ratings.period_start_date,
    coalesce(
        cast(extract(year from ratings.period_start_date) as {{ dbt.type_string() }}) || '-Q'
        || cast(extract(quarter from ratings.period_start_date) as {{ dbt.type_string() }}), 'unknown'
    ) as period,
    -- Known now; a rating without a date is taken as known.
    ratings.responded_at is null or ratings.responded_at < calendar.next_month as is_known
from ratings
cross join {{ ref('int_calendar__as_of') }} as calendar
left join {{ ref('int_accounts__resolved') }} as resolved on ratings.account_id = resolved.account_id
