{#-
What a build takes over from the one before it, so that one new month does not cost as much as all of them.

The orchestrator lets a build carry over only when code, configuration and the files read before are the same
(orchestration/carry_over.py); otherwise it builds everything anew (`--full-refresh`), and nothing here applies.
-#}

{#-
The raw rows of a table that must be classified: those of files that arrived since the last build, and those that share
the first column of their key with one of them, because the newest version of a key wins. Anew: all rows.
-#}
{% macro rows_to_classify(table) -%}
{%- set arrived = source('carried', 'arrived_files') -%}
{%- set key = contract_of(table).key -%}
{%- if is_incremental() -%}
(
    select raw_rows.*
    from {{ source('raw', table) }} as raw_rows
    left join {{ arrived }} as arrived
        on
            arrived.table_name = '{{ table }}'
            and raw_rows._source = arrived.source
            and raw_rows._file_sha256 = arrived.file_sha256
    left join ({{ arrived_keys(table) }}) as arrived_keys on trim(raw_rows.{{ key[0] }}) = arrived_keys.key_text
    where arrived.source is not null or arrived_keys.key_text is not null
)
{%- else -%}
{{ source('raw', table) }}
{%- endif -%}
{%- endmacro %}

{#- First key columns, as text, of the rows in files that arrived. -#}
{% macro arrived_keys(table) -%}
select distinct trim(raw_rows.{{ contract_of(table).key[0] }}) as key_text
from {{ source('raw', table) }} as raw_rows
inner join {{ source('carried', 'arrived_files') }} as arrived
    on
        arrived.table_name = '{{ table }}'
        and raw_rows._source = arrived.source
        and raw_rows._file_sha256 = arrived.file_sha256
where trim(raw_rows.{{ contract_of(table).key[0] }}) is not null
{%- endmacro %}

{#- Before a classification carries on: forget exactly the rows that `rows_to_classify` brings again. -#}
{% macro forget_rows_to_classify() -%}
{%- if is_incremental() -%}
{%- set table = this.identifier | replace('stg_raw__', '') | replace('__classified', '') -%}
delete from {{ this }}
where
    cast({{ contract_of(table).key[0] }} as {{ dbt.type_string() }}) in ({{ arrived_keys(table) }})
    or (_source, _file_sha256) in (
        select
            source,
            file_sha256
        from {{ source('carried', 'arrived_files') }}
        where table_name = '{{ table }}'
    )
{%- endif -%}
{%- endmacro %}

{#- First month that must be built again, as a literal: a subquery would keep the engine from skipping older rows. -#}
{% macro first_rebuilt_month(column='month') -%}
{%- set query = 'select ' ~ column ~ ' from ' ~ ref('int_rebuild__from_month') -%}
cast('{{ run_query(query).columns[0][0] if execute else '9999-12-01' }}' as date)
{%- endmacro %}

{#- True for rows of the months that must be built again; anew: of all months. `since` is which of the three. -#}
{% macro is_rebuilt(month, since='month') -%}
{%- if not execute or is_incremental() -%}
{{ month }} >= {{ first_rebuilt_month(since) }}
{%- else -%}
true
{%- endif -%}
{%- endmacro %}

{#-
First month of the first quarter to be built again, as a literal: the one that holds such a month, or one before it,
because what stayed through a month is seen in the next.
-#}
{% macro first_rebuilt_quarter() -%}
{%- set query = 'select ' ~ quarter_of(add_months('month', -1)) ~ ' from ' ~ ref('int_rebuild__from_month') -%}
cast('{{ run_query(query).columns[0][0] if execute else '9999-10-01' }}' as date)
{%- endmacro %}

{#-
True for rows of the quarters that must be built again; anew: of all. `months_before`: how much further back.
-#}
{% macro is_in_rebuilt_quarter(month, months_before=0) -%}
{%- if not execute or is_incremental() -%}
{{ month }} >= {{ add_months(first_rebuilt_quarter(), -months_before) if months_before else first_rebuilt_quarter() }}
{%- else -%}
true
{%- endif -%}
{%- endmacro %}

{#- Before a model carries on: forget the months that `is_rebuilt` brings again. -#}
{% macro forget_rebuilt_months(since='month') -%}
{%- if is_incremental() -%} delete from {{ this }} where {{ is_rebuilt('month', since) }} {%- endif -%}
{%- endmacro %}

{#- The same for answers, which matter from the month after they were known. -#}
{% macro forget_answers_of_rebuilt_months() -%}
{%- if is_incremental() -%}
delete from {{ this }} where {{ is_rebuilt(add_months(month_of('known_at'), 1), 'answers_month') }}
{%- endif -%}
{%- endmacro %}

{#- The same for sums over a quarter. -#}
{% macro forget_rebuilt_quarters() -%}
{%- if is_incremental() -%}
delete from {{ this }} where {{ is_in_rebuilt_quarter('calendar_quarter') }}
{%- endif -%}
{%- endmacro %}

{#-
Before the spans of people carry on: forget everyone with an answer in a month to be built again, then or now. Others'
answers are as they were, all of them, and so are their spans.
-#}
{% macro forget_people_who_answered_again() -%}
{%- if is_incremental() -%}
delete from {{ this }}
where
    contact_key in (select contact_key from {{ this }} where {{ is_rebuilt('visible_from', 'answers_month') }})
    or contact_key in (
        select contact_key
        from {{ ref('int_survey__matched') }}
        where {{ is_rebuilt(add_months(month_of('known_at'), 1), 'answers_month') }}
    )
{%- endif -%}
{%- endmacro %}

{#- Number of rows and an order-free checksum of their columns, per month from which on they matter. -#}
{% macro fingerprint(input, month, columns, relation) -%}
select
    '{{ input }}' as input_name,
    {{ month }} as month,
    cast(count(*) as bigint) as count_rows,
    cast(sum({{ row_hash(columns) }}) as decimal(38, 0)) as checksum
from {{ relation }}
group by {{ month }}
{%- endmacro %}
