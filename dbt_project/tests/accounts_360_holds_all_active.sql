-- What must hold: the list of accounts and the groups under parents hold the recurring revenue of active accounts, once.
-- Why: an account that is missing from the list is not worked on, and one counted twice misleads.
-- A returned row is a table whose sum or count differs from that of dim_accounts.
with active as (
    select
        count(*) as count_accounts,
        coalesce(sum(mrr_amount), 0) as mrr_amount
    from {{ ref('dim_accounts') }}
    where is_active
),

listed as (
    select
        count(*) as count_accounts,
        coalesce(sum(mrr_amount), 0) as mrr_amount,
        coalesce(max(priority_rank), 0) as last_rank
    from {{ ref('fct_account_360') }}
),

groups_total as (
    select coalesce(sum(mrr_amount), 0) as mrr_amount
    from {{ ref('agg_parent_accounts') }}
)

select
    listed.count_accounts,
    active.count_accounts as count_expected,
    listed.mrr_amount,
    active.mrr_amount as mrr_expected,
    groups_total.mrr_amount as groups_mrr_amount
from active
cross join listed
cross join groups_total
where
    listed.count_accounts <> active.count_accounts
    or listed.last_rank <> active.count_accounts
    or listed.mrr_amount <> active.mrr_amount
    or groups_total.mrr_amount > active.mrr_amount
