"""SQL that turns an export's text into canonical text: instants, days and numbers.

Belongs here: one function per kind; each takes the SQL of a text and returns the SQL of a text.
Does not belong here: where the text comes from (`mapping.py`), casts to real types (dbt staging).

A text that does not fit what the mapping declares is left as it is, so that staging rejects it and shows it.
Where staging would nevertheless be able to read it, and so misread it (1.234 in a file with decimal commas),
a note in square brackets is appended: better rejected than wrong by a factor of a thousand.
"""

from __future__ import annotations

from decimal import Decimal

from orchestration.ingest.currencies import MINOR_UNIT_EXPONENTS
from orchestration.ingest.grammar import Conversion

_DAY = r"\d{4}-\d{2}-\d{2}"
_CLOCK = r"\d{2}:\d{2}(:\d{2}([.]\d{1,9})?)?"
_OFFSET = r"(Z|UTC|[+-]\d{2}(:?\d{2})?)"


def literal(text: str | None) -> str:
    """A text as an SQL literal."""
    return "NULL" if text is None else "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A column name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def convert(text: str, conversion: Conversion, data_type: str, timezone: str, currency: str = "NULL") -> str:
    """SQL of the canonical text of `text`.

    `data_type` is the contract's: a timestamp or date column is read as ISO 8601 unless the mapping declares
    another format; other columns stay as they are unless it declares how numbers are written. `timezone`
    holds for times without one of their own; `currency` is SQL of the row's currency, used by `minor_units`.
    """
    if conversion.is_number:
        return _or_raw(_number(text, conversion, currency), text, "DOUBLE", _number_note(conversion))
    if data_type == "timestamp":
        declared = conversion.timestamp_format or "iso"
        instant = _instant(text, declared, conversion.timezone or timezone)
        return _or_raw(f"CAST({instant} AS VARCHAR)", text, "TIMESTAMP", f"not in the format {declared}")
    if data_type == "date" and conversion.timestamp_format:
        instant = _instant(text, conversion.timestamp_format, conversion.timezone or timezone)
        note = f"not in the format {conversion.timestamp_format}"
        return _or_raw(f"CAST(CAST({instant} AS DATE) AS VARCHAR)", text, "DATE", note)
    if data_type == "date" or conversion.date_format:
        declared = conversion.date_format or "iso"
        return _or_raw(f"CAST({_day(text, declared)} AS VARCHAR)", text, "DATE", f"not in the format {declared}")
    return text


def version(text: str, conversion: Conversion, timezone: str) -> str:
    """SQL of a version that sorts as text.

    A time becomes ISO 8601 UTC, a whole number is padded to 20 digits, anything else stays as written.
    """
    instant = _instant(text, conversion.timestamp_format or "iso", conversion.timezone or timezone)
    padded = rf"CASE WHEN regexp_full_match(trim({text}), '\d{{1,20}}') THEN lpad(trim({text}), 20, '0') END"
    return f"coalesce(CAST({instant} AS VARCHAR), {padded}, {text})"


def _or_raw(converted: str, text: str, readable_as: str, note: str) -> str:
    marked = f"{text} || {literal(f' [{note}]')}"
    unconverted = f"CASE WHEN try_cast({text} AS {readable_as}) IS NULL THEN {text} ELSE {marked} END"
    return f"coalesce({converted}, {unconverted})"


def _instant(text: str, declared: str, timezone: str) -> str:
    """SQL of a TIMESTAMP in UTC, NULL where the text does not fit.

    A local time that daylight saving skips is read with the offset before the change, one that occurs twice
    as the second (DuckDB's ICU rules).
    """
    trimmed = f"trim({text})"
    if declared == "unix_seconds":
        return _unix(trimmed, 1_000_000, r"-?\d{1,10}([.]\d{1,6})?")
    if declared == "unix_milliseconds":
        return _unix(trimmed, 1_000, r"-?\d{1,13}([.]\d{1,3})?")
    if declared == "iso":
        local = f"try_cast({trimmed} AS TIMESTAMP)"
        # DuckDB reads an offset only behind seconds, and does not read UTC there: one spelling for all.
        with_seconds = rf"regexp_replace({trimmed}, '^(.{{13}}:\d{{2}})( ?[ZU+-].*)$', '\1:00\2')"
        offset = f"regexp_replace({with_seconds}, ' ?(Z|UTC)$', '+00:00')"
        return (
            f"CASE WHEN regexp_full_match({trimmed}, '{_DAY}([ T]{_CLOCK})?') "
            f"THEN {_to_utc(local, timezone)} "
            f"WHEN regexp_full_match({trimmed}, '{_DAY}[ T]{_CLOCK} ?{_OFFSET}') "
            f"THEN timezone('UTC', try_cast({offset} AS TIMESTAMPTZ)) END"
        )
    parsed = f"try_strptime({trimmed}, {literal(declared)})"
    if "%z" in declared or "%Z" in declared:
        return f"timezone('UTC', {parsed})"
    return _to_utc(parsed, timezone)


def _to_utc(local: str, timezone: str) -> str:
    return local if timezone == "UTC" else f"timezone('UTC', timezone({literal(timezone)}, {local}))"


def _unix(trimmed: str, microseconds: int, shape: str) -> str:
    # Doubles hold whole microseconds exactly until the year 2255.
    exact = f"CAST(round(try_cast({trimmed} AS DOUBLE) * {microseconds}) AS BIGINT)"
    return f"CASE WHEN regexp_full_match({trimmed}, '{shape}') THEN make_timestamp({exact}) END"


def _day(text: str, declared: str) -> str:
    """SQL of a DATE: the day as it is written, whatever clock time or offset stands behind it."""
    trimmed = f"trim({text})"
    if declared == "iso":
        shape = f"{_DAY}([ T]{_CLOCK} ?{_OFFSET}?)?"
        day = f"try_cast(left({trimmed}, 10) AS DATE)"
        return f"CASE WHEN regexp_full_match({trimmed}, '{shape}') THEN {day} END"
    return f"CAST(try_strptime({trimmed}, {literal(declared)}) AS DATE)"


def _number(text: str, conversion: Conversion, currency: str) -> str:
    """SQL of a plain decimal text (point, no grouping), NULL where the text is not written as declared."""
    plain = _plain_number(text, conversion)
    if conversion.minor_units is not None:
        return _major_units(plain, conversion, currency)
    if conversion.multiply_by is None:
        return plain
    factor = Decimal(conversion.multiply_by)
    scale = max(0, -int(factor.as_tuple().exponent))
    product = f"try_cast({plain} AS DECIMAL(18, 6)) * CAST('{factor:f}' AS DECIMAL({scale + 4}, {scale}))"
    # More than 6 decimals would be rounded by the cast: such a text is left as it is instead.
    is_exact = rf"regexp_full_match({plain}, '[+-]?\d{{1,12}}([.]\d{{1,6}})?')"
    return f"CASE WHEN {is_exact} THEN regexp_replace(CAST({product} AS VARCHAR), '[.]?0*$', '') END"


def _plain_number(text: str, conversion: Conversion) -> str:
    point, group = conversion.decimal or ".", conversion.thousands
    trimmed = f"trim({text})"
    if group == " ":  # exports group with no-break spaces as often as with plain ones
        trimmed = f"trim(translate({text}, chr(160) || chr(8239) || chr(8201), '   '))"
    fraction = f"([{_in_class(point)}]\\d+)?"
    shape = f"[+-]?\\d+{fraction}"
    if group is not None:
        shape = f"{shape}|[+-]?\\d{{1,3}}([{_in_class(group)}]\\d{{3}})+{fraction}"
    plain = trimmed if group is None else f"replace({trimmed}, {literal(group)}, '')"
    plain = plain if point == "." else f"replace({plain}, {literal(point)}, '.')"
    return f"CASE WHEN regexp_full_match({trimmed}, {literal(shape)}) THEN {plain} END"


def _in_class(character: str) -> str:
    return "\\" + character if character in "]^\\-[" else character


def _major_units(plain: str, conversion: Conversion, currency: str) -> str:
    """SQL of whole minor units divided by their currency's power of ten, exactly; NULL for fractions."""
    units = conversion.minor_units
    whole = rf"regexp_full_match({plain}, '[+-]?\d+([.]0+)?')"
    if units.digits is not None:
        return f"CASE WHEN {whole} THEN {_shifted(plain, units.digits)} END"
    exponents = {**MINOR_UNIT_EXPONENTS, **{code.upper(): digits for code, digits in units.exponents.items()}}
    branches = []
    for digits in sorted(set(exponents.values())):
        codes = ", ".join(literal(code) for code in sorted(exponents) if exponents[code] == digits)
        branches.append(f"WHEN upper(trim({currency})) IN ({codes}) THEN {_shifted(plain, digits)}")
    return f"CASE WHEN NOT {whole} THEN NULL {' '.join(branches)} END"


def _shifted(plain: str, digits: int) -> str:
    # At most 18 digits: DuckDB computes wider decimals a hundred times slower. Longer texts stay as they are.
    integer = f"try_cast({plain} AS DECIMAL({18 - digits}, 0))"
    if digits == 0:
        return f"CAST({integer} AS VARCHAR)"
    return f"CAST({integer} * CAST('{Decimal(1).scaleb(-digits):f}' AS DECIMAL({digits}, {digits})) AS VARCHAR)"


def _number_note(conversion: Conversion) -> str:
    if conversion.minor_units is not None:
        return "not whole minor units of a known currency"
    return f"not a number with '{conversion.decimal or '.'}' as decimal point"
