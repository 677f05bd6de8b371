-- How many answers are paired with a customer record, by count and by revenue. An answer without any identifier could not
-- be paired (anonymous); one whose identifiers we do not know should have been (orphan).
with answers as (
    select
        audience,
        metric_id,
        account_id,
        is_matched,
        known_at
    from {{ ref('fct_survey_responses') }}
),

counted as (
    select
        audience,
        metric_id,
        cast(count(*) as bigint) as count_answers,
        {{ count_where('is_matched') }} as count_matched
    from answers
    group by audience, metric_id
),

anonymous as (
    select
        coalesce(audience, 'customer') as audience,
        metric as metric_id,
        cast(count(*) as bigint) as count_anonymous
    from {{ ref('stg_raw__survey_responses') }}
    where account_id is null and contact_id is null and email is null
    group by coalesce(audience, 'customer'), metric
),

active as (
    select
        account_id,
        mrr_amount
    from {{ ref('dim_accounts') }}
    where is_active
),

totals as (
    select
        {{ sum_money('mrr_amount') }} as active_mrr_amount,
        cast(count(*) as bigint) as count_active_accounts
    from active
),

heard as (
    select
        answers.audience,
        answers.metric_id,
        answers.account_id
    from answers
    cross join {{ ref('int_calendar__as_of') }} as calendar
    cross join {{ source('control', 'run_parameters') }} as parameters
    where
        answers.is_matched
        and answers.known_at < calendar.next_month
        and {{ days_between('answers.known_at', 'calendar.next_month') }} <= parameters.stale_days
    group by answers.audience, answers.metric_id, answers.account_id
),

heard_slices as (
    select audience, metric_id, account_id from heard
    union all
    select distinct audience, 'all' as metric_id, account_id from heard
),

heard_revenue as (
    select
        heard_slices.audience,
        heard_slices.metric_id,
        cast(count(*) as bigint) as count_heard_accounts,
        {{ sum_money('active.mrr_amount') }} as heard_mrr_amount
    from heard_slices
    inner join active on heard_slices.account_id = active.account_id
    group by heard_slices.audience, heard_slices.metric_id
),

joined as (
    select
        counted.audience,
        counted.metric_id,
        counted.count_answers,
        counted.count_matched,
        coalesce(anonymous.count_anonymous, 0) as count_anonymous
    from counted
    left join anonymous on counted.audience = anonymous.audience and counted.metric_id = anonymous.metric_id
),

sliced as (
    select audience, metric_id, count_answers, count_matched, count_anonymous from joined
    union all
    select
        audience,
        'all' as metric_id,
        cast(sum(count_answers) as bigint) as count_answers,
        cast(sum(count_matched) as bigint) as count_matched,
        cast(sum(count_anonymous) as bigint) as count_anonymous
    from joined
    group by audience
)

select
    sliced.audience,
    sliced.metric_id,
    sliced.count_answers,
    sliced.count_matched,
    sliced.count_answers - sliced.count_matched as count_unmatched,
    sliced.count_anonymous,
    sliced.count_answers - sliced.count_matched - sliced.count_anonymous as count_orphans,
    cast(100.0 * sliced.count_matched / sliced.count_answers as decimal(12, 6)) as matched_pct,
    totals.count_active_accounts,
    coalesce(heard_revenue.count_heard_accounts, 0) as count_heard_accounts,
    cast(coalesce(totals.active_mrr_amount, 0) as decimal(38, 2)) as active_mrr_amount,
    cast(coalesce(heard_revenue.heard_mrr_amount, 0) as decimal(38, 2)) as heard_mrr_amount,
    parameters.reporting_currency as currency_code,
    cast(
        100.0 * coalesce(heard_revenue.heard_mrr_amount, 0) / nullif(totals.active_mrr_amount, 0) as decimal(12, 6)
    ) as heard_mrr_pct
from sliced
cross join totals
cross join {{ source('control', 'run_parameters') }} as parameters
left join heard_revenue on sliced.audience = heard_revenue.audience and sliced.metric_id = heard_revenue.metric_id
