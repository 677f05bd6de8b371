-- Revenue of the twelve months up to as-of less the cost to serve of the same months. Booked revenue of all kinds, by the
-- month its period begins in; without revenue lines at all, what the contracts were worth month by month. Accounts without
-- costs have no row, and an amount that has no rate of exchange leaves the margin unknown.
with costs as (
    select
        coalesce(resolved.resolved_account_id, costs.account_id) as account_id,
        {{ month_of('costs.cost_month') }} as cost_month,
        {{ to_reporting_currency('costs.amount', 'costs.currency_code') }} as amount
    from {{ ref('stg_raw__account_costs') }} as costs
    cross join {{ source('control', 'run_parameters') }} as parameters
    left join {{ ref('int_accounts__resolved') }} as resolved on costs.account_id = resolved.account_id
    left join {{ ref('stg_raw__fx_rates') }} as fx_rates
        on {{ month_of('costs.cost_month') }} = fx_rates.rate_month and costs.currency_code = fx_rates.currency_code
),

cost_sums as (
    select
        costs.account_id,
        cast(count(distinct costs.cost_month) as bigint) as count_cost_months,
        {{ count_where('costs.amount is null') }} as count_unknown,
        {{ sum_money('costs.amount') }} as cost_amount
    from costs
    cross join {{ ref('int_calendar__as_of') }} as calendar
    where costs.cost_month between {{ add_months('calendar.as_of_month', -11) }} and calendar.as_of_month
    group by costs.account_id
),

supply as (
    select count(*) as count_lines from {{ ref('int_revenue__converted') }}
),

revenue as (
    select account_id, revenue_month as month, amount from {{ ref('int_revenue__converted') }}
    union all
    select
        spine.account_id,
        spine.month,
        spine.mrr_amount as amount
    from {{ ref('int_account_months__spine') }} as spine
    cross join supply
    where supply.count_lines = 0
),

revenue_sums as (
    select
        revenue.account_id,
        {{ count_where('revenue.amount is null') }} as count_unknown,
        {{ sum_money('revenue.amount') }} as revenue_amount
    from revenue
    cross join {{ ref('int_calendar__as_of') }} as calendar
    where revenue.month between {{ add_months('calendar.as_of_month', -11) }} and calendar.as_of_month
    group by revenue.account_id
)

select
    cost_sums.account_id,
    cost_sums.count_cost_months,
    case when coalesce(revenue_sums.count_unknown, 0) = 0 then coalesce(revenue_sums.revenue_amount, 0) end
        as revenue_amount,
    case when cost_sums.count_unknown = 0 then cost_sums.cost_amount end as cost_amount,
    case
        when coalesce(revenue_sums.count_unknown, 0) = 0 and cost_sums.count_unknown = 0
            then coalesce(revenue_sums.revenue_amount, 0) - cost_sums.cost_amount
    end as margin_amount
from cost_sums
left join revenue_sums on cost_sums.account_id = revenue_sums.account_id
