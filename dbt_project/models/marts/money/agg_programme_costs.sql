-- Booked programme costs in the reporting currency, at the rate of the month that they belong to. A line without a rate
-- has no amount and is counted. Months after as-of stay in, marked, so that all that was booked is here.
with costs as (
    select
        costs.category,
        {{ month_of('costs.cost_month') }} as month,
        {{ to_reporting_currency('costs.amount', 'costs.currency_code') }} as amount
    from {{ ref('stg_raw__programme_costs') }} as costs
    cross join {{ source('control', 'run_parameters') }} as parameters
    left join {{ ref('stg_raw__fx_rates') }} as fx_rates
        on {{ month_of('costs.cost_month') }} = fx_rates.rate_month and costs.currency_code = fx_rates.currency_code
),

summed as (
    select
        month,
        category,
        {{ sum_money('coalesce(amount, 0)') }} as amount,
        cast(count(*) as bigint) as count_lines,
        {{ count_where('amount is null') }} as count_unconverted
    from costs
    group by month, category
)

select
    summed.month,
    summed.category,
    parameters.reporting_currency as currency_code,
    summed.amount,
    summed.count_lines,
    summed.count_unconverted,
    summed.month <= calendar.as_of_month as is_over
from summed
cross join {{ source('control', 'run_parameters') }} as parameters
cross join {{ ref('int_calendar__as_of') }} as calendar
