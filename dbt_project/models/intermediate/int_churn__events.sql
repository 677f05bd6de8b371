-- When accounts left, by the profile's policy: events as the source states them, or the end of the last activity when
-- no other followed within N days (contract end, inactivity). Contractions shrink an account and do not end it.
with explicit_events as (
    select
        coalesce(resolved.resolved_account_id, events.account_id) as account_id,
        events.event_date,
        events.kind
    from {{ ref('stg_raw__churn_events') }} as events
    cross join {{ source('control', 'run_parameters') }} as parameters
    left join {{ ref('int_accounts__resolved') }} as resolved on events.account_id = resolved.account_id
    where parameters.churn_policy = 'explicit_events' and events.kind <> 'contraction'
),

-- Intervals may overlap, so the account is active until the latest end among those that began so far.
activity as (
    select
        account_id,
        lead(active_from) over (partition by account_id order by active_from, active_to) as next_from,
        max(active_to) over (
            partition by account_id order by active_from, active_to
            rows between unbounded preceding and current row
        ) as active_to
    from {{ ref('int_accounts__activity') }}
),

ended as (
    select
        activity.account_id,
        cast({{ dbt.dateadd('day', -1, 'activity.active_to') }} as date) as event_date
    from activity
    cross join {{ source('control', 'run_parameters') }} as parameters
    where
        parameters.churn_policy <> 'explicit_events'
        and activity.active_to < cast('9999-12-31' as date)
        and (
            activity.next_from is null
            or activity.next_from > cast({{ dbt.dateadd('day', 'parameters.churn_days', 'activity.active_to') }} as date)
        )
),

events as (
    select account_id, event_date, kind from explicit_events
    union all
    select account_id, event_date, 'all_causes' as kind from ended
),

-- Two events on one day are one departure; a stated cause says more than none.
ordered as (
    select
        account_id,
        event_date,
        kind,
        row_number() over (
            partition by account_id, event_date
            order by case kind when 'voluntary' then 1 when 'involuntary' then 2 else 3 end
        ) as priority
    from events
)

select
    ordered.account_id,
    ordered.event_date,
    {{ month_of('ordered.event_date') }} as event_month,
    ordered.kind
from ordered
cross join {{ ref('int_calendar__as_of') }} as calendar
where ordered.priority = 1 and ordered.event_date < calendar.next_month
