-- Every month from 1990 to 2089, made from digits so that no engine-specific series function is needed.
with digits as (
    select 0 as digit
    {%- for digit in range(1, 10) %}
    union all
    select {{ digit }}
    {%- endfor %}
),

numbers as (
    select hundreds.digit * 100 + tens.digit * 10 + ones.digit as month_number
    from digits as hundreds
    cross join digits as tens
    cross join digits as ones
),

extended as (
    select month_number from numbers
    union all
    select month_number + 1000 from numbers where month_number < 200
)

select {{ add_months("cast('1990-01-01' as date)", 'month_number') }} as month
from extended
