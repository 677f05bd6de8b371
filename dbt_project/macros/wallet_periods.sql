{#-
Rows of a wallet relation three times: in all periods, in their year and in their quarter. It needs `period` (2024-Q3, or
`unknown`) and `period_start_date`. Each kind of period holds every row, those without a date included.
-#}
{% macro wallet_periods(relation) -%}
select
    kinds.period_kind,
    case
        when kinds.period_kind = 'all' then 'all'
        when kinds.period_kind = 'year' and rows_in.period <> 'unknown' then substr(rows_in.period, 1, 4)
        else rows_in.period
    end as slice_period,
    case
        when kinds.period_kind = 'year' then cast({{ dbt.date_trunc('year', 'rows_in.period_start_date') }} as date)
        when kinds.period_kind = 'quarter' then rows_in.period_start_date
    end as slice_start_date,
    rows_in.*
from {{ relation }} as rows_in
cross join (
    select 'all' as period_kind
    union all
    select 'year' as period_kind
    union all
    select 'quarter' as period_kind
) as kinds
{%- endmacro %}
