{#-
What must hold: the columns together identify a row, and (unless nulls are part of the key) none of them is null.
Why: everything joined on this key would fan out, or lose rows, without a word.
A returned row is a key that stands more than once, or has a null part.
-#}
{% test unique_key(model, columns, allow_null=false) %}
select
    {{ columns | join(', ') }},
    count(*) as count_rows
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
    {%- for column in columns if not allow_null %}
    or {{ column }} is null
    {%- endfor %}
{% endtest %}
