-- What a change of the rates of exchange alone did to an account's monthly recurring revenue in a month. Lines are
-- converted at the rate of the month they begin in, so the same price in another currency moves from line to line. Per
-- currency: what is paid at the end, less the same at the rate that held at the beginning. A line that runs on keeps
-- its rate and has no effect; nor has what is paid in the reporting currency.
with foreign_lines as (
    select
        revenue.revenue_id as activity_id,
        revenue.currency_code,
        revenue.original_amount,
        revenue.amount
    from {{ ref('int_revenue__converted') }} as revenue
    cross join {{ source('control', 'run_parameters') }} as parameters
    where parameters.mrr_source = 'revenue' and revenue.currency_code <> parameters.reporting_currency
    union all
    select
        contracts.contract_id as activity_id,
        contracts.currency_code,
        contracts.original_mrr_amount as original_amount,
        contracts.mrr_amount as amount
    from {{ ref('int_contracts__converted') }} as contracts
    cross join {{ source('control', 'run_parameters') }} as parameters
    where parameters.mrr_source = 'contracts' and contracts.currency_code <> parameters.reporting_currency
),

activity as (
    select
        activity.account_id,
        activity.active_from,
        activity.active_to,
        activity.mrr_amount,
        foreign_lines.currency_code,
        cast(
            activity.mrr_amount * foreign_lines.original_amount / nullif(foreign_lines.amount, 0) as decimal(28, 8)
        ) as original_mrr_amount
    from {{ ref('int_accounts__activity') }} as activity
    inner join foreign_lines on activity.activity_id = foreign_lines.activity_id
),

months as (
    select calendar.month
    from {{ ref('int_calendar__months') }} as calendar
    cross join {{ ref('int_calendar__as_of') }} as as_of
    where calendar.month between as_of.first_month and as_of.next_month
),

openings as (
    select
        activity.account_id,
        activity.currency_code,
        months.month,
        {{ sum_money('activity.mrr_amount') }} as mrr_amount,
        cast(sum(activity.original_mrr_amount) as decimal(38, 8)) as original_mrr_amount
    from activity
    inner join months on activity.active_from <= months.month and activity.active_to > months.month
    group by activity.account_id, activity.currency_code, months.month
),

with_closings as (
    select
        *,
        lead(month) over (partition by account_id, currency_code order by month) as closing_month,
        lead(mrr_amount) over (partition by account_id, currency_code order by month) as closing_mrr_amount,
        lead(original_mrr_amount) over (partition by account_id, currency_code order by month) as closing_original_mrr_amount
    from openings
),

effects as (
    select
        account_id,
        month,
        closing_mrr_amount - cast(
            cast(closing_original_mrr_amount as double) * cast(mrr_amount as double)
            / nullif(cast(original_mrr_amount as double), 0) as decimal(28, 2)
        ) as currency_effect_amount
    from with_closings
    where closing_month = {{ add_months('month', 1) }} and original_mrr_amount > 0 and closing_original_mrr_amount > 0
)

select
    account_id,
    month,
    {{ sum_money('currency_effect_amount') }} as currency_effect_amount
from effects
group by account_id, month
