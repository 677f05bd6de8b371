-- What must hold: the active accounts of dim_accounts, and what they pay, are those that the revenue bridge closes with.
-- Why: the business case stands on these accounts; finance must find the same revenue in the bridge.
-- A returned row is the as-of month where they differ.
with accounts as (
    select
        cast(count(*) as bigint) as count_accounts,
        coalesce({{ sum_money('mrr_amount') }}, 0) as mrr_amount
    from {{ ref('dim_accounts') }}
    where is_active
)

select
    bridge.month,
    accounts.count_accounts,
    bridge.count_closing,
    accounts.mrr_amount,
    bridge.closing_amount
from {{ ref('agg_mrr_bridge') }} as bridge
inner join {{ ref('int_calendar__as_of') }} as calendar on bridge.month = calendar.as_of_month
cross join accounts
where
    bridge.slice_name = 'total'
    and (accounts.count_accounts <> bridge.count_closing or accounts.mrr_amount <> bridge.closing_amount)
