-- Revenue lines of known and unknown accounts in the reporting currency, at the rate of the month they begin in.
with revenue as (
    select
        revenue.*,
        resolved.resolved_account_id,
        {{ month_of('revenue.period_start') }} as revenue_month
    from {{ ref('stg_raw__revenue') }} as revenue
    left join {{ ref('int_accounts__resolved') }} as resolved on revenue.account_id = resolved.account_id
)

select
    revenue.revenue_id,
    coalesce(revenue.resolved_account_id, revenue.account_id) as account_id,
    revenue.resolved_account_id is not null as is_matched,
    revenue.product,
    revenue.revenue_month,
    revenue.period_start,
    revenue.period_end,
    revenue.kind,
    revenue.amount as original_amount,
    revenue.currency_code,
    {{ to_reporting_currency('revenue.amount', 'revenue.currency_code') }} as amount
from revenue
cross join {{ source('control', 'run_parameters') }} as parameters
left join {{ ref('stg_raw__fx_rates') }} as fx_rates
    on revenue.revenue_month = fx_rates.rate_month and revenue.currency_code = fx_rates.currency_code
