-- What must hold: the months of the reconciliation sum to all converted revenue, to the cent.
-- Why: finance ties this table to the ledger; a lost month would look like an unexplained difference.
-- A returned row is the pair of totals that differ.
with reconciled as (
    select {{ sum_money('revenue_amount') }} as amount
    from {{ ref('agg_revenue_reconciliation') }}
),

converted as (
    select {{ sum_money('amount') }} as amount
    from {{ ref('int_revenue__converted') }}
)

select
    reconciled.amount as reconciled_amount,
    converted.amount as converted_amount
from reconciled
cross join converted
where reconciled.amount is distinct from converted.amount and coalesce(reconciled.amount, 0) <> coalesce(converted.amount, 0)
