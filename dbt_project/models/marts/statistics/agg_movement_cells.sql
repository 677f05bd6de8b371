{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ forget_rebuilt_quarters() }}"
) }}

-- Expansion and contraction among those who stayed: the same cells as for churn, so that retention of revenue composes
-- from the three. A month counts when the account is at risk in the next one too.
with
{{ scored_account_months() }},

stayed as (
    select
        scored.*,
        following.mrr_amount - scored.mrr_amount as mrr_change
    from scored
    inner join {{ ref('int_account_months__spine') }} as following
        on scored.account_id = following.account_id and {{ add_months('scored.month', 1) }} = following.month
    where scored.churn_kind is null
)

select
    {{ quarter_of('month') }} as calendar_quarter,
    cast(lag as int) as lag,
    account_group,
    score_state,
    {{ bin_label('score_bin_number') }} as score_bin,
    tenure_step,
    is_renewal,
    control_key,
    cast(count(*) as bigint) as count_stayed,
    {{ count_where('mrr_change > 0') }} as count_expanded,
    {{ count_where('mrr_change < 0') }} as count_contracted,
    {{ sum_scores('score') }} as score_sum,
    {{ sum_money('mrr_amount') }} as mrr_sum,
    {{ sum_money('case when mrr_change > 0 then mrr_change else 0 end') }} as expansion_sum,
    {{ sum_money('case when mrr_change < 0 then -mrr_change else 0 end') }} as contraction_sum
from stayed
group by {{ quarter_of('month') }}, lag, account_group, score_state, score_bin_number, tenure_step, is_renewal, control_key
