-- Who left in a month, of those at risk when it began. A leaver is silent if no answer of the account to any question was
-- known before the day it left, ever; else voiced. That day decides and not the month's beginning: who complains on the 5th
-- and leaves on the 20th was heard. Later answers (of an exit survey, say) never make a leaver voiced.
{%- set measures = ['mrr_at_risk', 'mrr_churned', 'mrr_churned_silent', 'mrr_churned_voiced'] %}
{%- set counts = ['at_risk', 'churned', 'voluntary', 'involuntary', 'all_causes', 'silent', 'voiced', 'lapsed'] %}
with first_answers as (
    select
        account_id,
        min(known_at) as first_known_at
    from {{ ref('int_survey__matched') }}
    where is_matched and audience = 'customer'
    group by account_id
),

months as (
    select
        months.month,
        months.mrr_amount,
        months.is_churned,
        months.churn_kind,
        months.score_state,
        coalesce(accounts.segment, 'unknown') as segment,
        coalesce(accounts.region, 'unknown') as region,
        months.is_churned and first_answers.first_known_at is not null
        and first_answers.first_known_at < cast(months.churn_date as {{ timestamp_type() }}) as is_voiced
    from {{ ref('fct_account_months') }} as months
    left join {{ ref('stg_raw__accounts') }} as accounts on months.account_id = accounts.account_id
    left join first_answers on months.account_id = first_answers.account_id
),

cells as (
    select
        month,
        segment,
        region,
        cast(count(*) as bigint) as count_at_risk,
        {{ count_where('is_churned') }} as count_churned,
        {{ count_where("churn_kind = 'voluntary'") }} as count_voluntary,
        {{ count_where("churn_kind = 'involuntary'") }} as count_involuntary,
        {{ count_where("churn_kind = 'all_causes'") }} as count_all_causes,
        {{ count_where('is_churned and not is_voiced') }} as count_silent,
        {{ count_where('is_voiced') }} as count_voiced,
        {{ count_where("is_voiced and score_state = 'silent'") }} as count_lapsed,
        {{ sum_money('coalesce(mrr_amount, 0)') }} as mrr_at_risk_amount,
        {{ sum_money('case when is_churned then coalesce(mrr_amount, 0) else 0 end') }} as mrr_churned_amount,
        {{ sum_money('case when is_churned and not is_voiced then coalesce(mrr_amount, 0) else 0 end') }}
            as mrr_churned_silent_amount,
        {{ sum_money('case when is_voiced then coalesce(mrr_amount, 0) else 0 end') }} as mrr_churned_voiced_amount
    from months
    group by month, segment, region
),

slices as (
    {%- for slice_name, slice_value in [('total', "'total'"), ('segment', 'segment'), ('region', 'region')] %}
    {{ 'union all' if not loop.first }}
    select
        month,
        '{{ slice_name }}' as slice_name,
        {{ slice_value }} as slice_value,
        count_{{ counts | join(', count_') }},
        {{ measures | join('_amount, ') }}_amount
    from cells
    {%- endfor %}
),

summed as (
    select
        month,
        slice_name,
        {%- for count in counts %}
        cast(sum(count_{{ count }}) as bigint) as count_{{ count }},
        {%- endfor %}
        {%- for measure in measures %}
        {{ sum_money(measure ~ '_amount') }} as {{ measure }}_amount,
        {%- endfor %}
        slice_value
    from slices
    group by month, slice_name, slice_value
)

select
    summed.month,
    summed.slice_name,
    summed.slice_value,
    parameters.reporting_currency as currency_code,
    summed.count_at_risk,
    summed.count_churned,
    summed.count_voluntary,
    summed.count_involuntary,
    summed.count_all_causes,
    summed.count_silent,
    summed.count_voiced,
    summed.count_lapsed,
    summed.mrr_at_risk_amount,
    summed.mrr_churned_amount,
    summed.mrr_churned_silent_amount,
    summed.mrr_churned_voiced_amount,
    cast(100.0 * summed.count_churned / summed.count_at_risk as decimal(12, 6)) as churn_pct,
    cast(100.0 * summed.count_voluntary / summed.count_at_risk as decimal(12, 6)) as voluntary_churn_pct,
    cast(100.0 * summed.count_involuntary / summed.count_at_risk as decimal(12, 6)) as involuntary_churn_pct,
    cast(100.0 * summed.mrr_churned_amount / nullif(summed.mrr_at_risk_amount, 0) as decimal(12, 6)) as revenue_churn_pct,
    cast(100.0 * summed.count_silent / nullif(summed.count_churned, 0) as decimal(12, 6)) as silent_pct
from summed
cross join {{ source('control', 'run_parameters') }} as parameters
