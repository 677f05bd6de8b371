-- The mean stands for its bin in the models, so it is taken over the account-months that the cells count.
select
    levels.control_id,
    levels.level,
    max(levels.kind) as kind,
    cast(
        sum(cast(levels.number_value as decimal(28, 6))) / nullif(count(levels.number_value), 0) as decimal(18, 6)
    ) as mean_value,
    cast(count(*) as bigint) as count_account_months
from {{ ref('fct_account_months') }} as months
inner join {{ ref('int_controls__levels') }} as levels on months.account_id = levels.account_id
group by levels.control_id, levels.level
