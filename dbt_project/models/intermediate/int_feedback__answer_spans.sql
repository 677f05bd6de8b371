{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ forget_people_who_answered_again() }}"
) }}

-- depends_on: {{ ref('int_rebuild__from_month') }}
-- From when to when an answer of a person counts: from the month after it was known, so that `known_at < month` holds
-- by construction, until the person's next answer is visible or it is too old. A span may be empty: two answers within a
-- month. Several answers of a person at one instant count as their mean. Carried over person by person.
with answers as (
    select
        metric_id,
        account_id,
        contact_key,
        known_at,
        max(contact_role) as contact_role,
        cast(sum(cast(oriented_score as decimal(18, 4))) / count(*) as decimal(9, 4)) as score,
        {{ add_months(month_of('known_at'), 1) }} as visible_from
    from {{ ref('int_survey__matched') }}
    where
        is_matched and audience = 'customer'
        -- A question on another scale is another question: its answers are scored, and not mixed into a state.
        and is_current_version
        {%- if is_incremental() %}
        and contact_key not in (select contact_key from {{ this }})
        {%- endif %}
    group by metric_id, account_id, contact_key, known_at
),

ordered as (
    select
        *,
        lead(visible_from) over person as next_visible_from,
        row_number() over person = 1 as is_first_answer
    from answers
    window person as (partition by metric_id, account_id, contact_key order by known_at)
)

select
    ordered.metric_id,
    ordered.account_id,
    ordered.contact_key,
    ordered.contact_role,
    ordered.known_at,
    ordered.score,
    ordered.is_first_answer,
    ordered.visible_from,
    least(
        coalesce(ordered.next_visible_from, cast('9999-12-01' as date)),
        {{ add_months(month_of(dbt.dateadd(
            'day', 'coalesce(metrics.horizon_days, parameters.stale_days)', 'cast(ordered.known_at as date)'
        )), 1) }}
    ) as hidden_from
from ordered
cross join {{ source('control', 'run_parameters') }} as parameters
inner join {{ source('control', 'metrics') }} as metrics on ordered.metric_id = metrics.metric_id
