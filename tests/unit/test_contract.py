"""The input contract stands once; what has to repeat it is held to it here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from expectations.raw_suites import RAW_SUITES
from orchestration.data_quality import ABSENT_TABLES
from orchestration.ingest import load_contract

DBT = Path(__file__).parents[2] / "dbt_project"
CASTS = re.compile(r"string|timestamp|date|boolean|int|decimal\(\d+,\s*\d+\)")


@pytest.fixture(scope="module")
def contract():
    return load_contract(DBT / "models/staging/_raw__sources.yml")


def test_the_macro_lists_exactly_the_tables_of_the_contract(contract):
    text = (DBT / "macros/staging_views.sql").read_text(encoding="utf-8")
    listed = re.findall(r"'([a-z_]+)'", text.partition("macro canonical_tables()")[2])
    assert listed == sorted(contract.tables)


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("classified", "stg_raw__{}__classified.sql"),
        ("rejected", "{}__rejected.sql"),
        (".", "stg_raw__{}.sql"),
    ],
)
def test_every_table_has_its_staging_models(contract, folder, name):
    found = {path.name for path in (DBT / "models/staging" / folder).glob("*.sql")}
    assert found == {name.format(table) for table in contract.tables}


def test_every_table_has_a_key_of_its_own_columns(contract):
    for table in contract.tables.values():
        assert table.key, table.name
        assert set(table.key) <= set(table.column_names), table.name


def test_every_type_is_one_that_staging_casts(contract):
    for table in contract.tables.values():
        for column in table.columns:
            assert CASTS.fullmatch(column.data_type), f"{table.name}.{column.name}: {column.data_type}"


def test_required_tables_are_those_without_which_there_is_no_case(contract):
    assert {table.name for table in contract.tables.values() if table.is_required} == {
        "accounts",
        "survey_responses",
    }


def test_the_raw_gate_watches_every_table(contract):
    assert {suite.table for suite in RAW_SUITES} == set(contract.tables)


def test_every_table_that_may_be_absent_has_its_sentence(contract):
    required = {table.name for table in contract.tables.values() if table.is_required}
    # Attributes are named by the controls that use them, not by the table.
    assert set(ABSENT_TABLES) == set(contract.tables) - required - {"account_attributes"}
