-- Whom the programme reaches, month by month: the people invited in the month against those known, and the active
-- accounts that were asked, or answered, within the days a relationship survey must come round in.
with calendar_months as (
    select
        account_id,
        month,
        mrr_amount,
        {{ add_months('month', 1) }} as month_end
    from {{ ref('fct_account_months') }}
),

account_people as (
    select
        account_id,
        cast(count(*) as bigint) as count_people
    from {{ ref('int_contacts__resolved') }}
    where is_matched
    group by account_id
),

-- Answers and invitations of relationship surveys, one row per account and day. An invitation does not say of which
-- kind it was; it counts unless the answer it brought was a touchpoint's.
contacts_made as (
    select
        account_id,
        cast(known_at as date) as contact_date,
        true as is_answer
    from {{ ref('fct_survey_responses') }}
    where is_matched and audience = 'customer' and coalesce(survey_kind, 'relationship') = 'relationship'
    group by account_id, cast(known_at as date)
    union all
    select
        account_id,
        cast(sent_at as date) as contact_date,
        false as is_answer
    from {{ ref('fct_survey_invitations') }}
    where is_matched and coalesce(survey_kind, 'relationship') = 'relationship'
    group by account_id, cast(sent_at as date)
),

-- The latest contact before the month's end, without joining every month to every contact: months and contacts in one
-- line of time, and the maximum so far.
timeline as (
    select
        account_id,
        contact_date as at_date,
        1 as is_after_month,
        contact_date,
        case when is_answer then contact_date end as answer_date,
        cast(null as date) as month,
        cast(null as decimal(38, 2)) as mrr_amount
    from contacts_made
    union all
    select
        account_id,
        month_end as at_date,
        0 as is_after_month,
        cast(null as date) as contact_date,
        cast(null as date) as answer_date,
        month,
        mrr_amount
    from calendar_months
),

latest as (
    select
        account_id,
        month,
        mrr_amount,
        at_date,
        max(contact_date) over (
            partition by account_id order by at_date, is_after_month
            rows between unbounded preceding and current row
        ) as contact_date,
        max(answer_date) over (
            partition by account_id order by at_date, is_after_month
            rows between unbounded preceding and current row
        ) as answer_date
    from timeline
),

accounts as (
    select
        latest.month,
        cast(count(*) as bigint) as count_accounts,
        {{ count_where(days_between('latest.contact_date', 'latest.at_date') ~ ' <= rules.relationship_survey_days') }}
            as count_accounts_covered,
        {{ count_where(days_between('latest.answer_date', 'latest.at_date') ~ ' <= rules.relationship_survey_days') }}
            as count_accounts_answered,
        {{ sum_money('latest.mrr_amount') }} as mrr_amount,
        {{ sum_money(
            'case when ' ~ days_between('latest.contact_date', 'latest.at_date')
            ~ ' <= rules.relationship_survey_days then latest.mrr_amount else 0 end'
        ) }} as covered_mrr_amount,
        cast(coalesce(sum(account_people.count_people), 0) as bigint) as count_people_known
    from latest
    cross join {{ source('control', 'rules') }} as rules
    left join account_people on latest.account_id = account_people.account_id
    where latest.month is not null
    group by latest.month
),

invited as (
    select
        sent_month,
        contact_key,
        max(contact_id) as contact_id,
        {{ count_where('is_gap_violation') }} as count_gap_violations
    from {{ ref('fct_survey_invitations') }}
    group by sent_month, contact_key
),

invitations as (
    select
        invited.sent_month,
        cast(count(*) as bigint) as count_people_invited,
        {{ count_where('months.account_id is not null') }} as count_known_invited,
        cast(sum(invited.count_gap_violations) as bigint) as count_gap_violations
    from invited
    left join {{ ref('int_contacts__resolved') }} as contacts
        on invited.contact_id = contacts.contact_id and contacts.is_matched
    left join calendar_months as months on contacts.account_id = months.account_id and invited.sent_month = months.month
    group by invited.sent_month
)

select
    accounts.month,
    accounts.count_people_known,
    coalesce(invitations.count_people_invited, 0) as count_people_invited,
    coalesce(invitations.count_known_invited, 0) as count_known_invited,
    cast(
        100.0 * coalesce(invitations.count_known_invited, 0) / nullif(accounts.count_people_known, 0) as decimal(12, 6)
    ) as sampled_pct,
    cast(100 * rules.sample_share as decimal(12, 6)) as target_sample_pct,
    coalesce(invitations.count_gap_violations, 0) as count_gap_violations,
    accounts.count_accounts,
    accounts.count_accounts_covered,
    accounts.count_accounts_answered,
    cast(100.0 * accounts.count_accounts_covered / nullif(accounts.count_accounts, 0) as decimal(12, 6)) as covered_pct,
    accounts.mrr_amount,
    accounts.covered_mrr_amount,
    parameters.reporting_currency as currency_code,
    cast(100.0 * accounts.covered_mrr_amount / nullif(accounts.mrr_amount, 0) as decimal(12, 6)) as covered_mrr_pct
from accounts
cross join {{ source('control', 'rules') }} as rules
cross join {{ source('control', 'run_parameters') }} as parameters
left join invitations on accounts.month = invitations.sent_month
