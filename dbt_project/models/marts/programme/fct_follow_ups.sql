-- Whether low answers were answered: every low customer answer, followed up or not, then the follow-ups on other answers
-- and those on answers that we do not know. All of it as known when the month after as-of begins: what was acted on or
-- closed later is still open here.
with follow_ups as (
    select
        follow_ups.follow_up_id,
        follow_ups.response_id,
        coalesce(resolved.resolved_account_id, follow_ups.account_id) as account_id,
        follow_ups.opened_at,
        follow_ups.owner,
        case when follow_ups.acted_at < calendar.next_month then follow_ups.acted_at end as acted_at,
        case when follow_ups.closed_at < calendar.next_month then follow_ups.closed_at end as closed_at,
        -- Followed up without being drawn for it: no part of a comparison of arms.
        coalesce(follow_ups.arm, 'unassigned') as arm,
        row_number() over (
            partition by follow_ups.response_id order by follow_ups.opened_at, follow_ups.follow_up_id
        ) as place,
        cast(count(*) over (partition by follow_ups.response_id) as bigint) as count_follow_ups
    from {{ ref('stg_raw__follow_ups') }} as follow_ups
    cross join {{ ref('int_calendar__as_of') }} as calendar
    left join {{ ref('int_accounts__resolved') }} as resolved on follow_ups.account_id = resolved.account_id
    where follow_ups.opened_at < calendar.next_month
),

answers as (
    select
        answers.response_id,
        answers.metric_id,
        answers.metric_version,
        answers.account_id,
        answers.contact_key,
        answers.audience,
        answers.score,
        answers.oriented_score,
        answers.responded_at,
        answers.audience = 'customer' and answers.score_class = 'low' as is_low
    from {{ ref('fct_survey_responses') }} as answers
    cross join {{ ref('int_calendar__as_of') }} as calendar
    where answers.known_at < calendar.next_month
),

followed as (
    select
        *,
        max(case when is_low then 1 else 0 end) over (partition by response_id) as has_low
    from (
        select
            answers.*,
            follow_ups.follow_up_id,
            follow_ups.opened_at,
            follow_ups.owner,
            follow_ups.acted_at,
            follow_ups.closed_at,
            follow_ups.arm,
            follow_ups.count_follow_ups
        from answers
        left join follow_ups on answers.response_id = follow_ups.response_id and follow_ups.place = 1
        where answers.is_low or follow_ups.follow_up_id is not null
    ) as joined
),

known_responses as (
    select distinct response_id
    from answers
),

loops as (
    select
        'answer:' || response_id || ':' || metric_id as loop_id,
        case when is_low then 'low_answer' else 'other_answer' end as subject,
        response_id,
        metric_id,
        metric_version,
        account_id,
        contact_key,
        score,
        oriented_score,
        responded_at,
        follow_up_id,
        opened_at,
        owner,
        acted_at,
        closed_at,
        arm,
        coalesce(count_follow_ups, 0) as count_follow_ups
    from followed
    where is_low or has_low = 0
    union all
    -- Without a response id each follow-up is a row of its own.
    select
        'follow_up:' || follow_ups.follow_up_id as loop_id,
        'unknown_answer' as subject,
        follow_ups.response_id,
        cast(null as {{ dbt.type_string() }}) as metric_id,
        cast(null as {{ dbt.type_string() }}) as metric_version,
        follow_ups.account_id,
        cast(null as {{ dbt.type_string() }}) as contact_key,
        cast(null as decimal(9, 4)) as score,
        cast(null as decimal(9, 4)) as oriented_score,
        cast(null as {{ timestamp_type() }}) as responded_at,
        follow_ups.follow_up_id,
        follow_ups.opened_at,
        follow_ups.owner,
        follow_ups.acted_at,
        follow_ups.closed_at,
        follow_ups.arm,
        case when follow_ups.response_id is null then 1 else follow_ups.count_follow_ups end as count_follow_ups
    from follow_ups
    left join known_responses on follow_ups.response_id = known_responses.response_id
    where
        known_responses.response_id is null
        and (follow_ups.response_id is null or follow_ups.place = 1)
),

-- The person's next answer on the same scale after the follow-up was closed, else the account's next one. Several at one
-- instant count as their mean.
next_of_person as (
    select loop_id, responded_at, score, oriented_score
    from (
        select
            loops.loop_id,
            answers.responded_at,
            answers.score,
            answers.oriented_score,
            rank() over (partition by loops.loop_id order by answers.responded_at) as place
        from loops
        inner join answers
            on
                loops.metric_id = answers.metric_id
                and loops.metric_version = answers.metric_version
                and loops.contact_key = answers.contact_key
                and loops.closed_at < answers.responded_at
    ) as later
    where place = 1
),

next_of_account as (
    select loop_id, responded_at, score, oriented_score
    from (
        select
            loops.loop_id,
            answers.responded_at,
            answers.score,
            answers.oriented_score,
            rank() over (partition by loops.loop_id order by answers.responded_at) as place
        from loops
        inner join answers
            on
                loops.metric_id = answers.metric_id
                and loops.metric_version = answers.metric_version
                and loops.account_id = answers.account_id
                and loops.closed_at < answers.responded_at
        left join next_of_person on loops.loop_id = next_of_person.loop_id
        where next_of_person.loop_id is null and answers.audience = 'customer'
    ) as later
    where place = 1
),

remeasured as (
    select
        loop_id,
        remeasured_by,
        min(responded_at) as remeasured_at,
        cast(sum(cast(score as decimal(18, 4))) / count(*) as decimal(9, 4)) as remeasured_score,
        cast(sum(cast(oriented_score as decimal(18, 4))) / count(*) as decimal(9, 4)) as remeasured_oriented_score
    from (
        select loop_id, 'person' as remeasured_by, responded_at, score, oriented_score from next_of_person
        union all
        select loop_id, 'account' as remeasured_by, responded_at, score, oriented_score from next_of_account
    ) as next_answers
    group by loop_id, remeasured_by
),

timed as (
    select
        loops.*,
        {{ days_between('loops.responded_at', 'coalesce(loops.acted_at, loops.closed_at)') }} as days_to_answer,
        {{ days_between('loops.responded_at', 'calendar.next_month') }} as days_open
    from loops
    cross join {{ ref('int_calendar__as_of') }} as calendar
)

select
    timed.loop_id,
    timed.subject,
    timed.response_id,
    timed.metric_id,
    timed.account_id,
    timed.contact_key,
    timed.score,
    cast(timed.responded_at as {{ timestamp_type() }}) as responded_at,
    case
        when timed.follow_up_id is null then 'unrouted'
        when timed.closed_at is not null then 'closed'
        when timed.acted_at is not null then 'acted'
        else 'opened'
    end as status,
    coalesce(timed.arm, 'none') as arm,
    timed.follow_up_id,
    cast(timed.count_follow_ups as bigint) as count_follow_ups,
    timed.owner,
    cast(timed.opened_at as {{ timestamp_type() }}) as opened_at,
    cast(timed.acted_at as {{ timestamp_type() }}) as acted_at,
    cast(timed.closed_at as {{ timestamp_type() }}) as closed_at,
    cast(timed.days_to_answer as int) as days_to_answer,
    -- Control ones are meant to be left alone: never met, never missed. An answer dated before its question is not judged.
    case
        when timed.arm = 'control' or timed.days_to_answer < 0 then null
        when timed.days_to_answer is not null then timed.days_to_answer <= rules.answer_sla_days
        when timed.days_open > rules.answer_sla_days then false
    end as is_within_sla,
    remeasured.remeasured_by,
    cast(remeasured.remeasured_at as {{ timestamp_type() }}) as remeasured_at,
    remeasured.remeasured_score,
    cast(remeasured.remeasured_oriented_score - timed.oriented_score as decimal(9, 4)) as score_change
from timed
cross join {{ source('control', 'rules') }} as rules
left join remeasured on timed.loop_id = remeasured.loop_id
