{{ config(materialized="view") }}

-- Which answer of a person counts at the beginning of a month: the one whose span holds the month. A view, because it is
-- by far the longest table of the project and read once.
with offsets as (
    -- Offsets instead of a range join: linear, and the same on every engine.
    select month_number
    from (
        {%- for month_number in range(0, 61) %}
        {{ 'union all ' if not loop.first }}select {{ month_number }} as month_number
        {%- endfor %}
    ) as numbers
),

spans as (
    select
        spans.*,
        {{ months_between(
            'spans.visible_from', 'least(spans.hidden_from, ' ~ add_months('calendar.next_month', 1) ~ ')'
        ) }} as count_months
    from {{ ref('int_feedback__answer_spans') }} as spans
    cross join {{ ref('int_calendar__as_of') }} as calendar
)

select
    spans.metric_id,
    spans.account_id,
    spans.contact_key,
    spans.contact_role,
    {{ add_months('spans.visible_from', 'offsets.month_number') }} as month,
    spans.score,
    spans.known_at,
    spans.hidden_from,
    cast(
        {{ days_between('spans.known_at', add_months('spans.visible_from', 'offsets.month_number')) }} as int
    ) as age_days
from spans
inner join offsets on spans.count_months > offsets.month_number
