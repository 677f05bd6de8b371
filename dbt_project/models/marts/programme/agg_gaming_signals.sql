-- Three tests for answers that were steered. Each row is one test; a flag asks for a look, it proves nothing. Owners are
-- those of the accounts; answers of accounts without an owner are in no test of owners.
with answers as (
    select
        answers.metric_id,
        accounts.owner,
        answers.oriented_score
    from {{ ref('fct_survey_responses') }} as answers
    inner join {{ ref('stg_raw__accounts') }} as accounts on answers.account_id = accounts.account_id
    cross join {{ ref('int_calendar__as_of') }} as calendar
    where
        answers.audience = 'customer'
        and answers.is_current_version
        and answers.known_at < calendar.next_month
        and accounts.owner is not null
),

scores as (
    select
        metric_id,
        owner,
        oriented_score,
        cast(count(*) as bigint) as count_score
    from answers
    group by metric_id, owner, oriented_score
),

shares as (
    select
        *,
        cast(sum(count_score) over (partition by metric_id, owner) as bigint) as count_owner,
        cast(sum(count_score) over (partition by metric_id, oriented_score) as bigint) as count_company_score,
        cast(sum(count_score) over (partition by metric_id) as bigint) as count_company
    from scores
),

compared as (
    select
        *,
        count_company - count_owner as count_others,
        cast(count_score as double) / count_owner as score_share,
        coalesce(
            cast(count_company_score - count_score as double) / nullif(count_company - count_owner, 0), 0
        ) as others_share
    from shares
),

-- A score may take up to the configured share of an owner's answers; where the other owners' customers give it that
-- often too, up to their share and as many standard errors of the difference more as an owner's mean may stand out.
heaping as (
    select
        compared.*,
        greatest(
            cast(rules.heaping_share as double),
            compared.others_share
            + cast(rules.owner_z_score as double)
            * sqrt(
                compared.others_share * (1 - compared.others_share)
                * (1.0 / compared.count_owner + coalesce(1.0 / nullif(compared.count_others, 0), 0))
            )
        ) as threshold
    from compared
    cross join {{ source('control', 'rules') }} as rules
),

heaps as (
    select
        *,
        row_number() over (
            partition by metric_id, owner
            order by
                case when score_share > threshold then 0 else 1 end,
                count_score desc,
                oriented_score asc
        ) as place
    from heaping
),

means as (
    select
        scores.metric_id,
        scores.owner,
        cast(sum(scores.count_score) as bigint) as count_answers,
        sum(scores.count_score) >= max(parameters.minimum_answers) as is_counted,
        cast(
            cast(sum(cast(scores.oriented_score * scores.count_score as decimal(28, 4))) as decimal(38, 4))
            / sum(scores.count_score) as decimal(12, 6)
        ) as mean_score
    from scores
    cross join {{ source('control', 'run_parameters') }} as parameters
    group by scores.metric_id, scores.owner
),

-- Each owner against the others: sums over all owners, less the owner's own.
others as (
    select
        metric_id,
        owner,
        count_answers,
        is_counted,
        mean_score,
        cast(count(case when is_counted then 1 end) over (partition by metric_id) as bigint)
        - case when is_counted then 1 else 0 end as count_others,
        cast(sum(case when is_counted then mean_score else 0 end) over (partition by metric_id) as double)
        - case when is_counted then cast(mean_score as double) else 0 end as sum_others,
        cast(
            sum(
                case when is_counted then cast(mean_score * mean_score as decimal(24, 12)) else 0 end
            ) over (partition by metric_id) as double
        )
        - case when is_counted then cast(mean_score * mean_score as double) else 0 end as squares_others
    from means
),

spread as (
    select
        *,
        sum_others / nullif(count_others, 0) as others_mean,
        -- The difference of two sums may end a hair below nought.
        sqrt(greatest(0, squares_others - sum_others * sum_others / nullif(count_others, 0)) / nullif(count_others - 1, 0))
            as others_deviation
    from others
),

rates as (
    select
        survey,
        cast(period as date) as month,
        count_invited,
        response_rate_pct,
        lag(cast(period as date), 3) over (partition by survey order by period) as third_month,
        count(response_rate_pct) over (
            partition by survey order by period rows between 3 preceding and 1 preceding
        ) as count_months,
        cast(
            sum(response_rate_pct) over (partition by survey order by period rows between 3 preceding and 1 preceding)
            as double
        ) / 3 as mean_rate_pct
    from {{ ref('agg_response_rates') }}
    where slice_name = 'survey' and period <> 'all'
),

falls as (
    select
        *,
        -- Three months in a row before it, each with enough invitations.
        coalesce(
            response_rate_pct is not null and count_months = 3 and third_month = {{ add_months('month', -3) }}
            and mean_rate_pct > 0, false
        ) as is_counted,
        1 - cast(response_rate_pct as double) / nullif(mean_rate_pct, 0) as rate_fall
    from rates
),

signals as (
    select
        'digit_heaping' as signal,
        heaps.owner as entity,
        heaps.metric_id,
        'all' as period,
        heaps.count_owner as count_answers,
        heaps.oriented_score as heaped_score,
        heaps.score_share as value,
        heaps.others_share as reference_value,
        heaps.threshold,
        -- Without enough of the others nobody can say what is natural on this scale.
        heaps.count_owner >= parameters.minimum_answers and heaps.count_others >= parameters.minimum_answers as is_counted,
        heaps.score_share > heaps.threshold as is_beyond
    from heaps
    cross join {{ source('control', 'run_parameters') }} as parameters
    where heaps.place = 1
    union all
    select
        'owner_outlier' as signal,
        spread.owner as entity,
        spread.metric_id,
        'all' as period,
        spread.count_answers,
        cast(null as decimal(9, 4)) as heaped_score,
        (cast(spread.mean_score as double) - spread.others_mean) / nullif(spread.others_deviation, 0) as value,
        spread.others_mean as reference_value,
        cast(rules.owner_z_score as double) as threshold,
        -- A deviation of two owners' means says nothing.
        spread.is_counted and spread.count_others >= 3 as is_counted,
        abs(cast(spread.mean_score as double) - spread.others_mean)
        > cast(rules.owner_z_score as double) * spread.others_deviation as is_beyond
    from spread
    cross join {{ source('control', 'rules') }} as rules
    union all
    select
        'response_rate_collapse' as signal,
        falls.survey as entity,
        'all' as metric_id,
        cast(falls.month as {{ dbt.type_string() }}) as period,
        falls.count_invited as count_answers,
        cast(null as decimal(9, 4)) as heaped_score,
        falls.rate_fall as value,
        falls.mean_rate_pct as reference_value,
        cast(rules.response_rate_fall as double) as threshold,
        falls.is_counted,
        falls.rate_fall > cast(rules.response_rate_fall as double) as is_beyond
    from falls
    cross join {{ source('control', 'rules') }} as rules
)

select
    signal,
    entity,
    metric_id,
    period,
    count_answers,
    not is_counted as is_suppressed,
    cast(case when is_counted then heaped_score end as decimal(9, 4)) as heaped_score,
    cast(case when is_counted then value end as decimal(18, 6)) as value,
    cast(case when is_counted then reference_value end as decimal(18, 6)) as reference_value,
    cast(case when is_counted then threshold end as decimal(18, 6)) as threshold,
    is_counted and coalesce(is_beyond, false) as is_flagged
from signals
