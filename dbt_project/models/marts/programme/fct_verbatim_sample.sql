-- Comments to read, about thirty per metric, in the proportions in which all customers answered (with a comment or not)
-- in the year before the end of as-of: neither the worst nor the kindest are picked, and every class that has comments
-- is heard. Which ones is decided by the hash of the response's id, so it is the same on every run.
with answers as (
    select
        answers.response_id,
        answers.metric_id,
        answers.score_class,
        answers.score,
        answers.account_id,
        answers.responded_at,
        nullif(trim(answers.comment), '') as comment
    from {{ ref('fct_survey_responses') }} as answers
    cross join {{ ref('int_calendar__as_of') }} as calendar
    where
        answers.audience = 'customer'
        and answers.is_current_version
        and answers.known_at < calendar.next_month
        and answers.known_at >= {{ add_months('calendar.next_month', -12) }}
),

classes as (
    select
        metric_id,
        score_class,
        cast(count(*) as bigint) as count_answers,
        cast(count(comment) as bigint) as count_comments
    from answers
    group by metric_id, score_class
),

quotas as (
    select
        metric_id,
        score_class,
        count_answers,
        count_comments,
        cast(
            ceil(30.0 * count_answers / sum(count_answers) over (partition by metric_id)) as int
        ) as class_quota
    from classes
),

ordered as (
    select
        *,
        row_number() over (partition by metric_id, score_class order by md5(response_id), response_id) as place
    from answers
    where comment is not null
)

select
    ordered.response_id,
    ordered.metric_id,
    ordered.score_class,
    ordered.score,
    ordered.account_id,
    cast(ordered.responded_at as {{ timestamp_type() }}) as responded_at,
    ordered.comment,
    quotas.count_answers as count_class_answers,
    quotas.count_comments as count_class_comments,
    quotas.class_quota
from ordered
inner join quotas on ordered.metric_id = quotas.metric_id and ordered.score_class = quotas.score_class
where ordered.place <= quotas.class_quota
