-- What must hold: at every lag the hazard cells sum to the account-months, their churn events and their revenue.
-- Why: the models read nothing but the cells; a lost or doubled row would bias every estimate.
-- A returned row is a lag whose totals differ.
with account_months as (
    select
        cast(count(*) as bigint) as count_at_risk,
        {{ count_where('is_churned') }} as count_churned,
        {{ sum_money('mrr_amount') }} as mrr_sum
    from {{ ref('fct_account_months') }}
),

cells as (
    select
        lag,
        sum(count_at_risk) as count_at_risk,
        sum(count_churned) as count_churned,
        {{ sum_money('mrr_sum') }} as mrr_sum
    from {{ ref('agg_hazard_cells') }}
    group by lag
)

select cells.*
from cells
cross join account_months
where
    cells.count_at_risk <> account_months.count_at_risk
    or cells.count_churned <> account_months.count_churned
    or cells.mrr_sum <> account_months.mrr_sum
