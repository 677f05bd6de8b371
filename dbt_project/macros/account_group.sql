{#-
One of 256 account groups from the first two hexadecimal digits of md5(account id): portable, and
independent of row order and of other accounts. Clustered errors come from these groups.
-#}
{% macro account_group(account_id) -%}
    cast(
        (instr('0123456789abcdef', substr(md5({{ account_id }}), 1, 1)) - 1) * 16
        + instr('0123456789abcdef', substr(md5({{ account_id }}), 2, 1)) - 1
        as int
    )
{%- endmacro %}
