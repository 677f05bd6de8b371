-- Windows of 1, 3 and 12 months, from the first of one month to the first of another. The cohort is who was at risk at
-- the beginning; only its members count in what is kept and retained. Expansion of one account never makes up for what
-- another lost in `kept_amount`: it is the lesser of before and after, account by account.
{%- set windows = [1, 3, 12] %}
{%- set measures = [
    'opening_amount', 'kept_amount', 'retained_amount', 'new_amount', 'new_earned_amount', 'closing_amount'
] %}
{%- set counts = ['accounts', 'kept', 'new', 'new_unknown_acquisition'] %}
with months as (
    select *
    from {{ ref('int_money__account_months') }}
),

windows as (
    {%- for window in windows %}
    {{ 'union all ' if not loop.first }}select {{ window }} as window_months
    {%- endfor %}
),

-- Windows that history covers from beginning to end.
covered as (
    select
        ends.month,
        windows.window_months,
        {{ add_months('ends.month', '1 - windows.window_months') }} as window_start_month
    from (
        select distinct month
        from months
    ) as ends
    cross join windows
    cross join {{ ref('int_calendar__as_of') }} as calendar
    where {{ add_months('ends.month', '1 - windows.window_months') }} >= calendar.first_month
),

cohorts as (
    select
        covered.month,
        covered.window_months,
        opened.segment,
        opened.region,
        {{ sum_money('opened.opening_amount') }} as opening_amount,
        {{ sum_money('least(opened.opening_amount, coalesce(closed.closing_amount, 0))') }} as kept_amount,
        {{ sum_money('coalesce(closed.closing_amount, 0)') }} as retained_amount,
        cast(count(*) as bigint) as count_accounts,
        {{ count_where('closed.is_closing') }} as count_kept
    from months as opened
    inner join covered on opened.month = covered.window_start_month
    left join months as closed on opened.account_id = closed.account_id and covered.month = closed.month
    where opened.is_opening
    group by covered.month, covered.window_months, opened.segment, opened.region
),

arrivals as (
    select
        covered.month,
        covered.window_months,
        closed.segment,
        closed.region,
        {{ sum_money('closed.closing_amount') }} as closing_amount,
        {{ sum_money('case when closed.first_at_risk_month > covered.window_start_month then closed.closing_amount else 0 end') }}
            as new_amount,
        {{ sum_money(
            "case when closed.first_at_risk_month > covered.window_start_month and closed.acquisition = 'earned' "
            ~ "then closed.closing_amount else 0 end"
        ) }} as new_earned_amount,
        {{ count_where('closed.first_at_risk_month > covered.window_start_month') }} as count_new,
        {{ count_where(
            "closed.first_at_risk_month > covered.window_start_month and closed.acquisition = 'unknown'"
        ) }} as count_new_unknown_acquisition
    from months as closed
    inner join covered on closed.month = covered.month
    where closed.is_closing
    group by covered.month, covered.window_months, closed.segment, closed.region
),

cells as (
    select
        month, window_months, segment, region, opening_amount, kept_amount, retained_amount, 0 as new_amount,
        0 as new_earned_amount, 0 as closing_amount, count_accounts, count_kept, 0 as count_new,
        0 as count_new_unknown_acquisition
    from cohorts
    union all
    select
        month, window_months, segment, region, 0 as opening_amount, 0 as kept_amount, 0 as retained_amount, new_amount,
        new_earned_amount, closing_amount, 0 as count_accounts, 0 as count_kept, count_new, count_new_unknown_acquisition
    from arrivals
),

slices as (
    {%- for slice_name, slice_value in [('total', "'total'"), ('segment', 'segment'), ('region', 'region')] %}
    {{ 'union all' if not loop.first }}
    select
        month,
        window_months,
        '{{ slice_name }}' as slice_name,
        {{ slice_value }} as slice_value,
        {{ measures | join(', ') }},
        count_{{ counts | join(', count_') }}
    from cells
    {%- endfor %}
),

summed as (
    select
        month,
        window_months,
        slice_name,
        {%- for measure in measures %}
        {{ sum_money(measure) }} as {{ measure }},
        {%- endfor %}
        {%- for count in counts %}
        cast(sum(count_{{ count }}) as bigint) as count_{{ count }},
        {%- endfor %}
        slice_value
    from slices
    group by month, window_months, slice_name, slice_value
),

rated as (
    select
        *,
        100.0 * kept_amount / nullif(opening_amount, 0) as grr_pct,
        100.0 * retained_amount / nullif(opening_amount, 0) as nrr_pct,
        1.0 * count_kept / nullif(count_accounts, 0) as kept_share,
        -- Not known where no new account says how it was won; without new accounts nothing was earned, which is known.
        case
            when count_new = 0 or count_new > count_new_unknown_acquisition
                then 100.0 * new_earned_amount / nullif(opening_amount, 0)
        end as earned_new_pct
    from summed
)

select
    rated.month,
    cast(rated.window_months as int) as window_months,
    {{ add_months('rated.month', '1 - rated.window_months') }} as window_start_month,
    rated.slice_name,
    rated.slice_value,
    parameters.reporting_currency as currency_code,
    rated.count_accounts,
    rated.count_kept,
    cast(rated.count_accounts - rated.count_kept as bigint) as count_lost,
    rated.count_new,
    rated.count_new_unknown_acquisition,
    rated.opening_amount,
    rated.kept_amount,
    rated.retained_amount,
    rated.new_amount,
    rated.new_earned_amount,
    cast(rated.closing_amount - rated.retained_amount - rated.new_amount as decimal(38, 2)) as returned_amount,
    rated.closing_amount,
    cast(rated.grr_pct as decimal(12, 6)) as grr_pct,
    cast(rated.nrr_pct as decimal(12, 6)) as nrr_pct,
    cast(rated.earned_new_pct as decimal(12, 6)) as earned_new_pct,
    cast(rated.nrr_pct + rated.earned_new_pct - 100 as decimal(12, 6)) as earned_growth_pct,
    cast(100 * (1 - rated.kept_share) as decimal(12, 6)) as logo_churn_pct,
    cast(100 * (1 - power(cast(rated.kept_share as double), 1.0 / rated.window_months)) as decimal(12, 6))
        as monthly_logo_churn_pct
from rated
cross join {{ source('control', 'run_parameters') }} as parameters
