-- Lag k sees the answers given before the month that lies k - 1 months earlier; lag 1 is the strict as-of.
with lags as (
    {%- for lag in range(1, 7) %}
    {{ 'union all ' if not loop.first }}select {{ lag }} as lag
    {%- endfor %}
),

lagged as (
    select
        months.*,
        lags.lag,
        {{ add_months('months.month', '1 - lags.lag') }} as score_month
    from {{ ref('fct_account_months') }} as months
    cross join lags
),

scored as (
    select
        lagged.lag,
        lagged.account_group,
        lagged.tenure_step,
        lagged.is_renewal_month as is_renewal,
        lagged.control_key,
        lagged.mrr_amount,
        lagged.churn_kind,
        coalesce(states.score_state, 'silent') as score_state,
        coalesce(states.score, 0) as score,
        case
            when states.score is null then ''
            else cast(
                cast(floor(states.score / parameters.score_bin_width) as int) as {{ dbt.type_string() }}
            )
        end as score_bin
    from lagged
    cross join {{ source('control', 'run_parameters') }} as parameters
    left join {{ ref('int_feedback__account_states') }} as states
        on
            lagged.account_id = states.account_id
            and lagged.score_month = states.month
            and lagged.metric_id = states.metric_id
)

select
    cast(lag as int) as lag,
    account_group,
    score_state,
    score_bin,
    tenure_step,
    is_renewal,
    control_key,
    cast(count(*) as bigint) as count_at_risk,
    {{ count_where("churn_kind = 'voluntary'") }} as count_voluntary,
    {{ count_where("churn_kind = 'involuntary'") }} as count_involuntary,
    {{ count_where('churn_kind is not null') }} as count_churned,
    cast(sum(cast(score as decimal(28, 4))) as decimal(38, 4)) as score_sum,
    {{ sum_money('mrr_amount') }} as mrr_sum
from scored
group by lag, account_group, score_state, score_bin, tenure_step, is_renewal, control_key
