{#-
The common beginning of all cell models, as CTEs: account-months with the state of the primary metric at each lag.
Lag k sees the answers given before the month that lies k - 1 months earlier; lag 1 is the strict as-of.
Ends with the CTE `scored`, one row per account, month and lag. Bins are numbered where the scores stand, once a state
and not once a lag; `bin_label` names them.
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
    where {{ is_in_rebuilt_quarter('months.month') }}
),

states as (
    select
        states.account_id,
        states.month,
        states.metric_id,
        states.score_state,
        {%- for score in ['score', 'executive_score', 'champion_score', 'user_score'] %}
        states.{{ score }},
        {{ bin_number('states.' ~ score, 'parameters.score_bin_width') }} as {{ score }}_bin_number,
        {%- endfor %}
        states.baseline_score,
        {{ bin_number('states.baseline_score', '(2 * parameters.score_bin_width)') }} as baseline_score_bin_number
    from {{ ref('int_feedback__account_states') }} as states
    cross join {{ source('control', 'run_parameters') }} as parameters
    where {{ is_in_rebuilt_quarter('states.month', months_before=5) }}
),

scored as (
    select
        lagged.*,
        coalesce(states.score_state, 'silent') as score_state,
        {%- for score in ['score', 'baseline_score', 'executive_score', 'champion_score', 'user_score'] %}
        states.{{ score }},
        states.{{ score }}_bin_number{{ ',' if not loop.last }}
        {%- endfor %}
    from lagged
    left join states
        on
            lagged.account_id = states.account_id
            and lagged.score_month = states.month
            and lagged.metric_id = states.metric_id
)
{%- endmacro %}

{#- Number of the bin of a score; null where there is no score. -#}
{% macro bin_number(score, width) -%}
    cast(floor({{ score }} / {{ width }}) as int)
{%- endmacro %}

{#- A bin's number as text, empty where there is no score, so that it can stand in a key. -#}
{% macro bin_label(number) -%}
    coalesce(cast({{ number }} as {{ dbt.type_string() }}), '')
{%- endmacro %}

{#- Exact sum of scores: decimals, so that tables are equal on every engine and in every order. -#}
{% macro sum_scores(expression) -%}
    cast(sum(cast(coalesce({{ expression }}, 0) as decimal(28, 4))) as decimal(38, 4))
{%- endmacro %}
