{#-
The common beginning of all cell models, as CTEs: account-months with the state of the primary metric at each lag.
Lag k sees the answers given before the month that lies k - 1 months earlier; lag 1 is the strict as-of.
Ends with the CTE `scored`, one row per account, month and lag.
-#}
{% macro scored_account_months() -%}
lags as (
    {%- for lag in range(1, 7) %}
    {{ 'union all ' if not loop.first }}select {{ lag }} as lag
    {%- endfor %}
),

lagged as (
    select
        months.account_id,
        months.month,
        months.metric_id,
        months.account_group,
        months.tenure_step,
        months.is_renewal_month as is_renewal,
        months.control_key,
        months.mrr_amount,
        months.churn_kind,
        lags.lag,
        {{ add_months('months.month', '1 - lags.lag') }} as score_month
    from {{ ref('fct_account_months') }} as months
    cross join lags
),

scored as (
    select
        lagged.*,
        coalesce(states.score_state, 'silent') as score_state,
        states.score,
        states.baseline_score,
        states.executive_score,
        states.champion_score,
        states.user_score,
        parameters.score_bin_width
    from lagged
    cross join {{ source('control', 'run_parameters') }} as parameters
    left join {{ ref('int_feedback__account_states') }} as states
        on
            lagged.account_id = states.account_id
            and lagged.score_month = states.month
            and lagged.metric_id = states.metric_id
)
{%- endmacro %}

{#- Number of the bin of a score, as text; empty where there is no score. -#}
{% macro score_bin(score, width) -%}
    coalesce(cast(cast(floor({{ score }} / {{ width }}) as int) as {{ dbt.type_string() }}), '')
{%- endmacro %}

{#- Exact sum of scores: decimals, so that tables are equal on every engine and in every order. -#}
{% macro sum_scores(expression) -%}
    cast(sum(cast(coalesce({{ expression }}, 0) as decimal(28, 4))) as decimal(38, 4))
{%- endmacro %}
