{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ forget_rebuilt_quarters() }}"
) }}

-- The hazard cells of one role's score at a time: does the executive's answer foretell more than the user's?
with
{{ scored_account_months() }},

by_role as (
    {%- for role in ['executive', 'champion', 'user'] %}
    {{ 'union all' if not loop.first }}
    select
        month,
        lag,
        account_group,
        '{{ role }}' as contact_role,
        {{ role }}_score as role_score,
        {{ role }}_score_bin_number as role_bin_number,
        tenure_step,
        is_renewal,
        mrr_amount,
        churn_kind
    from scored
    {%- endfor %}
)

select
    {{ quarter_of('month') }} as calendar_quarter,
    cast(lag as int) as lag,
    account_group,
    contact_role,
    {{ bin_label('role_bin_number') }} as score_bin,
    tenure_step,
    is_renewal,
    cast(count(*) as bigint) as count_at_risk,
    {{ count_where("churn_kind = 'voluntary'") }} as count_voluntary,
    {{ count_where("churn_kind = 'involuntary'") }} as count_involuntary,
    {{ count_where('churn_kind is not null') }} as count_churned,
    {{ sum_scores('role_score') }} as score_sum,
    {{ sum_money('mrr_amount') }} as mrr_sum
from by_role
group by {{ quarter_of('month') }}, lag, account_group, contact_role, role_bin_number, tenure_step, is_renewal
