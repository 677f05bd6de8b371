{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ forget_rebuilt_months() }}"
) }}

-- Accounts at risk when a month begins: active, and not gone. An account that left counts again from the first month
-- after a new activity began (a reactivation starts a new spell).
with months as (
    select calendar.month
    from {{ ref('int_calendar__months') }} as calendar
    cross join {{ ref('int_calendar__as_of') }} as as_of
    where calendar.month between as_of.first_month and as_of.next_month and {{ is_rebuilt('calendar.month') }}
),

active as (
    select
        activity.account_id,
        months.month,
        max(activity.active_from) as last_active_from,
        {{ sum_money('activity.mrr_amount') }} as mrr_amount
    from {{ ref('int_accounts__activity') }} as activity
    inner join months on activity.active_from <= months.month and activity.active_to > months.month
    group by activity.account_id, months.month
),

-- Each departure casts its shadow until the next one: [event, next event).
departures as (
    select
        account_id,
        event_date,
        coalesce(
            lead(event_date) over (partition by account_id order by event_date), cast('9999-12-31' as date)
        ) as next_event_date
    from {{ ref('int_churn__events') }}
),

at_risk as (
    select
        active.account_id,
        active.month,
        active.mrr_amount
    from active
    left join departures
        on
            active.account_id = departures.account_id
            and active.month > departures.event_date
            and active.month <= departures.next_event_date
    where departures.event_date is null or active.last_active_from > departures.event_date
),

placed as (
    -- Billing to the last day of a month and churn dated the first of the next are one departure: of the month paid for.
    select
        events.account_id,
        events.event_date,
        events.kind,
        case
            when events.event_date = events.event_month and active.account_id is null
                then {{ add_months('events.event_month', -1) }}
            else events.event_month
        end as churn_month
    from {{ ref('int_churn__events') }} as events
    left join active on events.account_id = active.account_id and events.event_month = active.month
),

first_events as (
    -- The first event in a month ends the spell; its date and its cause belong together.
    select
        account_id,
        churn_month,
        event_date,
        kind,
        row_number() over (partition by account_id, churn_month order by event_date) as event_number
    from placed
)

select
    at_risk.account_id,
    at_risk.month,
    at_risk.mrr_amount,
    events.event_date as churn_date,
    events.kind as churn_kind
from at_risk
left join first_events as events
    on at_risk.account_id = events.account_id and at_risk.month = events.churn_month and events.event_number = 1
