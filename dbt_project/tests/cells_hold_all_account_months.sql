-- What must hold: at every lag each kind of cell sums to the account-months, their churn events and their revenue; the
--   movement cells sum to the months after which the account stayed, and to the bridge's expansion and contraction.
-- Why: the models read nothing but the cells; a lost or doubled row would bias every estimate.
-- A returned row is a kind of cell and a lag whose totals differ.
with account_months as (
    select
        cast(count(*) as bigint) as count_at_risk,
        {{ count_where('is_churned') }} as count_churned,
        {{ sum_money('mrr_amount') }} as mrr_sum
    from {{ ref('fct_account_months') }}
),

stayed as (
    select
        cast(count(*) as bigint) as count_stayed
    from {{ ref('fct_account_months') }} as months
    inner join {{ ref('int_account_months__spine') }} as following
        on months.account_id = following.account_id and {{ add_months('months.month', 1) }} = following.month
    where not months.is_churned
),

bridge as (
    select
        {{ sum_money('expansion_amount') }} as expansion_sum,
        {{ sum_money('contraction_amount') }} as contraction_sum
    from {{ ref('agg_mrr_bridge') }}
    where slice_name = 'total'
),

cells as (
    {%- for cells, role in [('agg_hazard_cells', "''"), ('agg_baseline_cells', "''"), ('agg_role_cells', 'contact_role')] %}
    {{ 'union all' if not loop.first }}
    select
        '{{ cells }}' as cells,
        {{ role }} as contact_role,
        lag,
        sum(count_at_risk) as count_at_risk,
        sum(count_churned) as count_churned,
        {{ sum_money('mrr_sum') }} as mrr_sum
    from {{ ref(cells) }}
    group by {{ role ~ ', ' if role != "''" }}lag
    {%- endfor %}
),

movements as (
    select
        lag,
        sum(count_stayed) as count_stayed,
        {{ sum_money('expansion_sum') }} as expansion_sum,
        {{ sum_money('contraction_sum') }} as contraction_sum
    from {{ ref('agg_movement_cells') }}
    group by lag
)

select
    cells.cells,
    cells.lag
from cells
cross join account_months
where
    cells.count_at_risk <> account_months.count_at_risk
    or cells.count_churned <> account_months.count_churned
    or cells.mrr_sum <> account_months.mrr_sum
union all
select
    'agg_movement_cells' as cells,
    movements.lag
from movements
cross join stayed
cross join bridge
where
    movements.count_stayed <> stayed.count_stayed
    or movements.expansion_sum <> bridge.expansion_sum
    or movements.contraction_sum <> bridge.contraction_sum
