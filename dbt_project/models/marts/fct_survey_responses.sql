with counting as (
    select
        states.metric_id,
        states.account_id,
        states.contact_key,
        states.known_at
    from {{ ref('int_feedback__contact_months') }} as states
    inner join {{ ref('int_calendar__as_of') }} as calendar on states.month = calendar.next_month
)

select
    answers.response_id,
    answers.metric_id,
    answers.score,
    answers.scale_min,
    answers.scale_max,
    case
        when answers.score >= metrics.high_min then 'high'
        when answers.score <= metrics.low_max then 'low'
        else 'middle'
    end as score_class,
    answers.account_id,
    answers.contact_id,
    answers.contact_key,
    answers.contact_role,
    coalesce(accounts.segment, 'unknown') as segment,
    answers.audience,
    answers.survey_kind,
    answers.touchpoint,
    answers.channel,
    cast(answers.responded_at as {{ timestamp_type() }}) as responded_at,
    cast(answers.known_at as {{ timestamp_type() }}) as known_at,
    answers.comment,
    answers.is_matched,
    answers.is_after_churn,
    counting.contact_key is not null and coalesce(answers.audience, 'customer') = 'customer' as is_current,
    answers._source_file as source_file,
    cast(answers._source_row as bigint) as source_row,
    answers._file_sha256 as file_sha256
from {{ ref('int_survey__matched') }} as answers
inner join {{ source('control', 'metrics') }} as metrics on answers.metric_id = metrics.metric_id
left join {{ ref('stg_raw__accounts') }} as accounts on answers.account_id = accounts.account_id
left join counting
    on
        answers.metric_id = counting.metric_id
        and answers.account_id = counting.account_id
        and answers.contact_key = counting.contact_key
        and answers.known_at = counting.known_at
