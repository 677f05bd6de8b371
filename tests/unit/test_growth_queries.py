"""The growth study's queries: years are summed, one lag is read, and the observed year is the last known one."""

import duckdb
import pytest

from orchestration.studies.growth import BRIDGE, MOVEMENT_CELLS


@pytest.fixture
def connection():
    database = duckdb.connect()
    database.execute("create schema marts")
    return database


def test_only_the_last_twelve_months_with_a_known_close_are_read(connection):
    connection.execute(
        "create table marts.agg_mrr_bridge as select month, slice_name, 100.0 + n as opening_amount, 1.0 as "
        "expansion_amount, 2.0 as contraction_amount, 3.0 as churn_amount, "
        "case when n = 14 then 50.0 else 0.0 end as carried_amount "
        "from (select n, date '2023-01-01' + to_months(n) as month from range(15) as months(n)), "
        "(values ('total'), ('segment')) as slices(slice_name)"
    )
    rows = connection.execute(BRIDGE).fetchall()
    assert [opening for opening, *_ in rows] == [100 + n for n in range(13, 1, -1)]


def test_movement_cells_are_those_of_the_lag_summed_over_years(connection):
    connection.execute(
        "create table marts.agg_movement_cells as select year as calendar_quarter, lag, 7 as account_group, "
        "'fresh' as score_state, '14' as score_bin, 't000' as tenure_step, false as is_renewal, 'k' as control_key, "
        "10 as count_stayed, 2 as count_expanded, 1 as count_contracted, 75.0 as score_sum, 1000.0 as mrr_sum, "
        "200.0 as expanded_mrr_sum, 100.0 as contracted_mrr_sum, 30.0 as expansion_sum, 15.0 as contraction_sum "
        "from (values (2023), (2024)) as years(year), (values (1), (3)) as lags(lag)"
    )
    (row,) = connection.execute(MOVEMENT_CELLS, [3]).fetchall()
    assert row[:1] == (3,) and row[7:10] == (20, 4, 2)
    assert [float(value) for value in row[10:]] == [150, 2000, 400, 200, 60, 30]
