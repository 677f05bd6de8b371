-- What the tables with a row per month are made from, as fingerprints: each input row stands under the month from which
-- on it can change anything. A difference from the build before names the first month to be built again.
with spans_of_activity as (
    select
        account_id,
        activity_id,
        active_from,
        active_to,
        mrr_amount,
        -- A month earlier: a departure on the first of a month belongs to the one before when nothing was active then.
        {{ add_months(month_of('active_from'), -1) }} as begins_to_matter,
        {{ add_months(month_of('active_to'), -1) }} as ceases_to_matter
    from {{ ref('int_accounts__activity') }}
),

departures as (
    select
        account_id,
        event_date,
        kind,
        {{ add_months('event_month', -1) }} as month
    from {{ ref('int_churn__events') }}
),

answers as (
    select
        *,
        {{ add_months(month_of('known_at'), 1) }} as month
    from {{ ref('int_survey__paired') }}
),

accounts as (
    select
        starts.account_id,
        starts.start_date,
        keys.control_key,
        {{ month_of('starts.start_date') }} as month
    from {{ ref('int_accounts__starts') }} as starts
    left join {{ ref('int_controls__keys') }} as keys on starts.account_id = keys.account_id
),

calendar as (
    select calendar.month
    from {{ ref('int_calendar__months') }} as calendar
    inner join {{ ref('int_calendar__as_of') }} as as_of
        on calendar.month >= as_of.first_month and calendar.month <= as_of.as_of_month
)

{{ fingerprint(
    'activity begins', 'begins_to_matter', ['account_id', 'activity_id', 'active_from', 'mrr_amount'], 'spans_of_activity'
) }}
union all
{{ fingerprint('activity ends', 'ceases_to_matter', ['account_id', 'activity_id', 'active_to'], 'spans_of_activity') }}
union all
{{ fingerprint('departures', 'month', ['account_id', 'event_date', 'kind'], 'departures') }}
union all
{{ fingerprint('answers', 'month', [
    'response_id', 'metric_id', 'score', 'scale_min', 'scale_max', 'account_id', 'contact_id', 'contact_key',
    'contact_role', 'audience', 'survey_kind', 'touchpoint', 'journey_stage', 'channel', 'incentive', 'invited_at',
    'responded_at', 'known_at', 'comment', 'is_matched', 'is_after_churn'
], 'answers') }}
union all
{{ fingerprint('origins', 'month', ['response_id', '_source_file', '_source_row', '_file_sha256'], 'answers') }}
union all
{{ fingerprint('accounts', 'month', ['account_id', 'start_date', 'control_key'], 'accounts') }}
union all
{{ fingerprint('renewals', 'month', ['account_id'], ref('int_renewals__months')) }}
union all
{{ fingerprint('calendar', 'month', ['month'], 'calendar') }}
