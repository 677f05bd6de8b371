-- Groups of accounts under one parent, with what they are worth together. Parents are followed upwards, up to three in a
-- row, and through merges. A parent we do not know still holds its children together; accounts that are each other's
-- parents form one group, named after the least id. Every account is in one group at most, so nothing counts twice.
with parents as (
    select
        accounts.account_id,
        accounts.name,
        coalesce(resolved.resolved_account_id, accounts.parent_account_id) as parent_id
    from {{ ref('dim_accounts') }} as accounts
    left join {{ ref('int_accounts__resolved') }} as resolved on accounts.parent_account_id = resolved.account_id
    where accounts.resolved_account_id = accounts.account_id
),

climbed as (
    select
        child.account_id,
        child.parent_id as first_id,
        parent.parent_id as second_id,
        grandparent.parent_id as third_id
    from parents as child
    left join parents as parent on child.parent_id = parent.account_id
    left join parents as grandparent on parent.parent_id = grandparent.account_id
),

grouped as (
    select
        account_id,
        case
            -- A cycle: of three, or of two (or one) that the account is in or leads to.
            when third_id = account_id then least(account_id, first_id, second_id)
            when third_id = first_id then least(first_id, second_id)
            else coalesce(third_id, second_id, first_id, account_id)
        end as group_id
    from climbed
)

select
    grouped.group_id as parent_account_id,
    max(parents.name) as name,
    count(parents.account_id) > 0 as is_known,
    {{ count_where('grouped.account_id <> grouped.group_id') }} as count_children,
    {{ count_where('grouped.account_id <> grouped.group_id and active.account_id is not null') }} as count_active_children,
    {{ count_where('active.is_at_risk') }} as count_at_risk,
    parameters.reporting_currency as currency_code,
    {{ sum_money('coalesce(active.mrr_amount, 0)') }} as mrr_amount,
    {{ sum_money('case when grouped.account_id = grouped.group_id then coalesce(active.mrr_amount, 0) else 0 end') }}
        as own_mrr_amount,
    {{ sum_money('coalesce(active.mrr_at_risk_amount, 0)') }} as mrr_at_risk_amount
from grouped
cross join {{ source('control', 'run_parameters') }} as parameters
left join parents on grouped.group_id = parents.account_id
left join {{ ref('fct_account_360') }} as active on grouped.account_id = active.account_id
group by grouped.group_id, parameters.reporting_currency
having count(case when grouped.account_id <> grouped.group_id then 1 end) > 0
