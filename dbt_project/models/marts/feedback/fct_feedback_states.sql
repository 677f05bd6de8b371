{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ forget_rebuilt_months() }}"
) }}

-- What was known of every metric when a month began, for accounts at risk then; an account without a row was silent.
select
    states.account_id,
    states.month,
    states.metric_id,
    states.score,
    cast(states.score_age_days as int) as score_age_days,
    states.score_state,
    states.executive_score,
    states.champion_score,
    states.user_score,
    states.count_contacts,
    states.count_heard,
    cast(100.0 * states.count_contacts / states.count_heard as decimal(9, 4)) as coverage_pct,
    states.baseline_score,
    states.count_baseline_months
from {{ ref('fct_account_months') }} as months
inner join {{ ref('int_feedback__account_states') }} as states
    on months.account_id = states.account_id and months.month = states.month
where {{ is_rebuilt('months.month') }}
