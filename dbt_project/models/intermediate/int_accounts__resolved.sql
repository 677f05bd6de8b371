-- Follows merges, up to three in a row, so that facts of a merged account count for the surviving one. A merge into an
-- account that we do not know is not followed: its facts stay where they are, and it is counted (agg_quality_flags).
with accounts as (
    select account_id, merged_into
    from {{ ref('stg_raw__accounts') }}
)

select
    accounts.account_id,
    accounts.merged_into,
    coalesce(fourth.account_id, third.account_id, second.account_id, accounts.account_id) as resolved_account_id
from accounts
left join accounts as second on accounts.merged_into = second.account_id
left join accounts as third on second.merged_into = third.account_id
left join accounts as fourth on third.merged_into = fourth.account_id
