{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ forget_answers_of_rebuilt_months() }}"
) }}

-- The answers paired with accounts, as a table: many models read them. Which months of it must be built again is read
-- from the pairing itself (int_rebuild__fingerprints), so a person who arrives late takes the old answers along.
select paired.*
from {{ ref('int_survey__paired') }} as paired
where {{ is_rebuilt(add_months(month_of('paired.known_at'), 1), 'answers_month') }}
