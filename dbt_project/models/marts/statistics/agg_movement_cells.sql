{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ forget_rebuilt_quarters() }}"
) }}

-- Expansion and contraction among those who stayed: the same cells as for churn, so that retention of revenue composes
-- from the three. A month counts when the account is at risk in the next one too. What moved is what the bridge calls
-- expansion and contraction: a change of the rate of exchange alone is neither, or every account that pays in another
-- currency would move every month.
with
{{ scored_account_months() }},

stayed as (
    select
        scored.*,
        money.expansion_amount,
        money.contraction_amount
    from scored
    inner join {{ ref('int_money__account_months') }} as money
        on scored.account_id = money.account_id and scored.month = money.month
    where money.passage = 'stay' and not money.is_carried
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
    {{ count_where('expansion_amount > 0') }} as count_expanded,
    {{ count_where('contraction_amount > 0') }} as count_contracted,
    {{ sum_scores('score') }} as score_sum,
    {{ sum_money('mrr_amount') }} as mrr_sum,
    {{ sum_money('case when expansion_amount > 0 then mrr_amount else 0 end') }} as expanded_mrr_sum,
    {{ sum_money('case when contraction_amount > 0 then mrr_amount else 0 end') }} as contracted_mrr_sum,
    {{ sum_money('expansion_amount') }} as expansion_sum,
    {{ sum_money('contraction_amount') }} as contraction_sum
from stayed
group by {{ quarter_of('month') }}, lag, account_group, score_state, score_bin_number, tenure_step, is_renewal, control_key
