-- What must hold: every amount that the raw revenue rows state is in exactly one bucket, and the accepted ones
--   reach the reconciliation to the cent, in their own currency.
-- Why: a join that fans out or loses invoices would change every figure in money.
-- A returned row is a currency whose totals differ, with both totals.
with raw_rows as (
    select
        currency_code,
        {{ sum_money('amount') }} as amount
    from {{ ref('stg_raw__revenue__classified') }}
    where _bucket = 'accepted'
    group by currency_code
),

untouched as (
    -- Straight from the text of the raw zone: the rows that staging accepted, found again by file and row.
    select
        trim(raw.currency_code) as currency_code,
        {{ sum_money('try_cast(trim(raw.amount) as decimal(28, 2))') }} as amount
    from {{ source('raw', 'revenue') }} as raw
    inner join {{ ref('stg_raw__revenue__classified') }} as classified
        on
            raw._file_sha256 = classified._file_sha256
            and raw._source = classified._source
            and raw._source_row = classified._source_row
            -- A row of a wide export may give several lines.
            and trim(raw.revenue_id) = classified.revenue_id
    where classified._bucket = 'accepted'
    group by trim(raw.currency_code)
),

converted as (
    select
        currency_code,
        {{ sum_money('original_amount') }} as amount
    from {{ ref('int_revenue__converted') }}
    group by currency_code
)

select
    coalesce(untouched.currency_code, converted.currency_code) as currency_code,
    untouched.amount as source_amount,
    raw_rows.amount as staged_amount,
    converted.amount as converted_amount
from untouched
full outer join converted on untouched.currency_code = converted.currency_code
left join raw_rows on untouched.currency_code = raw_rows.currency_code
where
    untouched.amount is distinct from converted.amount
    or untouched.amount is distinct from raw_rows.amount
