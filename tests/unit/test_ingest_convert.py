"""Texts of exports → canonical texts: what is read, and what is left for staging to reject."""

from __future__ import annotations

import pytest

from orchestration.ingest.convert import convert, version
from orchestration.ingest.engine import mapping_connection
from orchestration.ingest.grammar import Conversion


@pytest.fixture(scope="module")
def connection():
    with mapping_connection() as connection:
        yield connection


@pytest.mark.parametrize(
    ("text", "keys", "expected"),
    [
        ("2024-01-01", {}, "2023-12-31 23:00:00"),
        ("2024-07-01 10:00", {}, "2024-07-01 08:00:00"),
        ("2024-07-01T10:00Z", {}, "2024-07-01 10:00:00"),
        ("2024-07-01 10:00:00.120 UTC", {}, "2024-07-01 10:00:00.12"),
        ("2024-05-01T22:00:00.000+0000", {}, "2024-05-01 22:00:00"),
        ("2024-05-01T22:00:00-05", {}, "2024-05-02 03:00:00"),
        ("2024-03-31 02:30:00", {}, "2024-03-31 01:30:00"),  # skipped by daylight saving
        ("2024-10-27 02:30:00", {}, "2024-10-27 01:30:00"),  # occurs twice: the second
        ("2024-02-30", {}, "2024-02-30"),
        ("soon", {}, "soon"),
        ("infinity", {}, "infinity [not in the format iso]"),
        (
            "31/12/2024 23:30",
            {"timestamp_format": "%d/%m/%Y %H:%M", "timezone": "America/New_York"},
            "2025-01-01 04:30:00",
        ),
        ("31/12/2024 +0500", {"timestamp_format": "%d/%m/%Y %z"}, "2024-12-30 19:00:00"),
        ("2024-12-31", {"timestamp_format": "%d/%m/%Y"}, "2024-12-31 [not in the format %d/%m/%Y]"),
        ("1700000000", {"timestamp_format": "unix_seconds"}, "2023-11-14 22:13:20"),
        ("1700000000123", {"timestamp_format": "unix_milliseconds"}, "2023-11-14 22:13:20.123"),
        ("1.7e9", {"timestamp_format": "unix_seconds"}, "1.7e9"),
        (None, {}, None),
    ],
)
def test_times(connection, text, keys, expected):
    sql = convert("t.x", Conversion(**keys), "timestamp", "Europe/Berlin")
    assert connection.execute(f"SELECT {sql} FROM (SELECT ? AS x) t", [text]).fetchone()[0] == expected


@pytest.mark.parametrize(
    ("text", "keys", "expected"),
    [
        ("2024-01-31", {}, "2024-01-31"),
        ("2024-01-31T23:30:00-08:00", {}, "2024-01-31"),
        ("31/01/2024", {"date_format": "%d/%m/%Y"}, "2024-01-31"),
        ("31/02/2024", {"date_format": "%d/%m/%Y"}, "31/02/2024"),
        ("2024-03", {"date_format": "%Y-%m"}, "2024-03-01"),
        ("01.02.2024", {"date_format": "%d/%m/%Y"}, "01.02.2024"),
        ("2024-02-01", {"date_format": "%d/%m/%Y"}, "2024-02-01 [not in the format %d/%m/%Y]"),
        ("1700000000", {"timestamp_format": "unix_seconds"}, "2023-11-14"),
    ],
)
def test_days(connection, text, keys, expected):
    sql = convert("t.x", Conversion(**keys), "date", "UTC")
    assert connection.execute(f"SELECT {sql} FROM (SELECT ? AS x) t", [text]).fetchone()[0] == expected


COMMA = "[not a number with ',' as decimal point]"
UNITS = "[not whole minor units of a known currency]"
BY_CURRENCY = {"minor_units": {"currency": "c"}}


@pytest.mark.parametrize(
    ("text", "currency", "keys", "expected"),
    [
        ("1.234,50", None, {"decimal": ",", "thousands": "."}, "1234.50"),
        ("1\u00a0234\u202f567,5", None, {"decimal": ",", "thousands": " "}, "1234567.5"),
        ("1.234", None, {"decimal": ",", "thousands": "."}, "1234"),
        ("1.23", None, {"decimal": ",", "thousands": "."}, f"1.23 {COMMA}"),
        ("1.234", None, {"decimal": ","}, f"1.234 {COMMA}"),
        ("n/a", None, {"decimal": ","}, "n/a"),
        ("12,5", None, {"decimal": ",", "multiply_by": "0.01"}, "0.125"),
        ("0", None, {"multiply_by": "0.01"}, "0"),
        ("1200", None, {"multiply_by": "100"}, "120000"),
        ("12345", "usd", BY_CURRENCY, "123.45"),
        ("-5", "EUR", BY_CURRENCY, "-0.05"),
        ("12345", "JPY", BY_CURRENCY, "12345"),
        ("12345", " KWD ", BY_CURRENCY, "12.345"),
        ("12", "UYW", BY_CURRENCY, "0.0012"),
        ("12345", "ISK", {"minor_units": {"currency": "c", "exponents": {"isk": 2}}}, "123.45"),
        ("12345", "DM", BY_CURRENCY, f"12345 {UNITS}"),
        ("12345", None, BY_CURRENCY, f"12345 {UNITS}"),
        ("123.5", "USD", BY_CURRENCY, f"123.5 {UNITS}"),
        ("500.00", None, {"minor_units": 2}, "5.00"),
    ],
)
def test_numbers(connection, text, currency, keys, expected):
    sql = convert("t.x", Conversion(**keys), "decimal(18,2)", "UTC", "t.c")
    row = connection.execute(f"SELECT {sql} FROM (SELECT ? AS x, ? AS c) t", [text, currency]).fetchone()
    assert row[0] == expected


def test_versions_sort_as_texts(connection):
    texts = ["2", "10", "2024-01-31T10:00:00+01:00", "v3"]
    sql = version("t.x", Conversion(), "UTC")
    found = [connection.execute(f"SELECT {sql} FROM (SELECT ? AS x) t", [text]).fetchone()[0] for text in texts]
    assert found == ["0" * 19 + "2", "0" * 18 + "10", "2024-01-31 09:00:00", "v3"]


def test_expressions_reach_no_files(connection):
    with pytest.raises(Exception, match="disabled by configuration"):
        connection.execute("SELECT * FROM read_text('/etc/hostname')")
    with pytest.raises(Exception, match="locked"):
        connection.execute("SET threads = 2")
