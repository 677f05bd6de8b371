-- What must hold: the months of the reconciliation sum to all converted revenue, to the cent; what of it was billed to accounts
--   that we do not know, and the lines without a rate of exchange, are all in it too.
-- Why: finance ties this table to the ledger; a lost month would look like an unexplained difference.
-- A returned row is the pair of totals that differ.
with reconciled as (
    select
        coalesce({{ sum_money('revenue_amount') }}, 0) as amount,
        coalesce({{ sum_money('unmatched_amount') }}, 0) as unmatched_amount,
        coalesce(sum(count_unconverted), 0) as count_unconverted
    from {{ ref('agg_revenue_reconciliation') }}
),

converted as (
    select
        coalesce({{ sum_money('amount') }}, 0) as amount,
        coalesce({{ sum_money('case when not is_matched then amount end') }}, 0) as unmatched_amount,
        {{ count_where('amount is null') }} as count_unconverted
    from {{ ref('int_revenue__converted') }}
)

select
    reconciled.amount as reconciled_amount,
    converted.amount as converted_amount,
    reconciled.unmatched_amount as reconciled_unmatched_amount,
    converted.unmatched_amount as converted_unmatched_amount,
    reconciled.count_unconverted as reconciled_count,
    converted.count_unconverted as converted_count
from reconciled
cross join converted
where
    reconciled.amount <> converted.amount
    or reconciled.unmatched_amount <> converted.unmatched_amount
    or reconciled.count_unconverted <> converted.count_unconverted
