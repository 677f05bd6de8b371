-- Both sides in the reporting currency; every revenue line is in, matched to an account or not.
with revenue as (
    select
        revenue_month as month,
        {{ sum_money('amount') }} as revenue_amount,
        {{ sum_money('case when not is_matched then amount else 0 end') }} as unmatched_amount,
        {{ count_where('amount is null') }} as count_unconverted
    from {{ ref('int_revenue__converted') }}
    group by revenue_month
),

ledger as (
    select
        {{ month_of('ledger.period') }} as month,
        {{ sum_money(to_reporting_currency('ledger.amount', 'ledger.currency_code')) }} as ledger_amount
    from {{ ref('stg_raw__ledger_revenue') }} as ledger
    cross join {{ source('control', 'run_parameters') }} as parameters
    left join {{ ref('stg_raw__fx_rates') }} as fx_rates
        on
            {{ month_of('ledger.period') }} = fx_rates.rate_month
            and ledger.currency_code = fx_rates.currency_code
    group by {{ month_of('ledger.period') }}
)

select
    coalesce(revenue.month, ledger.month) as month,
    coalesce(revenue.revenue_amount, 0) as revenue_amount,
    coalesce(revenue.unmatched_amount, 0) as unmatched_amount,
    coalesce(revenue.count_unconverted, 0) as count_unconverted,
    ledger.ledger_amount,
    cast(coalesce(revenue.revenue_amount, 0) - ledger.ledger_amount as decimal(38, 2)) as unexplained_amount
from revenue
full outer join ledger on revenue.month = ledger.month
