-- Ratings of attributes with the person and account of the response they were given in. A response answers several
-- metrics, by one person at one time: its first says who and when. Ratings of unknown responses stay, unmatched.
with responses as (
    select
        response_id,
        account_id,
        contact_key,
        audience,
        known_at,
        is_matched,
        row_number() over (partition by response_id order by metric_id) as place
    from {{ ref('int_survey__matched') }}
),

ratings as (
    select
        ratings.response_id,
        ratings.attribute,
        ratings.score,
        ratings.scale_min,
        ratings.scale_max,
        cast(
            100.0 * (ratings.score - ratings.scale_min) / nullif(ratings.scale_max - ratings.scale_min, 0)
            as decimal(9, 4)
        ) as performance_pct,
        responses.account_id,
        responses.contact_key,
        coalesce(responses.audience, 'unknown') as audience,
        cast(responses.known_at as {{ timestamp_type() }}) as known_at,
        coalesce(responses.is_matched, false) as is_matched,
        coalesce(
            responses.is_matched
            and responses.known_at < calendar.next_month
            and {{ days_between('responses.known_at', 'calendar.next_month') }} <= parameters.stale_days, false
        ) as is_fresh
    from {{ ref('stg_raw__attribute_ratings') }} as ratings
    cross join {{ ref('int_calendar__as_of') }} as calendar
    cross join {{ source('control', 'run_parameters') }} as parameters
    left join responses on ratings.response_id = responses.response_id and responses.place = 1
)

select
    response_id,
    attribute,
    score,
    scale_min,
    scale_max,
    performance_pct,
    account_id,
    contact_key,
    audience,
    known_at,
    is_matched,
    is_fresh and row_number() over (
        partition by account_id, contact_key, audience, attribute, is_fresh
        order by known_at desc nulls last, response_id asc
    ) = 1 as is_current
from ratings
