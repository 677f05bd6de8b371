select
    spine.account_id,
    spine.month,
    cast(spine.mrr_amount as decimal(38, 2)) as mrr_amount,
    parameters.reporting_currency as currency_code,
    cast({{ months_between('starts.start_date', 'spine.month') }} as int) as tenure_months,
    steps.tenure_step,
    renewals.month is not null as is_renewal_month,
    spine.churn_date,
    spine.churn_kind,
    spine.churn_kind is not null as is_churned,
    parameters.primary_metric as metric_id,
    states.score,
    cast(states.score_age_days as int) as score_age_days,
    coalesce(states.score_state, 'silent') as score_state,
    coalesce(states.count_contacts, 0) as count_contacts,
    coalesce(keys.control_key, '') as control_key,
    {{ account_group('spine.account_id') }} as account_group
from {{ ref('int_account_months__spine') }} as spine
cross join {{ source('control', 'run_parameters') }} as parameters
cross join {{ ref('int_calendar__as_of') }} as calendar
left join {{ ref('int_accounts__starts') }} as starts on spine.account_id = starts.account_id
left join {{ source('control', 'tenure_steps') }} as steps
    on
        {{ months_between('starts.start_date', 'spine.month') }} >= steps.lower_months
        and {{ months_between('starts.start_date', 'spine.month') }} < coalesce(steps.upper_months, 100000)
left join {{ ref('int_renewals__months') }} as renewals
    on spine.account_id = renewals.account_id and spine.month = renewals.month
left join {{ ref('int_feedback__account_states') }} as states
    on
        spine.account_id = states.account_id
        and spine.month = states.month
        and parameters.primary_metric = states.metric_id
left join {{ ref('int_controls__keys') }} as keys on spine.account_id = keys.account_id
where spine.month <= calendar.as_of_month
