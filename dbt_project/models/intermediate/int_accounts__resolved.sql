-- Follows merges, up to three in a row, so that facts of a merged account count for the surviving one.
with accounts as (
    select account_id, merged_into
    from {{ ref('stg_raw__accounts') }}
)

select
    accounts.account_id,
    coalesce(third.merged_into, second.merged_into, accounts.merged_into, accounts.account_id) as resolved_account_id
from accounts
left join accounts as second on accounts.merged_into = second.account_id
left join accounts as third on second.merged_into = third.account_id
