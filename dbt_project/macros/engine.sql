{#-
What differs between engines, dispatched by adapter. Models call these and stay portable.
Each macro has a DuckDB body (`default__`) and, where the syntax differs, a Spark body.
-#}

{% macro matches(expression, pattern) -%}
    {{ return(adapter.dispatch('matches', 'voc_roi')(expression, pattern)) }}
{%- endmacro %}

{#- Patterns avoid backslashes: the engines disagree on how literals escape them. -#}
{% macro default__matches(expression, pattern) -%}
    regexp_matches({{ expression }}, '{{ pattern }}')
{%- endmacro %}

{% macro spark__matches(expression, pattern) -%}
    ({{ expression }} rlike '{{ pattern }}')
{%- endmacro %}

{% macro string_list(expression, separator='|') -%}
    {{ return(adapter.dispatch('string_list', 'voc_roi')(expression, separator)) }}
{%- endmacro %}

{#- Elements sort as text. A list is sorted more quickly than an aggregate is ordered. -#}
{% macro default__string_list(expression, separator) -%}
    array_to_string(list_sort(list({{ expression }})), '{{ separator }}')
{%- endmacro %}

{% macro spark__string_list(expression, separator) -%}
    concat_ws('{{ separator }}', array_sort(collect_list({{ expression }})))
{%- endmacro %}

{% macro timestamp_type() -%}
    {{ return(adapter.dispatch('timestamp_type', 'voc_roi')()) }}
{%- endmacro %}

{% macro default__timestamp_type() -%} timestamp {%- endmacro %}
{% macro spark__timestamp_type() -%} timestamp_ntz {%- endmacro %}

{#- A 64-bit hash of a row's columns, nulls included, as a decimal that can be summed. -#}
{% macro row_hash(columns) -%}
    {{ return(adapter.dispatch('row_hash', 'voc_roi')(columns)) }}
{%- endmacro %}

{% macro default__row_hash(columns) -%}
    cast(hash({{ columns | join(', ') }}) as decimal(20, 0))
{%- endmacro %}

{#- xxhash64 passes over nulls, so each column says whether it is one. -#}
{% macro spark__row_hash(columns) -%}
    cast(xxhash64({% for column in columns %}{{ column }}, {{ column }} is null{{ ', ' if not loop.last }}{% endfor %})
    as decimal(20, 0))
{%- endmacro %}
