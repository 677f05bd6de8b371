-- How soon after a case ended its survey went out, and how soon it was answered. The contract has no key from an answer to
-- its case, so the case is the account's latest one that ended at or before the invitation and at most seven days before.
with responses as (
    select
        answers.response_id,
        min(answers.account_id) as account_id,
        coalesce(min(answers.touchpoint), 'unknown') as touchpoint,
        min(answers.invited_at) as invited_at,
        min(answers.responded_at) as responded_at
    from {{ ref('fct_survey_responses') }} as answers
    cross join {{ ref('int_calendar__as_of') }} as calendar
    where
        answers.survey_kind = 'touchpoint'
        and answers.audience = 'customer'
        and answers.invited_at is not null
        and answers.known_at < calendar.next_month
    group by answers.response_id
),

cases as (
    select
        coalesce(resolved.resolved_account_id, cases.account_id) as account_id,
        cases.closed_at
    from {{ ref('stg_raw__support_cases') }} as cases
    left join {{ ref('int_accounts__resolved') }} as resolved on cases.account_id = resolved.account_id
    where cases.account_id is not null and cases.closed_at is not null
),

-- One line of time per account, and the latest end so far: linear, where a join would pair every answer with every case.
timeline as (
    select
        account_id,
        closed_at as at_time,
        0 as is_response,
        closed_at,
        cast(null as {{ dbt.type_string() }}) as response_id,
        cast(null as {{ dbt.type_string() }}) as touchpoint,
        cast(null as {{ timestamp_type() }}) as responded_at
    from cases
    union all
    select
        account_id,
        invited_at as at_time,
        1 as is_response,
        cast(null as {{ timestamp_type() }}) as closed_at,
        response_id,
        touchpoint,
        responded_at
    from responses
),

latest as (
    select
        response_id,
        touchpoint,
        at_time as invited_at,
        responded_at,
        case
            when account_id is not null
                then
                    max(closed_at) over (
                        partition by account_id order by at_time, is_response
                        rows between unbounded preceding and current row
                    )
        end as closed_at
    from timeline
),

judged as (
    select
        cast({{ month_of('latest.invited_at') }} as {{ dbt.type_string() }}) as month,
        latest.touchpoint,
        latest.closed_at >= {{ dbt.dateadd('day', -7, 'latest.invited_at') }} as has_case,
        latest.invited_at
        <= {{ dbt.dateadd('minute', 'rules.touchpoint_invitation_minutes', 'latest.closed_at') }} as is_on_time,
        {{ dbt.datediff('latest.closed_at', 'latest.invited_at', 'second') }} as invitation_seconds,
        {{ dbt.datediff('latest.invited_at', 'latest.responded_at', 'second') }} as response_seconds
    from latest
    cross join {{ source('control', 'rules') }} as rules
    where latest.response_id is not null
),

sliced as (
    select 'all' as period, 'total' as slice_name, 'all' as touchpoint, has_case, is_on_time, invitation_seconds, response_seconds
    from judged
    union all
    select 'all' as period, 'touchpoint' as slice_name, touchpoint, has_case, is_on_time, invitation_seconds, response_seconds
    from judged
    union all
    select month as period, 'touchpoint' as slice_name, touchpoint, has_case, is_on_time, invitation_seconds, response_seconds
    from judged
),

counted as (
    select
        period,
        slice_name,
        touchpoint,
        cast(count(*) as bigint) as count_responses,
        {{ count_where('has_case') }} as count_with_case,
        {{ count_where('has_case and is_on_time') }} as count_on_time,
        cast(sum(case when has_case then invitation_seconds end) as decimal(38, 0)) as invitation_seconds,
        cast(sum(response_seconds) as decimal(38, 0)) as response_seconds
    from sliced
    group by period, slice_name, touchpoint
)

select
    counted.period,
    counted.slice_name,
    counted.touchpoint,
    counted.count_responses,
    counted.count_with_case,
    counted.count_on_time,
    counted.count_with_case < parameters.minimum_answers as is_suppressed,
    cast(
        case
            when counted.count_with_case >= parameters.minimum_answers
                then 100.0 * counted.count_on_time / nullif(counted.count_with_case, 0)
        end as decimal(12, 6)
    ) as on_time_pct,
    cast(
        case
            when counted.count_with_case >= parameters.minimum_answers
                then counted.invitation_seconds / 60.0 / nullif(counted.count_with_case, 0)
        end as decimal(18, 2)
    ) as mean_invitation_minutes,
    cast(
        case
            when counted.count_responses >= parameters.minimum_answers
                then counted.response_seconds / 60.0 / counted.count_responses
        end as decimal(18, 2)
    ) as mean_lag_minutes
from counted
cross join {{ source('control', 'run_parameters') }} as parameters
