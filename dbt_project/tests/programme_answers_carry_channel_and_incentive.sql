-- What must hold: fct_survey_responses carries the channel and the incentive of every accepted answer that states them.
-- Why: how people were asked, and what they got for it, moves scores; both are covariates and slices further on.
-- A returned row is a run in which some were lost.
with staged as (
    select
        count(channel) as count_channel,
        count(incentive) as count_incentive
    from {{ ref('stg_raw__survey_responses') }}
),

facts as (
    select
        count(channel) as count_channel,
        count(incentive) as count_incentive
    from {{ ref('fct_survey_responses') }}
)

select
    staged.count_channel,
    staged.count_incentive,
    facts.count_channel as count_facts_channel,
    facts.count_incentive as count_facts_incentive
from staged
cross join facts
where staged.count_channel <> facts.count_channel or staged.count_incentive <> facts.count_incentive
