-- Superseded and excluded rows by the rule that set them aside.
with set_aside as (
    {%- for table in canonical_tables() %}
    {{ 'union all' if not loop.first }}
    select '{{ table }}' as table_name, _source_file as source_file, _bucket as bucket, _rule as rule
    from {{ ref('stg_raw__' ~ table ~ '__classified') }}
    where _bucket in ('superseded', 'excluded')
    {%- endfor %}
)

select
    table_name,
    source_file,
    bucket,
    rule,
    cast(count(*) as bigint) as count_rows
from set_aside
group by table_name, source_file, bucket, rule
