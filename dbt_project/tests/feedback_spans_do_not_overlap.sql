{#-
What must hold: in no month do two answers of a person count for one metric.
Why: an account's score is the mean over its people, and a person who counts twice bends it.
A returned row is an answer that still counts when the person's next one is visible already.
-#}
with spans as (
    select
        metric_id,
        account_id,
        contact_key,
        known_at,
        hidden_from,
        lead(visible_from) over (partition by metric_id, account_id, contact_key order by known_at) as next_visible_from
    from {{ ref('int_feedback__answer_spans') }}
)

select *
from spans
where hidden_from > next_visible_from
