{{ config(materialized="view") }}

-- Answers paired with an account: by its id, else by the contact, else by e-mail. Nothing is dropped: orphans and
-- answers given after the account had left stay, flagged. `known_at` is when we could first have known the answer.
with answers as (
    select
        responses.*,
        lower(responses.email) as email_key,
        case
            when responses.recorded_at > responses.responded_at then responses.recorded_at
            else responses.responded_at
        end as known_at
    from {{ ref('stg_raw__survey_responses') }} as responses
),

matched as (
    select
        answers.*,
        coalesce(by_account.resolved_account_id, by_contact.account_id, by_email.account_id) as matched_account_id,
        coalesce(by_contact.contact_id, by_email.contact_id, answers.contact_id) as matched_contact_id,
        coalesce(by_contact.role, by_email.role) as contact_role
    from answers
    left join {{ ref('int_accounts__resolved') }} as by_account on answers.account_id = by_account.account_id
    left join {{ ref('int_contacts__resolved') }} as by_contact
        on answers.contact_id = by_contact.contact_id and by_contact.is_matched
    left join {{ ref('int_contacts__resolved') }} as by_email
        on answers.email_key = by_email.email and by_email.is_email_owner and by_email.is_matched
),

-- From a departure until the account's next activity, or its next departure, whichever is first.
returns as (
    select
        events.account_id,
        events.event_date,
        min(activity.active_from) as returned_from
    from {{ ref('int_churn__events') }} as events
    left join {{ ref('int_accounts__activity') }} as activity
        on events.account_id = activity.account_id and events.event_date < activity.active_from
    group by events.account_id, events.event_date
),

absences as (
    select
        account_id,
        event_date as absent_from,
        least(
            coalesce(returned_from, cast('9999-12-31' as date)),
            coalesce(
                lead(event_date) over (partition by account_id order by event_date), cast('9999-12-31' as date)
            )
        ) as absent_until
    from returns
)

select
    matched.response_id,
    matched.metric as metric_id,
    versions.version as metric_version,
    versions.is_current as is_current_version,
    matched.score,
    -- Turned so that more is better, for whatever compares accounts.
    cast(
        case
            when metrics.orientation = 'lower_is_better' then matched.scale_min + matched.scale_max - matched.score
            else matched.score
        end as decimal(9, 4)
    ) as oriented_score,
    -- Favourable, middle or unfavourable, whichever end of the scale that is.
    case
        when matched.score >= versions.high_min
            then case when metrics.orientation = 'lower_is_better' then 'low' else 'high' end
        when matched.score <= versions.low_max
            then case when metrics.orientation = 'lower_is_better' then 'high' else 'low' end
        else 'middle'
    end as score_class,
    matched.score
    = case when metrics.orientation = 'lower_is_better' then matched.scale_min else matched.scale_max end as is_top_box,
    matched.scale_min,
    matched.scale_max,
    matched.matched_account_id as account_id,
    matched.matched_contact_id as contact_id,
    -- Who answered, as closely as known: the person, else the address, else the account as one voice.
    coalesce(
        'contact:' || matched.matched_contact_id, 'email:' || matched.email_key, 'account:' || matched.matched_account_id,
        'response:' || matched.response_id
    ) as contact_key,
    matched.contact_role,
    coalesce(matched.audience, 'customer') as audience,
    matched.survey_kind,
    matched.touchpoint,
    matched.journey_stage,
    matched.channel,
    matched.incentive,
    matched.invited_at,
    matched.responded_at,
    matched.known_at,
    matched.comment,
    matched.matched_account_id is not null as is_matched,
    absences.account_id is not null as is_after_churn,
    matched._source_file,
    matched._source_row,
    matched._file_sha256
from matched
inner join {{ source('control', 'metrics') }} as metrics on matched.metric = metrics.metric_id
inner join {{ source('control', 'metric_versions') }} as versions
    on
        matched.metric = versions.metric_id
        and matched.scale_min = versions.scale_min
        and matched.scale_max = versions.scale_max
left join absences
    on
        matched.matched_account_id = absences.account_id
        and cast(matched.responded_at as date) >= absences.absent_from
        and cast(matched.responded_at as date) < absences.absent_until
