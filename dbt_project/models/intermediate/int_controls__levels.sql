-- The level of every declared control for every account: a category, or the bin of a number. Attributes are frozen as
-- first seen, because a later value would tell earlier months what was not known then; columns of accounts are declared
-- static. What is not known is a level of its own (`unknown`, `missing`).
with stated as (
    {%- for column in ['segment', 'industry', 'region', 'size_band', 'acquisition'] %}
    select account_id, '{{ column }}' as attribute, {{ column }} as value
    from {{ ref('stg_raw__accounts') }}
    union all
    {%- endfor %}
    select account_id, attribute, value
    from (
        select
            account_id,
            attribute,
            value,
            row_number() over (
                partition by account_id, attribute order by valid_from asc nulls first, value asc
            ) as recency
        from {{ ref('stg_raw__account_attributes') }}
    ) as attributes
    where recency = 1
),

wanted as (
    select
        accounts.account_id,
        controls.control_id,
        controls.attribute,
        controls.kind
    from {{ ref('stg_raw__accounts') }} as accounts
    cross join {{ source('control', 'controls') }} as controls
),

valued as (
    select
        wanted.account_id,
        wanted.control_id,
        wanted.kind,
        stated.value,
        case
            when wanted.kind = 'continuous' then {{ cast_text('stated.value', 'decimal(18,6)') }}
        end as number_value
    from wanted
    left join stated on wanted.account_id = stated.account_id and wanted.attribute = stated.attribute
),

binned as (
    select
        valued.account_id,
        valued.control_id,
        bins.level
    from valued
    inner join {{ source('control', 'control_bins') }} as bins on valued.control_id = bins.control_id
    where
        valued.number_value >= coalesce(bins.lower_edge, valued.number_value)
        and (bins.upper_edge is null or valued.number_value < bins.upper_edge)
)

select
    valued.account_id,
    valued.control_id,
    valued.kind,
    valued.number_value,
    case
        when valued.kind = 'categorical' then coalesce(valued.value, 'unknown')
        else coalesce(binned.level, 'missing')
    end as level
from valued
left join binned on valued.account_id = binned.account_id and valued.control_id = binned.control_id
