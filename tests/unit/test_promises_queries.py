"""What the study of promises reads: only what was over at as-of, the whole company, the question as it is now."""

from __future__ import annotations

import duckdb
import pytest

from orchestration.studies.promises import BRIDGE, COSTS, INVITATIONS, SCORES
from roi_models.case.promises_study import promises_study
from roi_models.case.realised import PromiseFrames
from tests.unit.promise_data import RULES, promises
from tests.unit.test_measures_queries import declared_tables, insert

MARTS = ("agg_programme_costs", "agg_mrr_bridge", "agg_response_rates", "agg_metric_scores")


@pytest.fixture
def warehouse():
    """The marts that the study reads, empty, at as-of 2024-11."""
    connection = duckdb.connect()
    for schema in ("marts", "intermediate"):
        connection.execute(f"create schema {schema}")
    for name in MARTS:
        typed = ", ".join(f'"{column}" {kind}' for column, kind in declared_tables()[f"marts.{name}"].items())
        connection.execute(f"create table marts.{name} ({typed})")
    connection.execute(
        "create table intermediate.int_calendar__as_of as "
        "select date '2024-11-01' as as_of_month, date '2024-12-01' as next_month"
    )
    yield connection
    connection.close()


def read(connection, query, parameters=()):
    return connection.execute(query, parameters).df()


def cost(connection, month, category, amount, **given):
    usual = {"count_lines": 1, "count_unconverted": 0, "is_over": True}
    insert(connection, "marts.agg_programme_costs", month=month, category=category, amount=amount, **(usual | given))


def score(connection, quarter, value, **given):
    usual = {
        "metric_id": "nps", "audience": "customer", "is_current_version": True, "period_kind": "quarter",
        "slice_name": "total", "count_answers": 100, "headline_standard_error": 3,
    }  # fmt: skip
    insert(connection, "marts.agg_metric_scores", period_date=quarter, headline_score=value, **(usual | given))


def test_costs_are_summed_over_cost_lines_and_nothing_booked_ahead_is_spent(warehouse):
    cost(warehouse, "2024-11-01", "team", "0.10", count_lines=2, count_unconverted=1)
    cost(warehouse, "2024-11-01", "platform", "0.20")
    cost(warehouse, "2024-10-01", "team", "5")
    cost(warehouse, "2024-12-01", "team", "99", is_over=False)
    assert read(warehouse, COSTS).to_numpy().tolist() == [["2024-10", 5.0, 1, 0], ["2024-11", 0.3, 3, 1]]


def test_the_bridge_is_that_of_the_whole_company(warehouse):
    for slice_name, amount in (("total", 1000), ("segment", 400)):
        for month in ("2024-02-01", "2024-01-01"):
            insert(
                warehouse, "marts.agg_mrr_bridge", month=month, slice_name=slice_name, opening_amount=amount,
                expansion_amount=15, contraction_amount=10, churn_amount=20, carried_amount=0,
            )  # fmt: skip
    found = read(warehouse, BRIDGE)
    assert found["month"].tolist() == ["2024-01", "2024-02"]
    assert found.iloc[0].tolist()[1:] == [1000, 15, 10, 20, 0]


def test_invitations_are_counted_by_month_up_to_as_of(warehouse):
    for period, slice_name, invited in (
        ("all", "total", 999),
        ("2024-11-01", "total", 50),
        ("2024-10-01", "total", 40),
        ("2024-12-01", "total", 30),
        ("2024-11-01", "survey", 20),
    ):
        insert(
            warehouse, "marts.agg_response_rates", period=period, slice_name=slice_name, survey="all", channel="all",
            count_invited=invited, count_answered=10,
        )  # fmt: skip
    assert read(warehouse, INVITATIONS).to_numpy().tolist() == [["2024-10", 40, 10], ["2024-11", 50, 10]]


def test_scores_are_those_of_quarters_over_at_as_of(warehouse):
    score(warehouse, "2024-07-01", 40)
    score(warehouse, "2024-10-01", 99)
    score(warehouse, "2024-04-01", None, count_answers=12, headline_standard_error=None)
    for other in (
        {"metric_id": "csat"},
        {"audience": "employee"},
        {"is_current_version": False},
        {"period_kind": "month"},
        {"slice_name": "segment"},
    ):
        score(warehouse, "2024-01-01", 7, **other)
    found = read(warehouse, SCORES, ["nps"])
    assert found["quarter"].tolist() == ["2024-04", "2024-07"]
    assert found["count_answers"].tolist() == [12, 100]
    assert found["score"].isna().tolist() == found["std_error"].isna().tolist() == [True, False]
    assert found["score"].iloc[1] == 40
    warehouse.execute("update intermediate.int_calendar__as_of set next_month = date '2025-01-01'")
    assert read(warehouse, SCORES, ["nps"])["quarter"].tolist()[-1] == "2024-10"


def test_from_empty_marts_nothing_is_known_and_that_is_said(warehouse):
    read_frames = PromiseFrames(
        costs=read(warehouse, COSTS),
        bridge=read(warehouse, BRIDGE),
        invitations=read(warehouse, INVITATIONS),
        scores=read(warehouse, SCORES, ["nps"]),
        as_of="2024-11",
    )
    rows = promises(
        *(
            (measure, "2023-01", "2023-12", 1)
            for measure in ("programme_cost", "net_nps_points", "net_revenue_retention_pct", "response_rate_pct")
        )
    )
    study = promises_study(rows, read_frames, RULES, assumed_annual_cost=100)
    assert study.tables[0].frame["judgement"].tolist() == ["not known"] * 4
    assert study.checks == ()
