{#-
Which slices are shown for which periods. Months only in total and by segment: thinner slices of a month are mostly too small
to show, and the rows would be twelve times as many.
-#}
{%- set slices = [
    'total', 'segment', 'region', 'product', 'touchpoint', 'journey_stage', 'channel', 'role', 'survey_kind', 'incentive'
] -%}
{%- set periods = [('all', none, slices), ('quarter', 'quarter', slices), ('month', 'month', ['total', 'segment'])] -%}
-- The answers of an account within a period and a slice, as sums that add up to every score: of the account, of the slice
-- and of the company. Every answer is in each slice once ("unknown" where the value is missing), so slices sum to the total;
-- versions of a question and audiences stay apart. Answers without a known account share the row without account_id.
with answers as (
    select
        answers.audience,
        answers.metric_id,
        answers.metric_version,
        answers.account_id,
        answers.contact_key,
        answers.score,
        answers.score_class,
        answers.is_top_box,
        -- Gains beyond the knot do not count. It stands on the scale of the current version.
        case
            when not answers.is_current_version or metrics.knot is null then null
            when metrics.orientation = 'lower_is_better' then greatest(answers.score, metrics.knot)
            else least(answers.score, metrics.knot)
        end as knot_score,
        -- The revenue the answer speaks for: of its account, in the month in which it was known.
        cast(greatest(coalesce(spine.mrr_amount, 0), 0) as decimal(18, 2)) as weight,
        {{ month_of('answers.responded_at') }} as month,
        cast({{ dbt.date_trunc('quarter', 'answers.responded_at') }} as date) as quarter,
        'total' as total,
        coalesce(accounts.segment, 'unknown') as segment,
        coalesce(accounts.region, 'unknown') as region,
        coalesce(products.product, 'unknown') as product,
        {%- for column in ['touchpoint', 'journey_stage', 'channel', 'survey_kind', 'incentive'] %}
        coalesce(answers.{{ column }}, 'unknown') as {{ column }},
        {%- endfor %}
        coalesce(answers.contact_role, 'unknown') as role
    from {{ ref('int_survey__matched') }} as answers
    inner join {{ source('control', 'metrics') }} as metrics on answers.metric_id = metrics.metric_id
    left join {{ ref('stg_raw__accounts') }} as accounts on answers.account_id = accounts.account_id
    left join {{ ref('int_accounts__products') }} as products on answers.account_id = products.account_id
    left join {{ ref('int_account_months__spine') }} as spine
        on answers.account_id = spine.account_id and {{ month_of('answers.known_at') }} = spine.month
)

{%- for period_kind, period, shown_slices in periods %}
{%- for slice in shown_slices %}
{{ 'union all' if not (loop.first and period_kind == 'all') }}
select
    audience,
    metric_id,
    metric_version,
    '{{ period_kind }}' as period_kind,
    {{ period or 'cast(null as date)' }} as period_date,
    '{{ slice }}' as slice_name,
    {{ slice }} as slice_value,
    account_id,
    cast(count(*) as bigint) as count_answers,
    cast(count(distinct contact_key) as bigint) as count_people,
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
group by audience, metric_id, metric_version{{ ', ' ~ period if period }}, {{ slice }}, account_id
{%- endfor %}
{%- endfor %}
