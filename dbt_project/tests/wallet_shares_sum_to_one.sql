-- What must hold: the Wallet Allocation Rule shares of a respondent's brands sum to 1.
-- Why: it is the rule's defining property, for any number of brands and any ties.
-- A returned row is a respondent whose shares do not.
select
    response_id,
    sum(war_share) as share_sum
from {{ ref('fct_wallet_share') }}
group by response_id
having abs(sum(war_share) - 1) > 1e-9
