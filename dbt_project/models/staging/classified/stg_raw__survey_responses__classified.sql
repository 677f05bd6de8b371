with

-- An export rarely states its scale: the metric's current one stands in, never the observed maximum.
stated as (
    select
        responses.*,
        metrics.metric_id,
        coalesce(nullif(trim(responses.scale_min), ''), cast(metrics.scale_min as {{ dbt.type_string() }})) as lower_end,
        coalesce(nullif(trim(responses.scale_max), ''), cast(metrics.scale_max as {{ dbt.type_string() }})) as upper_end
    from {{ rows_to_classify('survey_responses') }} as responses
    left join {{ source('control', 'metrics') }} as metrics
        on trim(responses.metric) = metrics.metric_id
),

-- A metric that is not declared gets no scale, so that `unknown_metric` finds it; a scale that is not declared loses its
-- lower end, so that `undeclared_scale` finds it. Ends that are no numbers stay, for `invalid_decimal`.
scaled as (
    select
        responses.response_id,
        responses.metric,
        responses.score,
        case
            when responses.metric_id is null then null
            when versions.metric_id is not null or {{ cast_text('responses.lower_end', 'decimal(9,4)') }} is null
                then responses.lower_end
        end as scale_min,
        case when responses.metric_id is not null then responses.upper_end end as scale_max,
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
    from stated as responses
    left join {{ source('control', 'metric_versions') }} as versions
        on
            responses.metric_id = versions.metric_id
            and {{ cast_text('responses.lower_end', 'decimal(9,4)') }} = versions.scale_min
            and {{ cast_text('responses.upper_end', 'decimal(9,4)') }} = versions.scale_max
),

{{ classify('survey_responses', relation='scaled', empty_when='raw_score is null', checks=[
    ('unknown_metric', 'metric', 'scale_max is null'),
    ('undeclared_scale', 'scale_max', 'scale_min is null'),
    ('off_scale', 'score', 'score < scale_min or score > scale_max'),
    ('negative_lag', 'responded_at', 'responded_at < invited_at'),
]) }}
