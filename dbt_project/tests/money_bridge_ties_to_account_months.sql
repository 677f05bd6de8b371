-- What must hold: per month, the bridge opens with the revenue at risk of fct_account_months, its churn with a recorded
--   departure is the revenue of who left there, and both agree with agg_churn_rates; segments and regions sum to the total.
-- Why: finance's bridge and the hazard model must speak of the same accounts and the same money.
-- A returned row is a month (and slice) whose totals differ.
with account_months as (
    select
        month,
        {{ sum_money('coalesce(mrr_amount, 0)') }} as at_risk_amount,
        {{ sum_money('case when is_churned then coalesce(mrr_amount, 0) else 0 end') }} as churned_amount,
        cast(count(*) as bigint) as count_at_risk
    from {{ ref('fct_account_months') }}
    group by month
),

bridge as (
    select
        month,
        slice_name,
        sum(opening_amount) as opening_amount,
        sum(churn_amount - ended_amount) as churn_amount,
        sum(count_opening) as count_opening,
        sum(closing_amount) as closing_amount
    from {{ ref('agg_mrr_bridge') }}
    group by month, slice_name
),

churn_rates as (
    select
        month,
        slice_name,
        sum(mrr_at_risk_amount) as at_risk_amount,
        sum(mrr_churned_amount) as churned_amount
    from {{ ref('agg_churn_rates') }}
    group by month, slice_name
),

totals as (
    select month, closing_amount
    from bridge
    where slice_name = 'total'
)

select
    account_months.month,
    bridge.slice_name,
    account_months.at_risk_amount,
    bridge.opening_amount,
    account_months.churned_amount,
    bridge.churn_amount
from account_months
left join bridge on account_months.month = bridge.month
left join churn_rates on account_months.month = churn_rates.month and bridge.slice_name = churn_rates.slice_name
left join totals on account_months.month = totals.month
where
    bridge.opening_amount is distinct from account_months.at_risk_amount
    or bridge.churn_amount is distinct from account_months.churned_amount
    or bridge.count_opening is distinct from account_months.count_at_risk
    or bridge.closing_amount is distinct from totals.closing_amount
    or churn_rates.at_risk_amount is distinct from account_months.at_risk_amount
    or churn_rates.churned_amount is distinct from account_months.churned_amount
