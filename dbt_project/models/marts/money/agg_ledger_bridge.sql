-- The way from what accounts were billed to what the ledger states, month by month, item by item. Nothing is netted away:
-- revenue of accounts that we do not know is an item, lines without a rate of exchange are counted (they have no amount in
-- the reporting currency), and what is left unexplained is shown. All items stand in every month, also at zero.
with lines as (
    select
        revenue_month as month,
        case
            when amount is null then 'unconverted'
            when not is_matched then 'unmatched'
            else kind
        end as item,
        coalesce(amount, 0) as amount
    from {{ ref('int_revenue__converted') }}
),

revenue as (
    select
        month,
        item,
        {{ sum_money('amount') }} as amount,
        cast(count(*) as bigint) as count_lines
    from lines
    group by month, item
),

items as (
    {%- for item, role in [
        ('recurring', 'component'), ('one-off', 'component'), ('credit', 'component'), ('refund', 'component'),
        ('unmatched', 'component'), ('unconverted', 'count'), ('billed', 'subtotal'), ('unexplained', 'residual'),
        ('ledger', 'ledger')
    ] %}
    {{ 'union all ' if not loop.first }}select {{ loop.index }} as sort_order, '{{ item }}' as item, '{{ role }}' as item_role
    {%- endfor %}
),

totals as (
    select
        month,
        {{ sum_money('amount') }} as amount,
        cast(sum(count_lines) as bigint) as count_lines
    from revenue
    group by month
)

select
    reconciliation.month,
    cast(items.sort_order as int) as sort_order,
    items.item,
    items.item_role,
    parameters.reporting_currency as currency_code,
    cast(
        case
            when items.item_role = 'component' then coalesce(revenue.amount, 0)
            when items.item_role = 'subtotal' then coalesce(totals.amount, 0)
            when items.item_role = 'residual' then reconciliation.ledger_amount - coalesce(totals.amount, 0)
            when items.item_role = 'ledger' then reconciliation.ledger_amount
        end as decimal(38, 2)
    ) as amount,
    case
        when items.item_role in ('component', 'count') then coalesce(revenue.count_lines, 0)
        when items.item_role = 'subtotal' then coalesce(totals.count_lines, 0)
    end as count_lines
from {{ ref('agg_revenue_reconciliation') }} as reconciliation
cross join items
cross join {{ source('control', 'run_parameters') }} as parameters
left join revenue on reconciliation.month = revenue.month and items.item = revenue.item
left join totals on reconciliation.month = totals.month
