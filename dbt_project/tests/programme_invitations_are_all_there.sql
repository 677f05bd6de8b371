-- What must hold: every accepted invitation sent before the month after as-of is in fct_survey_invitations, and counted
-- once in the totals of agg_response_rates.
-- Why: a join to contacts, accounts or responses that loses or doubles rows would move every response rate.
-- A returned row is a run in which the three counts differ.
with staged as (
    select count(*) as count_rows
    from {{ ref('stg_raw__survey_invitations') }} as invitations
    cross join {{ ref('int_calendar__as_of') }} as calendar
    where invitations.sent_at < calendar.next_month
),

facts as (
    select count(*) as count_rows
    from {{ ref('fct_survey_invitations') }}
),

totals as (
    select
        coalesce(sum(case when period = 'all' then count_invited else 0 end), 0) as count_all,
        coalesce(sum(case when period <> 'all' then count_invited else 0 end), 0) as count_months
    from {{ ref('agg_response_rates') }}
    where slice_name = 'total'
)

select
    staged.count_rows as count_staged,
    facts.count_rows as count_facts,
    totals.count_all,
    totals.count_months
from staged
cross join facts
cross join totals
where staged.count_rows <> facts.count_rows or facts.count_rows <> totals.count_all or totals.count_all <> totals.count_months
