{#-
What must hold: the condition, on every row; a null counts as broken.
A returned row is one that breaks it.
-#}
{% test holds(model, condition) %}
select *
from {{ model }}
where not coalesce({{ condition }}, false)
{% endtest %}
