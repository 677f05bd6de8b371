-- What must hold: the movements of accounts sum to the total of the bridge, item by item.
-- Why: fct_mrr_movements leaves months without movement out; it must not leave out anything else.
-- A returned row is a month whose movements and bridge differ.
with movements as (
    select
        month,
        sum(new_amount) as new_amount,
        sum(reactivation_amount) as reactivation_amount,
        sum(expansion_amount) as expansion_amount,
        sum(contraction_amount) as contraction_amount,
        sum(churn_amount) as churn_amount,
        sum(currency_effect_amount) as currency_effect_amount
    from {{ ref('fct_mrr_movements') }}
    group by month
)

select bridge.*
from {{ ref('agg_mrr_bridge') }} as bridge
left join movements on bridge.month = movements.month
where
    bridge.slice_name = 'total'
    and (
        bridge.new_amount <> coalesce(movements.new_amount, 0)
        or bridge.reactivation_amount <> coalesce(movements.reactivation_amount, 0)
        or bridge.expansion_amount <> coalesce(movements.expansion_amount, 0)
        or bridge.contraction_amount <> coalesce(movements.contraction_amount, 0)
        or bridge.churn_amount <> coalesce(movements.churn_amount, 0)
        or bridge.currency_effect_amount <> coalesce(movements.currency_effect_amount, 0)
    )
