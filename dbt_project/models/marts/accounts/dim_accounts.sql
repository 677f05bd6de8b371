-- Values as of the beginning of the month after as-of: what is known now, for display and for the business case.
with next_renewals as (
    select
        renewals.account_id,
        min(renewals.month) as renewal_month
    from {{ ref('int_renewals__months') }} as renewals
    cross join {{ ref('int_calendar__as_of') }} as calendar
    where renewals.month >= calendar.next_month
    group by renewals.account_id
),

-- Who is with us when as-of is over, and what they pay from then on: what the revenue bridge closes with, to the cent.
closing as (
    select
        money.account_id,
        money.closing_amount
    from {{ ref('int_money__account_months') }} as money
    inner join {{ ref('int_calendar__as_of') }} as calendar on money.month = calendar.as_of_month
    where money.is_closing
),

last_departures as (
    select
        account_id,
        max(event_date) as churn_date
    from {{ ref('int_churn__events') }}
    group by account_id
)

select
    accounts.account_id,
    accounts.name,
    coalesce(accounts.segment, 'unknown') as segment,
    accounts.industry,
    accounts.region,
    accounts.size_band,
    accounts.owner,
    accounts.parent_account_id,
    resolved.resolved_account_id,
    starts.start_date,
    closing.account_id is not null as is_active,
    departures.churn_date as last_churn_date,
    cast(coalesce(closing.closing_amount, 0) as decimal(38, 2)) as mrr_amount,
    parameters.reporting_currency as currency_code,
    cast({{ months_between('starts.start_date', 'calendar.next_month') }} as int) as tenure_months,
    cast({{ months_between('calendar.as_of_month', 'next_renewals.renewal_month') }} as int) as months_to_renewal,
    parameters.primary_metric as metric_id,
    states.score,
    cast(states.score_age_days as int) as score_age_days,
    coalesce(states.score_state, 'silent') as score_state,
    coalesce(states.count_contacts, 0) as count_contacts,
    coalesce(keys.control_key, '') as control_key,
    accounts._source_file as source_file,
    cast(accounts._source_row as bigint) as source_row,
    accounts._file_sha256 as file_sha256
from {{ ref('stg_raw__accounts') }} as accounts
inner join {{ ref('int_accounts__resolved') }} as resolved on accounts.account_id = resolved.account_id
cross join {{ source('control', 'run_parameters') }} as parameters
cross join {{ ref('int_calendar__as_of') }} as calendar
left join {{ ref('int_accounts__starts') }} as starts on accounts.account_id = starts.account_id
left join closing on accounts.account_id = closing.account_id
left join last_departures as departures on accounts.account_id = departures.account_id
left join next_renewals on accounts.account_id = next_renewals.account_id
left join {{ ref('int_feedback__account_states') }} as states
    on
        accounts.account_id = states.account_id
        and calendar.next_month = states.month
        and parameters.primary_metric = states.metric_id
left join {{ ref('int_controls__keys') }} as keys on accounts.account_id = keys.account_id
