{#-
Puts every raw row of one canonical table into exactly one bucket, and casts it.

    read = accepted + rejected + superseded + excluded + empty

The columns, types, keys and value lists come from the contract in `_raw__sources.yml`.

table       canonical table
relation    what to read: the raw source, or a CTE of the same shape that the model prepares
checks      further rules, in order: (rule, column, condition that is true for a bad row); conditions see typed columns
empty_when  condition on the typed row under which the question was not answered

Columns added: _bucket, _rule (why rejected, superseded or excluded), _rule_column, _rule_value (the raw value).
-#}
{% macro classify(table, relation=none, checks=[], empty_when='false') %}
{%- set contract = contract_of(table) -%}
{%- set key = contract.key -%}
{%- set provenance = [
    '_source', '_source_file', '_source_row', '_file_sha256', '_excluded_by', '_malformed', '_delivery', '_version'
] -%}
{%- set rules = [] -%}
{%- for column in contract.columns if column.meta.get('required') -%}
    {%- do rules.append(('missing_required', column.name, 'raw_' ~ column.name ~ ' is null')) -%}
{%- endfor -%}
{%- for column in contract.columns if column.data_type != 'string' -%}
    {%- do rules.append((
        'invalid_' ~ column.data_type.split('(')[0], column.name,
        'raw_' ~ column.name ~ ' is not null and ' ~ column.name ~ ' is null'
    )) -%}
{%- endfor -%}
{%- for column in contract.columns if column.meta.get('values') -%}
    {%- do rules.append((
        'unknown_value', column.name,
        column.name ~ " not in ('" ~ column.meta['values'] | join("', '") ~ "')"
    )) -%}
{%- endfor -%}
{%- for column in contract.columns if column.meta.get('min') is not none -%}
    {%- do rules.append(('below_minimum', column.name, column.name ~ ' < ' ~ column.meta['min'])) -%}
{%- endfor -%}
{%- for check in checks -%}
    {%- do rules.append(check) -%}
{%- endfor %}

trimmed as (
    select
        {%- for column in contract.columns %}
        nullif(trim({{ column.name }}), '') as raw_{{ column.name }},
        {%- endfor %}
        {{ provenance | join(', ') }}
    from {{ relation or rows_to_classify(table) }}
),

typed as (
    select
        *,
        {%- for column in contract.columns %}
        {{ cast_text('raw_' ~ column.name, column.data_type) }} as {{ column.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from trimmed
),

checked as (
    select
        *,
        case
            when _malformed is not null then 0
            {%- for rule, column, condition in rules %}
            when {{ condition }} then {{ loop.index }}
            {%- endfor %}
        end as _failed_check,
        coalesce({{ empty_when }}, false) as _is_empty
    from typed
),

screened as (
    select
        *,
        case
            when _malformed is not null then 'rejected'
            when _excluded_by is not null then 'excluded'
            when _is_empty then 'empty'
            when _failed_check is not null then 'rejected'
            else 'valid'
        end as _screen
    from checked
),

snapshots as (
    -- The newest file of each source: by the newest version it holds, ties by content, never by load order.
    select _source, _file_sha256
    from (
        select
            _source,
            _file_sha256,
            row_number() over (
                partition by _source order by max(_version) desc nulls last, _file_sha256 desc
            ) as _recency
        from screened
        group by _source, _file_sha256
    ) as files
    where _recency = 1
),

-- Most keys stand once: only the others are ordered, because ordering wide rows is what costs.
repeated as (
    select
        {{ key | join(', ') }},
        count(*) as count_rows
    from screened
    where _screen = 'valid'
    group by {{ key | join(', ') }}
    having count(*) > 1
),

placed as (
    select
        screened.*,
        case
            when screened._delivery = 'snapshot' and snapshots._file_sha256 is null then 'older_snapshot'
        end as _older_snapshot,
        repeated.count_rows is not null as _is_repeated
    from screened
    left join snapshots
        on screened._source = snapshots._source and screened._file_sha256 = snapshots._file_sha256
    left join repeated
        on
            screened._screen = 'valid'
            {%- for column in key %}
            and screened.{{ column }} is not distinct from repeated.{{ column }}
            {%- endfor %}
),

ranked as (
    select
        *,
        1 as _recency,
        _version as _newest_version
    from placed
    where not _is_repeated
    union all
    select
        *,
        row_number() over (
            partition by {{ key | join(', ') }}
            order by
                _older_snapshot nulls first,
                _version desc nulls last,
                md5(concat_ws('|'
                    {%- for column in contract.columns %}, coalesce(raw_{{ column.name }}, '~'){% endfor -%}
                )) desc,
                _file_sha256 desc,
                _source_row
        ) as _recency,
        max(_version) over (partition by {{ key | join(', ') }}) as _newest_version
    from placed
    where _is_repeated
)

select
    {%- for column in contract.columns %}
    {{ column.name }},
    {%- endfor %}
    _source,
    _source_file,
    _source_row,
    _file_sha256,
    case
        when _screen <> 'valid' then _screen
        when _older_snapshot is not null or _recency > 1 then 'superseded'
        else 'accepted'
    end as _bucket,
    case
        when _malformed is not null then 'malformed_row'
        when _screen = 'excluded' then _excluded_by
        when _screen = 'rejected' then
            case _failed_check
                {%- for rule, column, condition in rules %}
                when {{ loop.index }} then '{{ rule }}'
                {%- endfor %}
            end
        when _screen = 'valid' and _older_snapshot is not null then _older_snapshot
        when _screen = 'valid' and _recency > 1 and _version is distinct from _newest_version then 'older_version'
        when _screen = 'valid' and _recency > 1 then 'duplicate'
    end as _rule,
    case when _screen = 'rejected' and _malformed is null then
        case _failed_check
            {%- for rule, column, condition in rules %}
            when {{ loop.index }} then '{{ column }}'
            {%- endfor %}
        end
    end as _rule_column,
    case
        when _malformed is not null then _malformed
        when _screen = 'rejected' then
            case _failed_check
                {%- for rule, column, condition in rules %}
                when {{ loop.index }} then raw_{{ column }}
                {%- endfor %}
            end
    end as _rule_value
from ranked
{% endmacro %}


{#- Columns (name, data_type, meta) and key of a canonical table, as the contract in the source file states them. -#}
{% macro contract_of(table) %}
{%- if not execute -%}
    {{ return({'columns': [], 'key': []}) }}
{%- endif -%}
{%- set node = graph.sources.values() | selectattr('source_name', 'equalto', 'raw')
    | selectattr('name', 'equalto', table) | first -%}
{%- set columns = [] -%}
{%- for column in node.columns.values() -%}
    {%- do columns.append({
        'name': column.name, 'data_type': column.data_type, 'meta': column.config.meta or {}
    }) -%}
{%- endfor -%}
{{ return({'columns': columns, 'key': node.config.meta['key']}) }}
{% endmacro %}


{#-
Text to a typed value, NULL when the text is not one. A pattern guards each cast: engines differ in what
they accept, and a number with more decimals than the type holds must be rejected, not rounded.
-#}
{% macro cast_text(expression, data_type) -%}
{%- if data_type == 'string' -%}
    {{ expression }}
{%- elif data_type == 'timestamp' -%}
    case when {{ matches(
        expression, '^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?)?$'
    ) }} then try_cast({{ expression }} as {{ timestamp_type() }}) end
{%- elif data_type == 'date' -%}
    case when {{ matches(expression, '^[0-9]{4}-[0-9]{2}-[0-9]{2}$') }} then try_cast({{ expression }} as date) end
{%- elif data_type == 'boolean' -%}
    case
        when lower({{ expression }}) in ('true', 't', 'yes', 'y', '1') then true
        when lower({{ expression }}) in ('false', 'f', 'no', 'n', '0') then false
    end
{%- elif data_type == 'int' -%}
    case when {{ matches(expression, '^-?[0-9]{1,9}$') }} then try_cast({{ expression }} as int) end
{%- elif data_type.startswith('decimal') -%}
    {%- set precision, scale = data_type[8:-1].split(',') | map('trim') | map('int') | list -%}
    case when {{ matches(
        expression, '^-?[0-9]{1,' ~ (precision - scale) ~ '}([.][0-9]{0,' ~ scale ~ '}0*)?$'
    ) }} then try_cast({{ expression }} as {{ data_type }}) end
{%- else -%}
    {{ exceptions.raise_compiler_error("_raw__sources.yml: no cast is defined for the type '" ~ data_type ~ "'.") }}
{%- endif -%}
{%- endmacro %}
