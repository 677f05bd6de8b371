-- Months in which a contract of the account comes up for renewal.
select distinct
    account_id,
    {{ month_of('renewal_date') }} as month
from {{ ref('int_contracts__converted') }}
where renewal_date is not null and is_matched
