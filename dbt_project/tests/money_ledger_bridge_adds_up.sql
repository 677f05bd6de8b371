-- What must hold: in every month of the reconciliation the components sum to what was billed, to the cent and to the line,
--   and billed with the unexplained is the ledger.
-- Why: finance reads the bridge from top to bottom; an item lost on the way would be read as a difference of the books.
-- A returned row is a month in which a step does not add up.
with bridge as (
    select
        month,
        sum(case when item_role = 'component' then amount end) as component_amount,
        sum(case when item = 'billed' then amount end) as billed_amount,
        sum(case when item = 'unexplained' then amount end) as unexplained_amount,
        sum(case when item = 'ledger' then amount end) as ledger_amount,
        sum(case when item = 'unmatched' then amount end) as unmatched_amount,
        sum(case when item = 'unconverted' then count_lines end) as count_unconverted,
        sum(case when item_role in ('component', 'count') then count_lines end) as count_component_lines,
        sum(case when item = 'billed' then count_lines end) as count_billed_lines
    from {{ ref('agg_ledger_bridge') }}
    group by month
)

select
    reconciliation.month,
    reconciliation.revenue_amount,
    bridge.component_amount,
    bridge.billed_amount,
    bridge.unexplained_amount,
    bridge.ledger_amount
from {{ ref('agg_revenue_reconciliation') }} as reconciliation
left join bridge on reconciliation.month = bridge.month
where
    bridge.component_amount is distinct from bridge.billed_amount
    or bridge.billed_amount is distinct from coalesce(reconciliation.revenue_amount, 0)
    or bridge.unmatched_amount is distinct from coalesce(reconciliation.unmatched_amount, 0)
    or bridge.count_unconverted is distinct from reconciliation.count_unconverted
    or bridge.count_component_lines is distinct from bridge.count_billed_lines
    or bridge.ledger_amount is distinct from reconciliation.ledger_amount
    or bridge.billed_amount + bridge.unexplained_amount is distinct from bridge.ledger_amount
