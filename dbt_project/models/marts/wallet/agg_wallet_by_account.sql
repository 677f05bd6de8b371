-- Our share of an account's wallet: what the respondents' ranks imply, beside what they say they spend. Respondents whose
-- brands do not include us say nothing about our share (agg_repertoire_lint counts them).
with responses as (
    select
        response_id,
        account_id,
        period,
        period_start_date,
        sum(cast(war_share as decimal(18, 12))) as war_share,
        sum(cast(spend_share as decimal(18, 6))) as spend_share,
        {{ count_where('is_first_choice') }} as count_first_choice
    from {{ ref('fct_wallet_share') }}
    where is_us and is_matched and is_known
    group by response_id, account_id, period, period_start_date
),

sliced as (
    {{ wallet_periods('responses') }}
)

select
    account_id,
    period_kind,
    slice_period as period,
    slice_start_date as period_start_date,
    cast(count(*) as bigint) as count_responses,
    cast(sum(count_first_choice) as bigint) as count_first_choice,
    cast(sum(war_share) / count(*) as decimal(12, 6)) as war_share,
    {{ count_where('spend_share is not null') }} as count_measured,
    cast(sum(spend_share) / nullif(count(spend_share), 0) as decimal(12, 6)) as spend_share,
    -- Over the same respondents: those who stated what they spend.
    cast(
        sum(case when spend_share is not null then war_share - spend_share end) / nullif(count(spend_share), 0)
        as decimal(12, 6)
    ) as share_error
from sliced
group by account_id, period_kind, slice_period, slice_start_date
