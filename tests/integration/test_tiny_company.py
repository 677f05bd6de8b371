"""A company of two dozen accounts: bad rows, absent tables, zero churn, and what a month may know."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pyarrow.parquet as pq
import pytest

from orchestration.transform import run_unit_tests
from tests.integration.pipeline import document, rows, with_parsed_dbt
from tests.integration.plain_warehouse import PlainWarehouse
from tests.integration.tiny_company import (
    DIRTY,
    FLAGGED,
    LATER_ANSWERS,
    UNREAD,
    tiny_files,
    write_lines,
    write_tiny_company,
)


@pytest.fixture(scope="module")
def published(tiny_run):
    assert tiny_run.ended.code == 0, tiny_run.ended.err + tiny_run.home.last_error()
    return tiny_run.home.latest


@pytest.mark.parametrize("dirty", [pytest.param(d, id=n) for n, d in DIRTY.items() if d.bucket == "rejected"])
def test_a_bad_row_is_rejected_with_rule_column_value_and_row(published, dirty):
    source_row = tiny_files()[dirty.file].index(dirty.line) + 1
    (found,) = rows(
        published,
        "select table_name, rule, column_name, raw_value from marts.fct_rejected_rows "
        f"where source_file = '{dirty.file}' and source_row = {source_row}",
    )
    assert tuple(found.values()) == (dirty.table, dirty.rule, dirty.column, dirty.raw_value)


def test_nothing_else_is_rejected(published):
    (found,) = rows(published, "select count(*) as n from marts.fct_rejected_rows")
    assert found["n"] == sum(dirty.bucket == "rejected" for dirty in DIRTY.values())


@pytest.mark.parametrize("dirty", [pytest.param(d, id=n) for n, d in DIRTY.items() if d.bucket == "superseded"])
def test_a_repeated_row_is_superseded(published, dirty):
    found = rows(
        published,
        f"select rule, count_rows from marts.agg_set_aside_rows where source_file = '{dirty.file}' "
        "and bucket = 'superseded'",
    )
    assert [tuple(row.values()) for row in found] == [(dirty.rule, 1)]


def test_the_newest_version_of_an_account_stands(published):
    (found,) = rows(published, "select name from marts.dim_accounts where account_id = 'A-01'")
    assert found["name"] == "Customer A-01"


@pytest.mark.parametrize("flag", FLAGGED)
def test_a_row_that_fits_nowhere_is_kept_and_counted(published, flag):
    (found,) = rows(published, f"select count_rows from marts.agg_quality_flags where flag = '{flag}'")
    assert found["count_rows"] == 1


def test_rows_of_every_file_add_up(published):
    found = {row["source_file"]: row for row in rows(published, "from marts.agg_row_accounting")}
    lines_per_row = {"projects.csv": 2}
    files = tiny_files()
    assert set(found) == set(files)
    for name, lines in files.items():
        row, dirty = found[name], [d for d in DIRTY.values() if d.file == name]
        assert row["count_read"] == (len(lines) - 1) * lines_per_row.get(name, 1)
        for bucket in ("rejected", "superseded"):
            assert row[f"count_{bucket}"] == sum(d.bucket == bucket for d in dirty)
        assert row["count_empty"] == (name == "answers.csv")
        assert row["count_excluded"] == 0
        assert row["count_accepted"] == row["count_read"] - len(dirty) - row["count_empty"]


def test_a_wide_row_gives_each_of_its_lines_once(published):
    (february,) = rows(published, "from marts.agg_revenue_reconciliation where month = date '2024-02-01'")
    assert february["revenue_amount"] == Decimal("40.10") + Decimal("2.02") + Decimal("30.30") + Decimal("3.03")


def test_a_file_that_no_source_reads_is_named(tiny_run, published):
    assert f"{UNREAD}: no source of sources.yml reads this file" in tiny_run.ended.err
    assert document(published, "manifest.json")["files_unread"] == [UNREAD]


def test_an_absent_optional_table_is_said_to_be_absent(published):
    absent = document(published, "figures.json")["absent"]
    page = (published / "report.html").read_text(encoding="utf-8")
    for text in ("wallet share: no brand ratings supplied", "response rates: no invitations supplied"):
        assert text in absent
        assert text in page
    assert document(published, "manifest.json")["sources_absent"] == ["brands"]
    assert not any(text.startswith("recurring revenue") for text in absent)


def test_marts_of_absent_tables_are_empty_and_typed(published):
    assert rows(published, "from marts.fct_wallet_share") == []
    types = {
        row["column_name"]: row["data_type"]
        for row in rows(
            published,
            "select column_name, data_type from information_schema.columns where table_name = 'fct_wallet_share' "
            "and table_catalog = 'published'",
        )
    }
    assert types["war_share"] == "DOUBLE"
    assert types["is_us"] == "BOOLEAN"
    assert pq.read_table(published / "marts/fct_wallet_share.parquet").num_rows == 0


@pytest.fixture(scope="module")
def later_months(tiny_run, published):
    """The account-months, and the late answers, once a later answer and an exit survey have come in."""
    warehouse = PlainWarehouse(tiny_run.home.settings.home)
    warehouse.copy_sources()
    for line in LATER_ANSWERS:
        response, account, score, answered, *_ = line.split(",")
        warehouse.execute(
            "insert into run.raw.survey_responses select * replace "
            f"('{response}' as response_id, '{account}' as account_id, '{score}' as score, "
            f"'{answered}' as responded_at, 100000 + _source_row as _source_row) "
            "from run.raw.survey_responses where response_id = 'R-01-0' limit 1"
        )
    warehouse.run()
    late = warehouse.rows(
        "select response_id, is_after_churn from run.marts.fct_survey_responses "
        "where starts_with(response_id, 'L-') order by all"
    )
    return warehouse.rows("from run.marts.fct_account_months order by all"), [tuple(row.values()) for row in late]


def test_a_later_answer_leaves_earlier_months_as_they_were(published, later_months):
    before, after = rows(published, "from marts.fct_account_months order by all"), later_months[0]
    answered = date(2024, 4, 15)
    assert [row for row in after if row["month"] <= answered] == [row for row in before if row["month"] <= answered]
    # The months that may know it do change, and only those of its account.
    changed = {(row["account_id"], row["month"]) for row in after if row not in before}
    assert changed == {("A-01", date(2024, 5, 1))}


def test_an_exit_survey_is_kept_flagged_and_changes_no_month(published, later_months):
    months, late = later_months
    assert late == [("L-1", False), ("L-2", True)]
    gone = [row for row in months if row["account_id"] == "A-03"]
    assert gone == [
        row for row in rows(published, "from marts.fct_account_months order by all") if row["account_id"] == "A-03"
    ]
    assert max(row["month"] for row in gone) == date(2023, 9, 1)


# Ninety of them take dbt half a minute: `make validate`, and CI.
@pytest.mark.validate
def test_dbt_unit_tests_hold(tiny_run, published):
    with tiny_run.home.environment():
        settings = tiny_run.home.settings
        settings.apply_to_process()
        results = run_unit_tests(settings)
    assert len(results) >= 7
    assert [f"{result.name}: {result.message}" for result in results if result.status != "pass"] == []


@pytest.mark.validate
def test_zero_churn_says_that_nothing_can_be_estimated(tiny_run, published, tmp_path):
    home = with_parsed_dbt(write_tiny_company(tmp_path), tiny_run.home)
    write_lines(home.inbox / "churn.csv", ["id,account,left_on,kind"])
    ended = home.command("run")
    assert ended.code == 0, ended.err + home.last_error()
    figures = document(home.latest, "figures.json")
    assert figures["headline"]["verdict"] == "FAIL"
    assert figures["headline"]["claim"] == "none"
    assert figures["headline"]["sentence"] in ended.out
    assert "stated causes of churn: no churn events supplied" in figures["absent"]
    levels = {check["id"]: check["level"] for check in figures["checks"]}
    assert levels["estimable"] == "FAIL"
    (counted,) = rows(home.latest, "select count(*) as n from marts.fct_account_months where is_churned")
    assert counted["n"] == 0
