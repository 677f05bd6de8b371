-- What became of every row of every file: read = accepted + rejected + superseded + excluded + empty. Rows read are counted
-- in the raw zone, the buckets in staging, so that a join that loses or doubles rows cannot hide.
with rows_read as (
    {%- for table in canonical_tables() %}
    {{ 'union all' if not loop.first }}
    select '{{ table }}' as table_name, _source, _source_file, _file_sha256, cast(count(*) as bigint) as count_read
    from {{ source('raw', table) }}
    group by _source, _source_file, _file_sha256
    {%- endfor %}
),

buckets as (
    {%- for table in canonical_tables() %}
    {{ 'union all' if not loop.first }}
    select '{{ table }}' as table_name, _source, _source_file, _file_sha256, _bucket
    from {{ ref('stg_raw__' ~ table ~ '__classified') }}
    {%- endfor %}
),

counted as (
    select
        {%- for bucket in ['accepted', 'rejected', 'superseded', 'excluded', 'empty'] %}
        {{ count_where("_bucket = '" ~ bucket ~ "'") }} as count_{{ bucket }},
        {%- endfor %}
        table_name,
        _source,
        _source_file,
        _file_sha256
    from buckets
    group by table_name, _source, _source_file, _file_sha256
)

select
    rows_read.table_name,
    rows_read._source as source_name,
    rows_read._source_file as source_file,
    rows_read._file_sha256 as file_sha256,
    rows_read.count_read,
    counted.count_accepted,
    counted.count_rejected,
    counted.count_superseded,
    counted.count_excluded,
    counted.count_empty
from rows_read
left join counted
    on
        rows_read.table_name = counted.table_name
        and rows_read._source = counted._source
        and rows_read._source_file = counted._source_file
        and rows_read._file_sha256 = counted._file_sha256
