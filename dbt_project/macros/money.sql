{#- Exact sum of money: widened before summing so that it cannot overflow, DECIMAL on both engines. -#}
{% macro sum_money(expression) -%}
    cast(sum(cast({{ expression }} as decimal(28, 2))) as decimal(38, 2))
{%- endmacro %}

{#- A count that is BIGINT on both engines. -#}
{% macro count_where(condition) -%}
    cast(count(case when {{ condition }} then 1 end) as bigint)
{%- endmacro %}
