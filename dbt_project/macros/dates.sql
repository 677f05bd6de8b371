{#- Calendar arithmetic on months; what is a date stays a DATE (`date + interval` is a timestamp on DuckDB). -#}

{% macro month_of(expression) -%}
    cast({{ dbt.date_trunc('month', expression) }} as date)
{%- endmacro %}

{% macro quarter_of(expression) -%}
    cast({{ dbt.date_trunc('quarter', expression) }} as date)
{%- endmacro %}

{% macro add_months(expression, months) -%}
    cast({{ dbt.dateadd('month', months, expression) }} as date)
{%- endmacro %}

{% macro months_between(earlier, later) -%}
    {{ dbt.datediff(earlier, later, 'month') }}
{%- endmacro %}

{% macro days_between(earlier, later) -%}
    {{ dbt.datediff(earlier, later, 'day') }}
{%- endmacro %}
