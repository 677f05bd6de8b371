{#- (rule, label, condition under which a respondent is checked, condition of a respondent who breaks it) -#}
{%- set rules = [
    ('too_few_brands', 'Fewer brands than the least number', 'true', 'count_brands < programme.minimum_brands'),
    ('too_many_brands', 'More brands than the greatest number', 'true', 'count_brands > programme.maximum_brands'),
    ('no_brand_is_us', 'None of the brands is ours', 'true', 'count_us = 0'),
    ('several_brands_are_us', 'Several of the brands are ours', 'true', 'count_us > 1'),
    ('neither_rating_nor_rank', 'A brand has neither a rating nor a rank', 'true', 'count_unordered > 0'),
    ('ratings_and_ranks', 'Some brands are rated and others ranked', 'true', 'count_rated > 0 and count_only_ranked > 0'),
    ('spend_shares_not_one', 'Spend shares do not sum to 1 (by more than 0.01)', 'spend_share is not null',
     'abs(spend_share - 1) > 0.01'),
] -%}
-- Respondents whose set of brands cannot stand. They are counted here, and kept elsewhere as far as they say something.
with responses as (
    select
        response_id,
        cast(count(*) as bigint) as count_brands,
        {{ count_where('is_us') }} as count_us,
        {{ count_where('rating is null and brand_rank is null') }} as count_unordered,
        {{ count_where('rating is not null') }} as count_rated,
        {{ count_where('rating is null and brand_rank is not null') }} as count_only_ranked,
        sum(cast(spend_share as decimal(18, 6))) as spend_share
    from {{ ref('int_wallet__ratings') }}
    group by response_id
),

-- No group by: one row even where nobody rated brands, so that every rule shows its 0.
counted as (
    select
        {%- for rule, label, checked, broken in rules %}
        {{ count_where(checked) }} as {{ rule }}__checked,
        {{ count_where(broken) }} as {{ rule }}__broken,
        {%- endfor %}
        cast(count(*) as bigint) as count_responses
    from responses
    cross join {{ source('control', 'rules') }} as programme
)

{% for rule, label, checked, broken in rules -%}
{{ 'union all' if not loop.first }}
select
    '{{ rule }}' as rule,
    '{{ label }}' as label,
    {{ rule }}__checked as count_checked,
    {{ rule }}__broken as count_responses
from counted
{% endfor %}
