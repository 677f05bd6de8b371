with counting as (
    select
        spans.metric_id,
        spans.account_id,
        spans.contact_key,
        spans.known_at
    from {{ ref('int_feedback__answer_spans') }} as spans
    inner join {{ ref('int_calendar__as_of') }} as calendar
        on spans.visible_from <= calendar.next_month and spans.hidden_from > calendar.next_month
)

select
    answers.response_id,
    answers.metric_id,
    answers.metric_version,
    answers.is_current_version,
    answers.score,
    answers.oriented_score,
    answers.score_class,
    answers.is_top_box,
    answers.scale_min,
    answers.scale_max,
    answers.account_id,
    answers.contact_id,
    answers.contact_key,
    answers.contact_role,
    coalesce(accounts.segment, 'unknown') as segment,
    coalesce(accounts.region, 'unknown') as region,
    coalesce(products.product, 'unknown') as product,
    -- The revenue the answer speaks for: what the account paid in the month in which we learnt of it.
    cast(greatest(coalesce(spine.mrr_amount, 0), 0) as decimal(18, 2)) as mrr_amount,
    parameters.reporting_currency as currency_code,
    answers.audience,
    answers.survey_kind,
    answers.touchpoint,
    answers.journey_stage,
    answers.channel,
    answers.incentive,
    cast(answers.invited_at as {{ timestamp_type() }}) as invited_at,
    cast(answers.responded_at as {{ timestamp_type() }}) as responded_at,
    cast(answers.known_at as {{ timestamp_type() }}) as known_at,
    answers.comment,
    answers.is_matched,
    answers.is_after_churn,
    counting.contact_key is not null and answers.audience = 'customer' and answers.is_current_version as is_current,
    answers._source_file as source_file,
    cast(answers._source_row as bigint) as source_row,
    answers._file_sha256 as file_sha256
from {{ ref('int_survey__matched') }} as answers
cross join {{ source('control', 'run_parameters') }} as parameters
left join {{ ref('stg_raw__accounts') }} as accounts on answers.account_id = accounts.account_id
left join {{ ref('int_accounts__products') }} as products on answers.account_id = products.account_id
left join {{ ref('int_account_months__spine') }} as spine
    on answers.account_id = spine.account_id and {{ month_of('answers.known_at') }} = spine.month
left join counting
    on
        answers.metric_id = counting.metric_id
        and answers.account_id = counting.account_id
        and answers.contact_key = counting.contact_key
        and answers.known_at = counting.known_at
