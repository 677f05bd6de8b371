-- Did a score move, or only the sample? Between neighbouring periods of the calendar: the change of the headline number
-- against its standard error, and beside it the change of the same accounts, where they answered in both.
with scores as (
    select
        *,
        -- The period this one is compared with.
        case
            when period_kind = 'month' then {{ add_months('period_date', -1) }} else {{ add_months('period_date', -3) }}
        end as previous_period_date
    from {{ ref('agg_metric_scores') }}
    where period_kind <> 'all' and not is_suppressed
),

-- The same customers: slices that belong to the account, so that an account cannot have changed its slice by answering elsewhere.
accounts as (
    {%- for period_kind, months in [('quarter', 3), ('month', 1)] %}
    {{ 'union all' if not loop.first }}
    select
        audience,
        metric_id,
        metric_version,
        '{{ period_kind }}' as period_kind,
        cast({{ dbt.date_trunc(period_kind, 'responded_at') }} as date) as period_date,
        {{ add_months(dbt.date_trunc(period_kind, 'responded_at'), -months) }} as previous_period_date,
        account_id,
        max(segment) as segment,
        max(region) as region,
        max(product) as product,
        cast(cast(sum(cast(score as decimal(28, 4))) as double) / count(*) as decimal(12, 6)) as mean_score
    from {{ ref('fct_survey_responses') }}
    where account_id is not null
    group by audience, metric_id, metric_version, {{ dbt.date_trunc(period_kind, 'responded_at') }}, account_id
    {%- endfor %}
),

account_changes as (
    select
        present.audience,
        present.metric_id,
        present.metric_version,
        present.period_kind,
        present.period_date,
        present.segment,
        present.region,
        present.product,
        present.mean_score - previous.mean_score as change
    from accounts as present
    inner join accounts as previous
        on
            present.audience = previous.audience
            and present.metric_id = previous.metric_id
            and present.metric_version = previous.metric_version
            and present.period_kind = previous.period_kind
            and present.previous_period_date = previous.period_date
            and present.account_id = previous.account_id
),

sliced_changes as (
    {%- for slice in ['total', 'segment', 'region', 'product'] %}
    {{ 'union all' if not loop.first }}
    select
        audience,
        metric_id,
        metric_version,
        period_kind,
        period_date,
        '{{ slice }}' as slice_name,
        {{ "'total'" if slice == 'total' else slice }} as slice_value,
        change
    from account_changes
    {%- endfor %}
),

same_accounts as (
    select
        audience,
        metric_id,
        metric_version,
        period_kind,
        period_date,
        slice_name,
        slice_value,
        cast(count(*) as bigint) as count_accounts,
        cast(cast(sum(cast(change as decimal(28, 6))) as decimal(38, 6)) as double) as change_sum,
        cast(cast(sum(cast(change * change as decimal(28, 12))) as decimal(38, 12)) as double) as change_square_sum
    from sliced_changes
    group by audience, metric_id, metric_version, period_kind, period_date, slice_name, slice_value
),

compared as (
    select
        present.audience,
        present.metric_id,
        present.metric_label,
        present.metric_kind,
        present.metric_version,
        present.period_kind,
        present.period,
        present.slice_name,
        present.slice_value,
        previous.count_answers as count_previous_answers,
        present.count_answers,
        previous.headline_score as previous_score,
        present.headline_score as present_score,
        cast(present.headline_score - previous.headline_score as double) as change_score,
        -- Both periods' errors; answers of the two are taken as independent of each other.
        sqrt(
            cast(previous.headline_standard_error as double) * cast(previous.headline_standard_error as double)
            + cast(present.headline_standard_error as double) * cast(present.headline_standard_error as double)
        ) as change_standard_error,
        case
            when present.slice_name in ('total', 'segment', 'region', 'product')
                then coalesce(same_accounts.count_accounts, 0)
        end as count_same_accounts,
        case
            when same_accounts.count_accounts >= parameters.minimum_answers
                then same_accounts.change_sum / same_accounts.count_accounts
        end as same_accounts_change_score,
        case
            when same_accounts.count_accounts >= parameters.minimum_answers
                then sqrt(
                    greatest(
                        same_accounts.change_square_sum
                        - same_accounts.change_sum * same_accounts.change_sum / same_accounts.count_accounts,
                        0
                    ) / nullif(same_accounts.count_accounts - 1, 0) / same_accounts.count_accounts
                )
        end as same_accounts_standard_error,
        rules.change_z_score
    from scores as present
    inner join scores as previous
        on
            present.audience = previous.audience
            and present.metric_id = previous.metric_id
            and present.metric_version = previous.metric_version
            and present.period_kind = previous.period_kind
            and present.previous_period_date = previous.period_date
            and present.slice_name = previous.slice_name
            and present.slice_value = previous.slice_value
    left join same_accounts
        on
            present.audience = same_accounts.audience
            and present.metric_id = same_accounts.metric_id
            and present.metric_version = same_accounts.metric_version
            and present.period_kind = same_accounts.period_kind
            and present.period_date = same_accounts.period_date
            and present.slice_name = same_accounts.slice_name
            and present.slice_value = same_accounts.slice_value
    cross join {{ source('control', 'run_parameters') }} as parameters
    cross join {{ source('control', 'rules') }} as rules
)

select
    audience,
    metric_id,
    metric_label,
    metric_kind,
    metric_version,
    period_kind,
    period,
    slice_name,
    slice_value,
    count_previous_answers,
    count_answers,
    previous_score,
    present_score,
    cast(change_score as decimal(18, 6)) as change_score,
    cast(change_standard_error as decimal(18, 6)) as change_standard_error,
    cast(change_score / nullif(change_standard_error, 0) as decimal(18, 6)) as z_score,
    coalesce(abs(change_score / nullif(change_standard_error, 0)) > change_z_score, false) as is_real,
    count_same_accounts,
    cast(same_accounts_change_score as decimal(18, 6)) as same_accounts_change_score,
    cast(same_accounts_standard_error as decimal(18, 6)) as same_accounts_standard_error,
    coalesce(abs(same_accounts_change_score / nullif(same_accounts_standard_error, 0)) > change_z_score, false)
        as is_same_accounts_change_real
from compared
