-- What an account's people said, as of now: the run of negative answers that it ends on, who was heard, and when last.
-- Answers known later, given after churn, or by employees take no part; in the run, other versions of the question
-- neither. Of answers at one instant the worse counts as the later, so that load order never decides.
with answers as (
    select
        matched.response_id,
        matched.metric_id,
        matched.account_id,
        matched.contact_key,
        matched.is_current_version,
        matched.score_class,
        matched.oriented_score,
        matched.responded_at,
        matched.known_at
    from {{ ref('int_survey__matched') }} as matched
    cross join {{ ref('int_calendar__as_of') }} as calendar
    where
        matched.is_matched
        and matched.audience = 'customer'
        and not matched.is_after_churn
        and matched.known_at < calendar.next_month
),

ordered as (
    select
        answers.account_id,
        answers.score_class,
        row_number() over (
            partition by answers.account_id
            order by answers.responded_at desc, answers.oriented_score asc, answers.response_id asc
        ) as recency
    from answers
    inner join {{ source('control', 'rules') }} as rules on answers.metric_id = rules.risk_metric
    where answers.is_current_version
),

runs as (
    select
        account_id,
        max(case when recency = 1 then score_class end) as latest_risk_class,
        -- Answers since the latest one that was not negative.
        cast(coalesce(min(case when score_class <> 'low' then recency end) - 1, count(*)) as bigint) as count_low_run
    from ordered
    group by account_id
),

people as (
    select
        account_id,
        person_key,
        max(last_known_at) as last_known_at
    from (
        select
            account_id,
            contact_key as person_key,
            known_at as last_known_at
        from answers
        union all
        select
            account_id,
            'contact:' || contact_id as person_key,
            cast(null as {{ timestamp_type() }}) as last_known_at
        from {{ ref('int_contacts__resolved') }}
        where is_matched
    ) as voices
    group by account_id, person_key
),

heard as (
    -- An account that answers as one voice is heard, and is no person.
    select
        people.account_id,
        {{ count_where("people.person_key not like 'account:%'") }} as count_people_known,
        {{ count_where(
            "people.person_key not like 'account:%' and "
            ~ days_between('people.last_known_at', 'calendar.next_month') ~ ' <= parameters.stale_days'
        ) }} as count_people_heard,
        max(people.last_known_at) as last_answer_at
    from people
    cross join {{ ref('int_calendar__as_of') }} as calendar
    cross join {{ source('control', 'run_parameters') }} as parameters
    group by people.account_id
)

select
    heard.account_id,
    heard.count_people_known,
    heard.count_people_heard,
    heard.last_answer_at,
    runs.latest_risk_class,
    coalesce(runs.count_low_run, 0) as count_low_run
from heard
left join runs on heard.account_id = runs.account_id
