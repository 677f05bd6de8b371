{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ forget_rebuilt_months() }}"
) }}

with accounts as (
    select
        starts.account_id,
        starts.start_date,
        {{ account_group('starts.account_id') }} as account_group,
        coalesce(keys.control_key, '') as control_key
    from {{ ref('int_accounts__starts') }} as starts
    left join {{ ref('int_controls__keys') }} as keys on starts.account_id = keys.account_id
),

aged as (
    select
        spine.account_id,
        spine.month,
        spine.mrr_amount,
        spine.churn_date,
        spine.churn_kind,
        accounts.account_group,
        accounts.control_key,
        cast({{ months_between('accounts.start_date', 'spine.month') }} as int) as tenure_months
    from {{ ref('int_account_months__spine') }} as spine
    inner join {{ ref('int_calendar__as_of') }} as calendar on spine.month <= calendar.as_of_month
    -- Whoever is at risk was active, and so has a start.
    inner join accounts on spine.account_id = accounts.account_id
    where {{ is_rebuilt('spine.month') }}
),

-- Each tenure is placed once, not once an account-month: a join on a range is dear.
steps as (
    select
        tenures.tenure_months,
        steps.tenure_step
    from (select distinct tenure_months from aged) as tenures
    inner join {{ source('control', 'tenure_steps') }} as steps
        on
            tenures.tenure_months >= steps.lower_months
            and tenures.tenure_months < coalesce(steps.upper_months, 100000)
)

select
    aged.account_id,
    aged.month,
    cast(aged.mrr_amount as decimal(38, 2)) as mrr_amount,
    parameters.reporting_currency as currency_code,
    aged.tenure_months,
    steps.tenure_step,
    renewals.month is not null as is_renewal_month,
    aged.churn_date,
    aged.churn_kind,
    aged.churn_kind is not null as is_churned,
    parameters.primary_metric as metric_id,
    states.score,
    cast(states.score_age_days as int) as score_age_days,
    coalesce(states.score_state, 'silent') as score_state,
    coalesce(states.count_contacts, 0) as count_contacts,
    aged.control_key,
    aged.account_group
from aged
cross join {{ source('control', 'run_parameters') }} as parameters
left join steps on aged.tenure_months = steps.tenure_months
left join {{ ref('int_renewals__months') }} as renewals
    on aged.account_id = renewals.account_id and aged.month = renewals.month
left join {{ ref('int_feedback__account_states') }} as states
    on
        aged.account_id = states.account_id
        and aged.month = states.month
        and parameters.primary_metric = states.metric_id
