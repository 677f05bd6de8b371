"""What the warehouse must not depend on: the order of rows, repeated rows, the letters of an id."""

from __future__ import annotations

import pytest

from tests.integration.plain_warehouse import PlainWarehouse

# Where a row came from, and counts of rows: these may follow the files.
PROVENANCE = ("source_row", "source_file", "file_sha256")
COUNTING_ROWS = {"agg_row_accounting", "agg_set_aside_rows", "fct_rejected_rows"}


@pytest.fixture(scope="module")
def warehouse(demo_run):
    assert demo_run.ended.code == 0, demo_run.ended.err
    return PlainWarehouse(demo_run.home.settings.home)


@pytest.fixture(scope="module")
def marts(warehouse):
    """The marts of the demo as it came, by name."""
    warehouse.copy_sources()
    return built(warehouse)


def built(warehouse):
    """Rows of every mart, sorted, without provenance."""
    warehouse.run()
    found = {}
    for name in warehouse.names("marts"):
        kept = ", ".join(column for column in warehouse.columns(f"marts.{name}") if column not in PROVENANCE)
        found[name] = warehouse.rows(f"select {kept} from run.marts.{name} order by all")
    return found


def differing(here, there, *, apart=frozenset()):
    assert set(here) == set(there)
    return sorted(name for name in here if name not in apart and here[name] != there[name])


def test_the_order_of_rows_changes_nothing(warehouse, marts):
    warehouse.copy_sources()
    for name in warehouse.names("raw"):
        warehouse.execute(f"create or replace temp table shuffled as from run.raw.{name}")
        warehouse.execute(f"delete from run.raw.{name}")
        # Positions turned round as well: a tie must not be broken by where a row stood.
        warehouse.execute(
            f"insert into run.raw.{name} select * replace (1000000 - _source_row as _source_row) from shuffled "
            "order by md5(cast(_source_row as varchar))"
        )
    assert differing(marts, built(warehouse)) == []


@pytest.mark.validate
def test_repeated_rows_are_set_aside_and_change_nothing_else(warehouse, marts):
    warehouse.copy_sources()
    for name in warehouse.names("raw"):
        warehouse.execute(f"create or replace temp table repeated as from run.raw.{name}")
        warehouse.execute(
            f"insert into run.raw.{name} select * replace (_source_row + 1000000 as _source_row) from repeated"
        )
    repeated = built(warehouse)
    assert differing(marts, repeated, apart=COUNTING_ROWS) == []
    before, after = (sum(row["count_superseded"] for row in found["agg_row_accounting"]) for found in (marts, repeated))
    accepted = sum(row["count_accepted"] for row in marts["agg_row_accounting"])
    assert after - before >= accepted > 10_000


@pytest.mark.validate
def test_the_letters_of_an_id_change_no_figure(warehouse, marts):
    warehouse.copy_sources()
    for name in warehouse.names("raw"):
        for column in ("account_id", "parent_account_id", "merged_into"):
            if column in warehouse.columns(f"raw.{name}"):
                warehouse.execute(
                    f"update run.raw.{name} set {column} = 'x' || reverse({column}) where trim({column}) <> ''"
                )
    renamed = built(warehouse)
    for name in ("agg_metric_scores", "agg_revenue_reconciliation", "agg_quality_flags", "agg_control_levels"):
        assert renamed[name] == marts[name], name
    months = warehouse.rows(
        "select * exclude (account_group) replace (reverse(account_id[2:]) as account_id) "
        "from run.marts.fct_account_months order by all"
    )
    kept = [{key: value for key, value in row.items() if key != "account_group"} for row in marts["fct_account_months"]]
    assert months == kept
