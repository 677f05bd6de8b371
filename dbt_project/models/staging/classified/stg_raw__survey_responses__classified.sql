with

-- An export rarely states its scale: the metric's declared one stands in, never the observed maximum. A metric that is
-- not declared has none, whatever the export states, so that `unknown_metric` finds it.
scaled as (
    select
        responses.response_id,
        responses.metric,
        responses.score,
        case
            when metrics.metric_id is not null
                then coalesce(nullif(trim(responses.scale_min), ''), cast(metrics.scale_min as {{ dbt.type_string() }}))
        end as scale_min,
        case
            when metrics.metric_id is not null
                then coalesce(nullif(trim(responses.scale_max), ''), cast(metrics.scale_max as {{ dbt.type_string() }}))
        end as scale_max,
        responses.account_id,
        responses.contact_id,
        responses.email,
        responses.audience,
        responses.survey_kind,
        responses.touchpoint,
        responses.journey_stage,
        responses.channel,
        responses.invited_at,
        responses.responded_at,
        responses.recorded_at,
        responses.updated_at,
        responses.comment,
        responses.incentive,
        responses.status,
        responses._source,
        responses._source_file,
        responses._source_row,
        responses._file_sha256,
        responses._excluded_by,
        responses._malformed,
        responses._delivery,
        responses._version
    from {{ source('raw', 'survey_responses') }} as responses
    left join {{ source('control', 'metrics') }} as metrics
        on trim(responses.metric) = metrics.metric_id
),

{{ classify('survey_responses', relation='scaled', empty_when='raw_score is null', checks=[
    ('unknown_metric', 'metric', 'scale_min is null or scale_max is null'),
    ('off_scale', 'score', 'score < scale_min or score > scale_max'),
    ('negative_lag', 'responded_at', 'responded_at < invited_at'),
]) }}
