{#- The rows of a canonical table that stand, without the columns that only classified them. -#}
{% macro accepted_rows(table) %}
select
    {%- for column in contract_of(table).columns %}
    {{ column.name }},
    {%- endfor %}
    _source,
    _source_file,
    _source_row,
    _file_sha256
from {{ ref('stg_raw__' ~ table ~ '__classified') }}
where _bucket = 'accepted'
{% endmacro %}

{#- The rows of a canonical table that broke a rule: which rule, in which column, and the raw value. -#}
{% macro rejected_rows(table) %}
select
    '{{ table }}' as table_name,
    _source,
    _source_file,
    _source_row,
    _file_sha256,
    _rule as rule,
    _rule_column as column_name,
    _rule_value as raw_value
from {{ ref('stg_raw__' ~ table ~ '__classified') }}
where _bucket = 'rejected'
{% endmacro %}

{#-
Names of all canonical tables. Written out, not read from the contract, because dbt must know what a model depends on
before it has read the sources; tests/unit/test_contract.py holds the two lists together.
-#}
{% macro canonical_tables() %}
{{ return([
    'account_attributes',
    'account_costs',
    'accounts',
    'attribute_ratings',
    'brand_ratings',
    'churn_events',
    'contacts',
    'contracts',
    'follow_ups',
    'fx_rates',
    'ledger_revenue',
    'programme_costs',
    'questionnaires',
    'revenue',
    'support_cases',
    'survey_invitations',
    'survey_responses'
]) }}
{% endmacro %}
