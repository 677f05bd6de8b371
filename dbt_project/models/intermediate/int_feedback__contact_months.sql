-- Which answer of a person counts at the beginning of a month: their latest one known strictly before it and not yet
-- too old. An answer is visible from the month after it was known, so `known_at < month` holds by construction; it
-- is hidden by the person's next answer. Several answers of a person at one instant count as their mean.
with answers as (
    select
        metric_id,
        account_id,
        contact_key,
        known_at,
        max(contact_role) as contact_role,
        cast(sum(cast(oriented_score as decimal(18, 4))) / count(*) as decimal(9, 4)) as score,
        {{ add_months(month_of('known_at'), 1) }} as visible_from
    from {{ ref('int_survey__matched') }}
    -- A question on another scale is another question: its answers are scored, and not mixed into an account's state.
    where is_matched and audience = 'customer' and is_current_version
    group by metric_id, account_id, contact_key, known_at
),

intervals as (
    select
        *,
        coalesce(
            lead(visible_from) over (partition by metric_id, account_id, contact_key order by known_at),
            cast('9999-12-01' as date)
        ) as hidden_from
    from answers
),

-- Months an answer could still count in. Offsets instead of a range join: linear, and the same on every engine.
offsets as (
    select month_number
    from (
        {%- for month_number in range(0, 61) %}
        {{ 'union all ' if not loop.first }}select {{ month_number }} as month_number
        {%- endfor %}
    ) as numbers
),

expanded as (
    select
        intervals.metric_id,
        intervals.account_id,
        intervals.contact_key,
        intervals.contact_role,
        intervals.score,
        intervals.known_at,
        intervals.hidden_from,
        coalesce(metrics.horizon_days, parameters.stale_days) as stale_days,
        {{ add_months('intervals.visible_from', 'offsets.month_number') }} as month
    from intervals
    cross join {{ source('control', 'run_parameters') }} as parameters
    inner join {{ source('control', 'metrics') }} as metrics on intervals.metric_id = metrics.metric_id
    inner join offsets on offsets.month_number * 28 <= coalesce(metrics.horizon_days, parameters.stale_days)
)

select
    expanded.metric_id,
    expanded.account_id,
    expanded.contact_key,
    expanded.contact_role,
    expanded.month,
    expanded.score,
    expanded.known_at,
    cast({{ days_between('expanded.known_at', 'expanded.month') }} as int) as age_days
from expanded
cross join {{ ref('int_calendar__as_of') }} as calendar
where
    expanded.month < expanded.hidden_from
    and expanded.month <= calendar.next_month
    and {{ days_between('expanded.known_at', 'expanded.month') }} <= expanded.stale_days
