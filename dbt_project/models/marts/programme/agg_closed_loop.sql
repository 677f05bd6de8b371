-- Low answers by what became of them. Treated and control stand side by side and are never pooled in a change of score:
-- without the comparison a change is regression to the mean as much as anybody's work.
with loops as (
    select
        metric_id,
        cast({{ month_of('responded_at') }} as {{ dbt.type_string() }}) as month,
        arm,
        status,
        acted_at,
        is_within_sla,
        score_change
    from {{ ref('fct_follow_ups') }}
    where subject = 'low_answer'
),

counted as (
    select
        metric_id,
        month,
        arm,
        cast(count(*) as bigint) as count_low,
        {{ count_where("status <> 'unrouted'") }} as count_routed,
        {{ count_where('acted_at is not null') }} as count_acted,
        {{ count_where("status = 'closed'") }} as count_closed,
        {{ count_where('is_within_sla is not null') }} as count_sla_judged,
        {{ count_where('is_within_sla') }} as count_sla_met,
        {{ count_where('score_change is not null') }} as count_remeasured,
        cast(sum(cast(score_change as decimal(28, 4))) as decimal(38, 4)) as score_change
    from loops
    group by metric_id, month, arm
),

sliced as (
    {%- for period in ["'all'", 'month'] %}
    {%- for metric in ["'all'", 'metric_id'] %}
    {%- for arm in ["'total'", 'arm'] %}
    {{ 'union all' if not (period == "'all'" and metric == "'all'" and arm == "'total'") }}
    select
        {{ period }} as period,
        {{ metric }} as metric_id,
        {{ arm }} as arm,
        count_low,
        count_routed,
        count_acted,
        count_closed,
        count_sla_judged,
        count_sla_met,
        count_remeasured,
        -- Points of different scales, or of both arms, have no mean.
        {{ 'score_change' if metric == 'metric_id' and arm == 'arm' else 'cast(null as decimal(38, 4))' }} as score_change
    from counted
    {%- endfor %}
    {%- endfor %}
    {%- endfor %}
),

summed as (
    select
        period,
        metric_id,
        arm,
        {%- for column in ['low', 'routed', 'acted', 'closed', 'sla_judged', 'sla_met', 'remeasured'] %}
        cast(sum(count_{{ column }}) as bigint) as count_{{ column }},
        {%- endfor %}
        cast(sum(score_change) as decimal(38, 4)) as score_change
    from sliced
    group by period, metric_id, arm
)

select
    summed.period,
    summed.metric_id,
    summed.arm,
    summed.count_low,
    summed.count_routed,
    summed.count_low - summed.count_routed as count_unrouted,
    summed.count_acted,
    summed.count_closed,
    summed.count_sla_judged,
    summed.count_sla_met,
    cast(
        case
            when summed.count_sla_judged >= parameters.minimum_answers
                then 100.0 * summed.count_sla_met / nullif(summed.count_sla_judged, 0)
        end as decimal(12, 6)
    ) as sla_met_pct,
    summed.count_remeasured,
    cast(
        case
            when summed.count_remeasured >= parameters.minimum_answers
                then summed.score_change / nullif(summed.count_remeasured, 0)
        end as decimal(12, 6)
    ) as mean_score_change
from summed
cross join {{ source('control', 'run_parameters') }} as parameters
