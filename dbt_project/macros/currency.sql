{#-
An amount in the reporting currency, rounded half-even to the cent per row. Expects `parameters` (the run's
parameters) and `fx_rates` (rate of the row's month and currency) to be joined. NULL where the rate is missing: such
rows are counted, never taken at 1.
-#}
{% macro to_reporting_currency(amount, currency) -%}
    cast(
        case
            when {{ currency }} = parameters.reporting_currency then {{ amount }}
            else {{ round_half_even('(' ~ amount ~ ' * fx_rates.rate)') }}
        end as decimal(18, 2)
    )
{%- endmacro %}

{#-
Half-even rounding to the cent of an exact DECIMAL, in DECIMAL throughout: the engines' own functions go through
DOUBLE (DuckDB's round_even) or round half away from zero (round).
-#}
{% macro round_half_even(amount) -%}
    case
        when abs({{ amount }} - round({{ amount }}, 2)) = 0.005 and cast(round({{ amount }}, 2) * 100 as bigint) % 2 <> 0
            then round({{ amount }}, 2) - cast(sign({{ amount }}) as int) * 0.01
        else round({{ amount }}, 2)
    end
{%- endmacro %}
