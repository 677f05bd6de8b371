{#-
Months are shown in total and by segment only: thinner slices of a month are mostly too small to show. `facets` are the
columns that may differ between the answers of one account; total, segment, region and product follow from the account.
-#}
{%- set of_answers = ['touchpoint', 'journey_stage', 'channel', 'role', 'survey_kind', 'incentive'] -%}
{%- set of_accounts = ['segment', 'region', 'product'] -%}
{%- set periods = [('all', none), ('quarter', 'quarter'), ('month', 'month')] -%}
{%- set key = 'audience, metric_id, metric_version, period_kind, period_date, slice_name, slice_value' -%}
-- Every accepted answer counts once in the total and once in each other slice ("unknown" included), so slices sum to the
-- total. Below the configured number of answers the scores are withheld; counts and weights are not.
with answers as (
    select
        answers.audience,
        answers.metric_id,
        answers.metric_version,
        {{ month_of('answers.responded_at') }} as month,
        cast({{ dbt.date_trunc('quarter', 'answers.responded_at') }} as date) as quarter,
        answers.account_id,
        answers.contact_key,
        {%- for column in of_accounts + of_answers %}
        coalesce(answers.{{ 'contact_role' if column == 'role' else column }}, 'unknown') as {{ column }},
        {%- endfor %}
        answers.score,
        answers.score_class,
        answers.is_top_box,
        -- Gains beyond the knot do not count. It stands on the scale of the current version.
        case
            when not answers.is_current_version or metrics.knot is null then null
            when metrics.orientation = 'lower_is_better' then greatest(answers.score, metrics.knot)
            else least(answers.score, metrics.knot)
        end as knot_score,
        answers.mrr_amount as weight
    from {{ ref('fct_survey_responses') }} as answers
    inner join {{ source('control', 'metrics') }} as metrics on answers.metric_id = metrics.metric_id
),

shown_slices as (
    {%- for period_kind, period in periods %}
    {%- for slice in ['total'] + of_accounts + of_answers if period_kind != 'month' or slice in ('total', 'segment') %}
    {{ 'union all ' if not (loop.first and period_kind == 'all') -}}
    select
        '{{ period_kind }}' as period_kind,
        '{{ slice }}' as slice_name,
        '{{ slice if slice in of_answers else 'account' }}' as facet
    {%- endfor %}
    {%- endfor %}
),

-- Sums add up, so the answers are read once, into cells, and the cells are rolled up to every slice.
cells as (
    select
        audience,
        metric_id,
        metric_version,
        month,
        quarter,
        {%- for column in of_accounts + of_answers %}
        {{ column }},
        {%- endfor %}
        count(*) as count_answers,
        {{ count_where("score_class = 'high'") }} as count_high,
        {{ count_where("score_class = 'middle'") }} as count_middle,
        {{ count_where("score_class = 'low'") }} as count_low,
        {{ count_where('is_top_box') }} as count_top_box,
        cast(sum(cast(score as decimal(28, 4))) as decimal(38, 4)) as score_sum,
        cast(sum(cast(score * score as decimal(28, 8))) as decimal(38, 8)) as score_square_sum,
        cast(sum(cast(knot_score as decimal(28, 4))) as decimal(38, 4)) as knot_score_sum,
        {{ sum_money('weight') }} as weight_sum,
        cast(sum(cast(weight * weight as decimal(36, 4))) as decimal(38, 4)) as weight_square_sum,
        cast(sum(cast(weight * score as decimal(28, 6))) as decimal(38, 6)) as weighted_score_sum,
        {{ sum_money("case when score_class = 'high' then weight else 0 end") }} as weighted_high_sum,
        {{ sum_money("case when score_class = 'low' then weight else 0 end") }} as weighted_low_sum
    from answers
    group by audience, metric_id, metric_version, month, quarter, {{ (of_accounts + of_answers) | join(', ') }}
),

sliced as (
    select
        cells.*,
        shown_slices.period_kind,
        case shown_slices.period_kind when 'month' then cells.month when 'quarter' then cells.quarter end as period_date,
        shown_slices.slice_name,
        case shown_slices.slice_name
            {%- for column in of_accounts + of_answers %}
            when '{{ column }}' then cells.{{ column }}
            {%- endfor %}
            else 'total'
        end as slice_value
    from cells
    cross join shown_slices
),

summed as (
    select
        {{ key }},
        {%- for column in ['answers', 'high', 'middle', 'low', 'top_box'] %}
        cast(sum(count_{{ column }}) as bigint) as count_{{ column }},
        {%- endfor %}
        cast(sum(score_sum) as decimal(38, 4)) as score_sum,
        cast(sum(score_square_sum) as decimal(38, 8)) as score_square_sum,
        cast(sum(knot_score_sum) as decimal(38, 4)) as knot_score_sum,
        cast(sum(weight_sum) as decimal(38, 2)) as weight_sum,
        cast(sum(weight_square_sum) as decimal(38, 4)) as weight_square_sum,
        cast(sum(weighted_score_sum) as decimal(38, 6)) as weighted_score_sum,
        cast(sum(weighted_high_sum) as decimal(38, 2)) as weighted_high_sum,
        cast(sum(weighted_low_sum) as decimal(38, 2)) as weighted_low_sum
    from sliced
    group by {{ key }}
),

-- People and accounts do not add up, so they are counted per period, and per facet that cuts through accounts.
people as (
    {%- for period_kind, period in periods %}
    {%- for facet in ['account'] + of_answers if period_kind != 'month' or facet == 'account' %}
    {{ 'union all' if not (loop.first and period_kind == 'all') }}
    select
        audience,
        metric_id,
        metric_version,
        '{{ period_kind }}' as period_kind,
        {{ period or 'cast(null as date)' }} as period_date,
        '{{ facet }}' as facet,
        {{ facet if facet in of_answers else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as facet_value,
        account_id,
        contact_key,
        {%- for column in of_accounts %}
        {{ 'max(' ~ column ~ ')' if facet == 'account' else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as {{ column }},
        {%- endfor %}
        {{ sum_money('weight') }} as weight_sum
    from answers
    {%- set apart = ([period] if period else []) + ([facet] if facet in of_answers else []) %}
    group by {{ (['audience', 'metric_id', 'metric_version', 'account_id', 'contact_key'] + apart) | join(', ') }}
    {%- endfor %}
    {%- endfor %}
),

accounts as (
    select
        audience,
        metric_id,
        metric_version,
        period_kind,
        period_date,
        facet,
        facet_value,
        account_id,
        {%- for column in of_accounts %}
        max({{ column }}) as {{ column }},
        {%- endfor %}
        count(*) as count_people,
        {{ sum_money('weight_sum') }} as weight_sum
    from people
    group by audience, metric_id, metric_version, period_kind, period_date, facet, facet_value, account_id
),

sliced_accounts as (
    select
        accounts.audience,
        accounts.metric_id,
        accounts.metric_version,
        accounts.period_kind,
        accounts.period_date,
        shown_slices.slice_name,
        case shown_slices.slice_name
            {%- for column in of_accounts %}
            when '{{ column }}' then accounts.{{ column }}
            {%- endfor %}
            when 'total' then 'total'
            else accounts.facet_value
        end as slice_value,
        accounts.account_id,
        accounts.count_people,
        accounts.weight_sum
    from accounts
    inner join shown_slices on accounts.period_kind = shown_slices.period_kind and accounts.facet = shown_slices.facet
),

counted as (
    select
        {{ key }},
        cast(count(account_id) as bigint) as count_accounts,
        cast(sum(count_people) as bigint) as count_people,
        -- Answers without an account have no weight, so their common row is never the largest.
        max(weight_sum) as largest_weight
    from sliced_accounts
    group by {{ key }}
),

estimated as (
    select
        summed.*,
        counted.count_accounts,
        counted.count_people,
        counted.largest_weight,
        metrics.label as metric_label,
        metrics.kind as metric_kind,
        versions.is_current as is_current_version,
        versions.scale_max,
        summed.count_answers < parameters.minimum_answers as is_suppressed,
        cast(summed.score_sum as double) / summed.count_answers as mean_score,
        -- Of the mean: the spread of the answers, estimated from them (n - 1).
        sqrt(
            greatest(
                cast(summed.score_square_sum as double)
                - cast(summed.score_sum as double) * cast(summed.score_sum as double) / summed.count_answers,
                0
            ) / nullif(summed.count_answers - 1, 0) / summed.count_answers
        ) as mean_standard_error,
        case when metrics.kind = 'nps' then 100.0 * (summed.count_high - summed.count_low) / summed.count_answers end
            as nps_score,
        -- sqrt((P + D - (P - D)^2) / n), in points
        case
            when metrics.kind = 'nps'
                then 100 * sqrt(
                    (
                        summed.count_high + summed.count_low
                        - cast(summed.count_high - summed.count_low as double)
                        * (summed.count_high - summed.count_low) / summed.count_answers
                    ) / summed.count_answers / summed.count_answers
                )
        end as nps_standard_error
    from summed
    inner join counted
        on
            summed.audience = counted.audience
            and summed.metric_id = counted.metric_id
            and summed.metric_version = counted.metric_version
            and summed.period_kind = counted.period_kind
            -- `all` has no date; a null would match nothing.
            and coalesce(summed.period_date, cast('1900-01-01' as date))
            = coalesce(counted.period_date, cast('1900-01-01' as date))
            and summed.slice_name = counted.slice_name
            and summed.slice_value = counted.slice_value
    inner join {{ source('control', 'metrics') }} as metrics on summed.metric_id = metrics.metric_id
    inner join {{ source('control', 'metric_versions') }} as versions
        on summed.metric_id = versions.metric_id and summed.metric_version = versions.version
    cross join {{ source('control', 'run_parameters') }} as parameters
),

headed as (
    -- The number a metric is known by: net promoters for NPS, the mean for the rest.
    select
        estimated.*,
        case when estimated.metric_kind = 'nps' then estimated.nps_score else estimated.mean_score end as headline_score,
        case
            when estimated.metric_kind = 'nps' then estimated.nps_standard_error else estimated.mean_standard_error
        end as headline_standard_error
    from estimated
)

select
    audience,
    metric_id,
    metric_label,
    metric_kind,
    metric_version,
    is_current_version,
    period_kind,
    case when period_kind = 'all' then 'all' else cast(period_date as {{ dbt.type_string() }}) end as period,
    period_date,
    slice_name,
    slice_value,
    count_answers,
    count_accounts,
    count_people,
    count_high,
    count_middle,
    count_low,
    is_suppressed,
    {%- set scores = [
        ('mean_score', 'mean_score'),
        ('mean_standard_error', 'mean_standard_error'),
        ('knot_mean_score', 'cast(knot_score_sum as double) / count_answers'),
        ('maximum_pct', '100 * mean_score / nullif(scale_max, 0)'),
        ('top_box_pct', '100.0 * count_top_box / count_answers'),
        ('high_pct', '100.0 * count_high / count_answers'),
        ('low_pct', '100.0 * count_low / count_answers'),
        ('nps_score', 'nps_score'),
        ('nps_standard_error', 'nps_standard_error'),
        ('headline_score', 'headline_score'),
        ('headline_standard_error', 'headline_standard_error'),
        ('headline_low_score', 'headline_score - 1.959964 * headline_standard_error'),
        ('headline_high_score', 'headline_score + 1.959964 * headline_standard_error'),
        ('emotion_ratio', 'cast(count_high as double) / nullif(count_low, 0)'),
        ('weighted_mean_score', 'cast(weighted_score_sum as double) / nullif(weight_sum, 0)'),
        (
            'weighted_nps_score',
            "case when metric_kind = 'nps' then "
            ~ "100 * cast(weighted_high_sum - weighted_low_sum as double) / nullif(weight_sum, 0) end"
        ),
    ] %}
    {%- for name, expression in scores %}
    cast(case when not is_suppressed then {{ expression }} end as decimal(18, 6)) as {{ name }},
    {%- endfor %}
    -- Kish: as many answers of equal weight would say as much.
    cast(cast(weight_sum as double) * cast(weight_sum as double) / nullif(weight_square_sum, 0) as decimal(18, 6)) as effective_n,
    cast(100 * cast(largest_weight as double) / nullif(weight_sum, 0) as decimal(12, 6)) as largest_weight_pct
from headed
