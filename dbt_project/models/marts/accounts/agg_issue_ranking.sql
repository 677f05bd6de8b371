-- Where low answers come from, by the money of the accounts that gave them: one large account outranks ten small ones.
-- Answers of the last `stale_days` before the month after as-of, of any metric; an account counts once per issue, however
-- often it complained. Answers that name no touchpoint or stage are counted as `unknown` and have no rank.
with answers as (
    select
        matched.account_id,
        matched.score_class,
        matched.touchpoint,
        matched.journey_stage
    from {{ ref('int_survey__matched') }} as matched
    cross join {{ ref('int_calendar__as_of') }} as calendar
    cross join {{ source('control', 'run_parameters') }} as parameters
    where
        matched.audience = 'customer'
        and matched.is_current_version
        and not matched.is_after_churn
        and matched.known_at < calendar.next_month
        and {{ days_between('matched.known_at', 'calendar.next_month') }} <= parameters.stale_days
),

-- Per account first, so that its money is added once.
voices as (
    select
        'touchpoint' as issue_kind,
        coalesce(touchpoint, 'unknown') as issue,
        account_id,
        cast(count(*) as bigint) as count_answers,
        {{ count_where("score_class = 'low'") }} as count_low
    from answers
    group by coalesce(touchpoint, 'unknown'), account_id
    union all
    select
        'journey_stage' as issue_kind,
        coalesce(journey_stage, 'unknown') as issue,
        account_id,
        cast(count(*) as bigint) as count_answers,
        {{ count_where("score_class = 'low'") }} as count_low
    from answers
    group by coalesce(journey_stage, 'unknown'), account_id
),

issues as (
    select
        voices.issue_kind,
        voices.issue,
        cast(sum(voices.count_answers) as bigint) as count_answers,
        cast(sum(voices.count_low) as bigint) as count_low,
        -- Low answers of accounts that we do not know, or that have left, weigh nothing and are counted.
        cast(sum(case when accounts.account_id is null then voices.count_low else 0 end) as bigint) as count_low_without_mrr,
        {{ count_where('voices.count_low > 0 and accounts.account_id is not null') }} as count_accounts,
        {{ sum_money('case when voices.count_low > 0 then accounts.mrr_amount else 0 end') }} as mrr_amount
    from voices
    left join {{ ref('dim_accounts') }} as accounts
        on voices.account_id = accounts.account_id and accounts.is_active
    group by voices.issue_kind, voices.issue
)

select
    issues.issue_kind,
    issues.issue,
    cast(
        case
            when issues.issue <> 'unknown' then row_number() over (
                partition by issues.issue_kind, issues.issue = 'unknown'
                order by coalesce(issues.mrr_amount, 0) desc, issues.count_low desc, issues.issue asc
            )
        end as bigint
    ) as issue_rank,
    issues.count_answers,
    issues.count_low,
    issues.count_low_without_mrr,
    issues.count_answers < parameters.minimum_answers as is_suppressed,
    cast(
        case when issues.count_answers >= parameters.minimum_answers then 100.0 * issues.count_low / issues.count_answers end
        as decimal(12, 6)
    ) as low_pct,
    issues.count_accounts,
    parameters.reporting_currency as currency_code,
    cast(coalesce(issues.mrr_amount, 0) as decimal(38, 2)) as mrr_amount
from issues
cross join {{ source('control', 'run_parameters') }} as parameters
