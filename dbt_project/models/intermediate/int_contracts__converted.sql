-- Contract terms of known accounts, their monthly amount in the reporting currency at the start month's rate.
with contracts as (
    select
        contracts.*,
        resolved.resolved_account_id,
        {{ month_of('contracts.start_date') }} as start_month
    from {{ ref('stg_raw__contracts') }} as contracts
    left join {{ ref('int_accounts__resolved') }} as resolved on contracts.account_id = resolved.account_id
)

select
    contracts.contract_id,
    coalesce(contracts.resolved_account_id, contracts.account_id) as account_id,
    contracts.resolved_account_id is not null as is_matched,
    contracts.product,
    contracts.start_date,
    contracts.end_date,
    contracts.renewal_date,
    contracts.mrr_amount as original_mrr_amount,
    contracts.currency_code,
    {{ to_reporting_currency('contracts.mrr_amount', 'contracts.currency_code') }} as mrr_amount
from contracts
cross join {{ source('control', 'run_parameters') }} as parameters
left join {{ ref('stg_raw__fx_rates') }} as fx_rates
    on contracts.start_month = fx_rates.rate_month and contracts.currency_code = fx_rates.currency_code
