-- Months in which nothing moved are left out: they have opening = closing and nothing between.
select
    months.account_id,
    months.month,
    months.segment,
    months.region,
    months.acquisition,
    parameters.reporting_currency as currency_code,
    case
        when months.passage <> 'stay' then months.passage
        when months.expansion_amount > 0 then 'expansion'
        when months.contraction_amount > 0 then 'contraction'
        else 'currency'
    end as movement,
    months.churn_kind,
    months.opening_amount,
    months.new_amount,
    months.reactivation_amount,
    months.expansion_amount,
    months.contraction_amount,
    months.churn_voluntary_amount,
    months.churn_involuntary_amount,
    months.churn_other_amount,
    months.ended_amount,
    cast(
        months.churn_voluntary_amount + months.churn_involuntary_amount + months.churn_other_amount + months.ended_amount
        as decimal(38, 2)
    ) as churn_amount,
    months.currency_effect_amount,
    months.closing_amount
from {{ ref('int_money__account_months') }} as months
cross join {{ source('control', 'run_parameters') }} as parameters
where
    months.passage <> 'stay'
    or months.expansion_amount <> 0
    or months.contraction_amount <> 0
    or months.currency_effect_amount <> 0
