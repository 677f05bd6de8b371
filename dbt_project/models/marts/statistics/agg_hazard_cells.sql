{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ forget_rebuilt_quarters() }}"
) }}

with
{{ scored_account_months() }}

select
    {{ quarter_of('month') }} as calendar_quarter,
    cast(lag as int) as lag,
    account_group,
    score_state,
    {{ bin_label('score_bin_number') }} as score_bin,
    tenure_step,
    is_renewal,
    control_key,
    cast(count(*) as bigint) as count_at_risk,
    {{ count_where("churn_kind = 'voluntary'") }} as count_voluntary,
    {{ count_where("churn_kind = 'involuntary'") }} as count_involuntary,
    {{ count_where('churn_kind is not null') }} as count_churned,
    {{ sum_scores('score') }} as score_sum,
    {{ sum_money('mrr_amount') }} as mrr_sum
from scored
group by {{ quarter_of('month') }}, lag, account_group, score_state, score_bin_number, tenure_step, is_renewal, control_key
