{%- for table in canonical_tables() %}
{{ 'union all' if not loop.first }}
select
    table_name,
    _source as source_name,
    _source_file as source_file,
    cast(_source_row as bigint) as source_row,
    _file_sha256 as file_sha256,
    rule,
    column_name,
    raw_value
from {{ ref(table ~ '__rejected') }}
{%- endfor %}
