-- The first day we know an account by: its creation in the CRM, its first contract or its first revenue.
with known as (
    select
        coalesce(resolved.resolved_account_id, accounts.account_id) as account_id,
        cast(accounts.created_at as date) as known_date
    from {{ ref('stg_raw__accounts') }} as accounts
    left join {{ ref('int_accounts__resolved') }} as resolved on accounts.account_id = resolved.account_id
    where accounts.created_at is not null
    union all
    select account_id, start_date as known_date from {{ ref('int_contracts__converted') }} where is_matched
    union all
    select account_id, period_start as known_date from {{ ref('int_revenue__converted') }} where is_matched
)

select
    account_id,
    min(known_date) as start_date
from known
group by account_id
