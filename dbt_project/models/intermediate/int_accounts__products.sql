-- What an account mainly buys: the product with the largest recurring amount among its contracts, or, where it has none,
-- among its recurring revenue lines. Ties by name. As of now, for slices of scores; no model of months reads it.
with amounts as (
    select
        account_id,
        product,
        1 as preference,
        cast(sum(cast(coalesce(mrr_amount, 0) as decimal(28, 2))) as decimal(38, 2)) as amount
    from {{ ref('int_contracts__converted') }}
    where is_matched and product is not null
    group by account_id, product
    union all
    select
        account_id,
        product,
        2 as preference,
        cast(sum(cast(coalesce(amount, 0) as decimal(28, 2))) as decimal(38, 2)) as amount
    from {{ ref('int_revenue__converted') }}
    where is_matched and product is not null and kind = 'recurring'
    group by account_id, product
),

ranked as (
    select
        account_id,
        product,
        row_number() over (partition by account_id order by preference asc, amount desc, product asc) as product_rank
    from amounts
)

select
    account_id,
    product
from ranked
where product_rank = 1
