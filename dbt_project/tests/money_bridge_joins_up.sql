-- What must hold: the closing of a month is the opening of the next, in every slice.
-- Why: a bridge with a gap between two months hides revenue that came or went.
-- A returned row is a slice and month whose opening is not the closing before it.
with steps as (
    select slice_name, slice_value, month, opening_amount, cast(0 as decimal(38, 2)) as closing_before_amount
    from {{ ref('agg_mrr_bridge') }}
    union all
    select
        slice_name,
        slice_value,
        {{ add_months('month', 1) }} as month,
        cast(0 as decimal(38, 2)) as opening_amount,
        closing_amount as closing_before_amount
    from {{ ref('agg_mrr_bridge') }}
),

summed as (
    select
        slice_name,
        slice_value,
        month,
        sum(opening_amount) as opening_amount,
        sum(closing_before_amount) as closing_before_amount
    from steps
    group by slice_name, slice_value, month
)

select summed.*
from summed
cross join {{ ref('int_calendar__as_of') }} as calendar
where
    summed.month > calendar.first_month
    and summed.month < calendar.next_month
    and summed.opening_amount <> summed.closing_before_amount
