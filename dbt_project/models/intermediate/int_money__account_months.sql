-- Monthly recurring revenue (MRR) of an account when a month begins and when it ends, and what lies between: every
-- account that was at risk at either end. All of the money marts read this, so they agree to the cent.
--
-- Both ends are firsts of months: what is active on the first counts, and a part of a month billed between two firsts
-- does not. Where MRR is read from bills, those of the month after as-of are not in yet: then an account that has not
-- left in the as-of month is taken to go on as it was (`is_carried`), as dim_accounts does.
with last_starts as (
    select max(active_from) as last_start_date
    from {{ ref('int_accounts__activity') }}
),

frame as (
    select
        calendar.first_month,
        calendar.as_of_month,
        calendar.next_month,
        parameters.mrr_source = 'revenue' and last_starts.last_start_date < calendar.next_month as is_next_month_unbilled
    from {{ ref('int_calendar__as_of') }} as calendar
    cross join {{ source('control', 'run_parameters') }} as parameters
    cross join last_starts
),

spine as (
    select
        account_id,
        month,
        -- At risk without an amount: none of its lines had a rate of exchange. They are counted in agg_ledger_bridge.
        cast(coalesce(mrr_amount, 0) as decimal(38, 2)) as mrr_amount,
        churn_kind
    from {{ ref('int_account_months__spine') }}
),

first_months as (
    select
        account_id,
        min(month) as first_at_risk_month
    from spine
    group by account_id
),

ends as (
    select
        spine.account_id,
        spine.month,
        spine.mrr_amount as opening_amount,
        case
            when spine.month = frame.as_of_month and frame.is_next_month_unbilled and spine.churn_kind is null
                then spine.mrr_amount
        end as carried_amount,
        cast(null as decimal(38, 2)) as next_amount,
        spine.churn_kind
    from spine
    cross join frame
    where spine.month <= frame.as_of_month
    union all
    select
        spine.account_id,
        {{ add_months('spine.month', -1) }} as month,
        cast(null as decimal(38, 2)) as opening_amount,
        cast(null as decimal(38, 2)) as carried_amount,
        spine.mrr_amount as next_amount,
        cast(null as {{ dbt.type_string() }}) as churn_kind
    from spine
    cross join frame
    where spine.month > frame.first_month
),

both_ends as (
    select
        account_id,
        month,
        max(opening_amount) is not null as is_opening,
        coalesce(max(carried_amount), max(next_amount)) is not null as is_closing,
        max(carried_amount) is not null as is_carried,
        coalesce(max(opening_amount), 0) as opening_amount,
        coalesce(max(carried_amount), max(next_amount), 0) as closing_amount,
        max(churn_kind) as churn_kind
    from ends
    group by account_id, month
),

placed as (
    select
        both_ends.*,
        first_months.first_at_risk_month,
        coalesce(accounts.segment, 'unknown') as segment,
        coalesce(accounts.region, 'unknown') as region,
        coalesce(accounts.acquisition, 'unknown') as acquisition,
        case
            when both_ends.is_opening and both_ends.churn_kind is not null and both_ends.is_closing then 'churn_and_return'
            when both_ends.is_opening and both_ends.churn_kind is not null then 'churn'
            when both_ends.is_opening and not both_ends.is_closing then 'end_without_event'
            when both_ends.is_opening then 'stay'
            when both_ends.month < first_months.first_at_risk_month then 'new'
            else 'reactivation'
        end as passage,
        coalesce(effects.currency_effect_amount, 0) as rate_effect_amount
    from both_ends
    inner join first_months on both_ends.account_id = first_months.account_id
    left join {{ ref('stg_raw__accounts') }} as accounts on both_ends.account_id = accounts.account_id
    left join {{ ref('int_money__currency_effects') }} as effects
        on both_ends.account_id = effects.account_id and both_ends.month = effects.month
),

changed as (
    select
        *,
        -- What is carried has no new rate yet.
        case when passage = 'stay' and not is_carried then rate_effect_amount else 0 end as currency_effect_amount,
        case
            when passage = 'stay' and not is_carried then closing_amount - opening_amount - rate_effect_amount
            else 0
        end as change_amount
    from placed
)

select
    account_id,
    month,
    segment,
    region,
    acquisition,
    first_at_risk_month,
    is_opening,
    is_closing,
    is_carried,
    passage,
    churn_kind,
    cast(opening_amount as decimal(38, 2)) as opening_amount,
    cast(case when passage = 'new' then closing_amount else 0 end as decimal(38, 2)) as new_amount,
    cast(case when passage in ('reactivation', 'churn_and_return') then closing_amount else 0 end as decimal(38, 2))
        as reactivation_amount,
    cast(greatest(change_amount, 0) as decimal(38, 2)) as expansion_amount,
    cast(greatest(-change_amount, 0) as decimal(38, 2)) as contraction_amount,
    cast(case when churn_kind = 'voluntary' then opening_amount else 0 end as decimal(38, 2)) as churn_voluntary_amount,
    cast(case when churn_kind = 'involuntary' then opening_amount else 0 end as decimal(38, 2)) as churn_involuntary_amount,
    cast(case when churn_kind not in ('voluntary', 'involuntary') then opening_amount else 0 end as decimal(38, 2))
        as churn_other_amount,
    cast(case when passage = 'end_without_event' then opening_amount else 0 end as decimal(38, 2)) as ended_amount,
    cast(currency_effect_amount as decimal(38, 2)) as currency_effect_amount,
    cast(closing_amount as decimal(38, 2)) as closing_amount
from changed
