-- Intervals in which an account paid us regularly: contract terms, or the periods of recurring revenue lines,
-- whichever the run's parameters name. `active_to` is the first day after; open-ended terms run to 9999-12-31.
with contracts as (
    select
        contracts.contract_id as activity_id,
        contracts.account_id,
        contracts.start_date as active_from,
        coalesce(
            cast({{ dbt.dateadd('day', 1, 'contracts.end_date') }} as date), cast('9999-12-31' as date)
        ) as active_to,
        contracts.mrr_amount
    from {{ ref('int_contracts__converted') }} as contracts
    cross join {{ source('control', 'run_parameters') }} as parameters
    where parameters.mrr_source = 'contracts' and contracts.is_matched
),

revenue_periods as (
    select
        revenue.revenue_id as activity_id,
        revenue.account_id,
        -- A line without an end covers the month it is dated in, all of it: one dated the 10th pays from the first.
        case when revenue.period_end is null then revenue.revenue_month else revenue.period_start end as active_from,
        coalesce(
            cast({{ dbt.dateadd('day', 1, 'revenue.period_end') }} as date), {{ add_months('revenue.revenue_month', 1) }}
        ) as active_to,
        revenue.amount
    from {{ ref('int_revenue__converted') }} as revenue
    cross join {{ source('control', 'run_parameters') }} as parameters
    where parameters.mrr_source = 'revenue' and revenue.is_matched and revenue.kind = 'recurring'
),

revenue as (
    select
        activity_id,
        account_id,
        active_from,
        active_to,
        -- An annual invoice is a twelfth of its amount a month, a weekly one a month's worth of weeks. Months are counted
        -- in days: one billed from the 31st to the 29th is a month, though it touches three.
        cast(
            case
                when {{ days_between('active_from', 'active_to') }} < 28
                    then amount * 30.4375 / {{ days_between('active_from', 'active_to') }}
                else amount / round({{ days_between('active_from', 'active_to') }} / 30.4375, 0)
            end as decimal(18, 2)
        ) as mrr_amount
    from revenue_periods
)

select activity_id, account_id, active_from, active_to, mrr_amount from contracts
union all
select activity_id, account_id, active_from, active_to, mrr_amount from revenue
