-- Summed once into cells of segment and region; each slice then adds up the cells, so the slices agree with the total.
{%- set amounts = [
    'opening', 'new', 'new_earned', 'reactivation', 'expansion', 'contraction', 'churn_voluntary', 'churn_involuntary',
    'churn_other', 'ended', 'currency_effect', 'closing', 'carried'
] %}
{%- set counts = ['opening', 'new', 'reactivated', 'churned', 'closing'] %}
with cells as (
    select
        month,
        segment,
        region,
        {%- for amount in amounts if amount not in ['new_earned', 'carried'] %}
        {{ sum_money(amount ~ '_amount') }} as {{ amount }}_amount,
        {%- endfor %}
        {{ sum_money("case when acquisition = 'earned' then new_amount else 0 end") }} as new_earned_amount,
        {{ sum_money('case when is_carried then closing_amount else 0 end') }} as carried_amount,
        {{ count_where('is_opening') }} as count_opening,
        {{ count_where("passage = 'new'") }} as count_new,
        {{ count_where("passage in ('reactivation', 'churn_and_return')") }} as count_reactivated,
        {{ count_where("passage in ('churn', 'churn_and_return', 'end_without_event')") }} as count_churned,
        {{ count_where('is_closing') }} as count_closing
    from {{ ref('int_money__account_months') }}
    group by month, segment, region
),

slices as (
    {%- for slice_name, slice_value in [('total', "'total'"), ('segment', 'segment'), ('region', 'region')] %}
    {{ 'union all' if not loop.first }}
    select
        month,
        '{{ slice_name }}' as slice_name,
        {%- for amount in amounts %}
        {{ amount }}_amount,
        {%- endfor %}
        {%- for count in counts %}
        count_{{ count }},
        {%- endfor %}
        {{ slice_value }} as slice_value
    from cells
    {%- endfor %}
),

summed as (
    select
        month,
        slice_name,
        {%- for amount in amounts %}
        {{ sum_money(amount ~ '_amount') }} as {{ amount }}_amount,
        {%- endfor %}
        {%- for count in counts %}
        cast(sum(count_{{ count }}) as bigint) as count_{{ count }},
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
    summed.opening_amount,
    summed.new_amount,
    summed.new_earned_amount,
    summed.reactivation_amount,
    summed.expansion_amount,
    summed.contraction_amount,
    summed.churn_voluntary_amount,
    summed.churn_involuntary_amount,
    summed.churn_other_amount,
    summed.ended_amount,
    cast(
        summed.churn_voluntary_amount + summed.churn_involuntary_amount + summed.churn_other_amount + summed.ended_amount
        as decimal(38, 2)
    ) as churn_amount,
    summed.currency_effect_amount,
    summed.closing_amount,
    cast(
        summed.closing_amount - summed.opening_amount - summed.new_amount - summed.reactivation_amount
        - summed.expansion_amount + summed.contraction_amount + summed.churn_voluntary_amount
        + summed.churn_involuntary_amount + summed.churn_other_amount + summed.ended_amount - summed.currency_effect_amount
        as decimal(38, 2)
    ) as residual_amount,
    summed.carried_amount,
    cast(12 * summed.opening_amount as decimal(38, 2)) as arr_opening_amount,
    cast(12 * summed.closing_amount as decimal(38, 2)) as arr_closing_amount,
    summed.count_opening,
    summed.count_new,
    summed.count_reactivated,
    summed.count_churned,
    summed.count_closing
from summed
cross join {{ source('control', 'run_parameters') }} as parameters
