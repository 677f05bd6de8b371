-- Every invitation with the person's one before it, over all channels and surveys, and with the response it brought. The
-- contract has no key from a response to its invitation, so a response that states when it was invited answers the
-- person's invitation of that instant and no other; one that states nothing answers the latest invitation before it, as
-- its first answer. Invitations of one instant stand in the order of their ids, so load order never matters.
with invitations as (
    select
        invitations.invitation_id,
        invitations.contact_id,
        coalesce(by_account.resolved_account_id, by_contact.account_id, invitations.account_id) as account_id,
        coalesce(by_account.resolved_account_id, by_contact.account_id) is not null as is_matched,
        -- Written like the key of an answer, so that the two meet.
        coalesce(
            'contact:' || invitations.contact_id,
            'account:' || coalesce(by_account.resolved_account_id, invitations.account_id),
            'invitation:' || invitations.invitation_id
        ) as contact_key,
        coalesce(invitations.survey, 'unknown') as survey,
        coalesce(invitations.channel, 'unknown') as channel,
        invitations.sent_at
    from {{ ref('stg_raw__survey_invitations') }} as invitations
    cross join {{ ref('int_calendar__as_of') }} as calendar
    left join {{ ref('int_accounts__resolved') }} as by_account on invitations.account_id = by_account.account_id
    left join {{ ref('int_contacts__resolved') }} as by_contact
        on invitations.contact_id = by_contact.contact_id and by_contact.is_matched
    where invitations.sent_at < calendar.next_month
),

ordered as (
    select
        *,
        lag(sent_at) over (partition by contact_key order by sent_at, invitation_id) as previous_sent_at,
        coalesce(
            lead(sent_at) over (partition by contact_key order by sent_at, invitation_id),
            cast('9999-12-31 00:00:00' as {{ timestamp_type() }})
        ) as next_sent_at,
        row_number() over (partition by contact_key, sent_at order by invitation_id) as place
    from invitations
),

-- An answer of several metrics is one response.
responses as (
    select
        answers.response_id,
        min(answers.contact_key) as contact_key,
        min(answers.invited_at) as invited_at,
        min(answers.responded_at) as responded_at,
        max(answers.survey_kind) as survey_kind
    from {{ ref('fct_survey_responses') }} as answers
    cross join {{ ref('int_calendar__as_of') }} as calendar
    where answers.known_at < calendar.next_month
    group by answers.response_id
),

stated as (
    select
        *,
        row_number() over (partition by contact_key, invited_at order by responded_at, response_id) as place
    from responses
    where invited_at is not null
),

inferred as (
    select
        ordered.invitation_id,
        responses.response_id,
        responses.responded_at,
        responses.survey_kind,
        row_number() over (
            partition by ordered.invitation_id order by responses.responded_at, responses.response_id
        ) as place
    from ordered
    inner join responses
        on
            ordered.contact_key = responses.contact_key
            and ordered.sent_at <= responses.responded_at
            and ordered.next_sent_at > responses.responded_at
    where responses.invited_at is null
),

linked as (
    select
        ordered.*,
        coalesce(stated.response_id, inferred.response_id) as response_id,
        coalesce(stated.responded_at, inferred.responded_at) as responded_at,
        coalesce(stated.survey_kind, inferred.survey_kind) as survey_kind
    from ordered
    left join stated
        on
            ordered.contact_key = stated.contact_key
            and ordered.sent_at = stated.invited_at
            and ordered.place = stated.place
    left join inferred on ordered.invitation_id = inferred.invitation_id and inferred.place = 1
)

select
    linked.invitation_id,
    linked.contact_key,
    linked.contact_id,
    linked.account_id,
    linked.is_matched,
    linked.survey,
    linked.channel,
    {{ month_of('linked.sent_at') }} as sent_month,
    cast(linked.sent_at as {{ timestamp_type() }}) as sent_at,
    cast(linked.previous_sent_at as {{ timestamp_type() }}) as previous_sent_at,
    cast({{ days_between('linked.previous_sent_at', 'linked.sent_at') }} as int) as gap_days,
    coalesce(
        {{ days_between('linked.previous_sent_at', 'linked.sent_at') }} < rules.contact_gap_days, false
    ) as is_gap_violation,
    linked.response_id is not null as is_answered,
    linked.response_id,
    linked.survey_kind,
    cast(linked.responded_at as {{ timestamp_type() }}) as responded_at,
    cast({{ dbt.datediff('linked.sent_at', 'linked.responded_at', 'second') }} / 60.0 as decimal(18, 2))
        as response_lag_minutes
from linked
cross join {{ source('control', 'rules') }} as rules
