-- What must hold: every low customer answer known before the month after as-of is in fct_follow_ups and in the totals of
-- agg_closed_loop, and every follow-up opened before then is counted on exactly one response.
-- Why: a low answer or a follow-up that falls between the joins is what closing the loop is there to prevent.
-- A returned row is a run in which the counts differ.
with low_answers as (
    select count(*) as count_rows
    from {{ ref('fct_survey_responses') }} as answers
    cross join {{ ref('int_calendar__as_of') }} as calendar
    where answers.score_class = 'low' and answers.audience = 'customer' and answers.known_at < calendar.next_month
),

opened as (
    select count(*) as count_rows
    from {{ ref('stg_raw__follow_ups') }} as follow_ups
    cross join {{ ref('int_calendar__as_of') }} as calendar
    where follow_ups.opened_at < calendar.next_month
),

loops as (
    select count(case when subject = 'low_answer' then 1 end) as count_low
    from {{ ref('fct_follow_ups') }}
),

-- A response of two low metrics carries its follow-ups twice.
counted as (
    select coalesce(sum(count_follow_ups), 0) as count_follow_ups
    from (
        select distinct
            follow_up_id,
            count_follow_ups
        from {{ ref('fct_follow_ups') }}
        where follow_up_id is not null
    ) as follow_ups
),

totals as (
    select coalesce(sum(count_low), 0) as count_low
    from {{ ref('agg_closed_loop') }}
    where period = 'all' and metric_id = 'all' and arm = 'total'
)

select
    low_answers.count_rows as count_low_answers,
    loops.count_low as count_loops,
    totals.count_low as count_totals,
    opened.count_rows as count_opened,
    counted.count_follow_ups
from low_answers
cross join opened
cross join loops
cross join counted
cross join totals
where
    low_answers.count_rows <> loops.count_low
    or loops.count_low <> totals.count_low
    or opened.count_rows <> counted.count_follow_ups
