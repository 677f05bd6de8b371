"""The league's rows as the warehouse gives them: known before the date, left after it, and no hint who stayed."""

from __future__ import annotations

import duckdb
import pytest

from orchestration.studies.league_queries import HORIZON_MONTHS, queries
from tests.unit.test_measures_queries import declared_tables, insert
from tests.unit.test_programme_queries import months

NUMBER = 12 * 2024 + 7
SPAN_COLUMNS = "account_id varchar, metric_id varchar, score double, visible_from date, hidden_from date"


@pytest.fixture
def warehouse():
    """Marts, all empty, history from 2023-01 to 2024-12: dates in July 2023, January and July 2024."""
    connection = duckdb.connect()
    for schema in ("marts", "control", "intermediate"):
        connection.execute(f"create schema {schema}")
    tables = declared_tables()
    for name in ("marts.fct_account_months", "marts.fct_feedback_states", "marts.fct_wallet_share", "control.metrics"):
        typed = ", ".join(f'"{column}" {data_type}' for column, data_type in tables[name].items())
        connection.execute(f"create table {name} ({typed})")
    connection.execute(
        "create table intermediate.int_calendar__as_of as select date '2023-01-01' as first_month, "
        "date '2024-12-01' as as_of_month, date '2025-01-01' as next_month"
    )
    connection.execute(f"create table intermediate.int_feedback__answer_spans ({SPAN_COLUMNS})")
    connection.execute("create table intermediate.int_renewals__months (account_id varchar, month date)")
    insert(connection, "control.metrics", metric_id="nps", unfavourable_max=6, favourable_min=9)
    yield connection
    connection.close()


def read(connection, name, voluntary_only=True):
    found = queries(voluntary_only=voluntary_only, headline_lag=3, lags=(1, 3), renewal_months=12)
    return connection.execute(found[name]).df().set_index("row_id")


def account(connection, name, count=24, **further):
    months(connection, name, (2023, 1), count, **further)
    connection.execute("update marts.fct_account_months set account_group = 1, control_key = '', tenure_step = 't000'")


def span(connection, name, visible, hidden, score):
    insert(
        connection,
        "intermediate.int_feedback__answer_spans",
        account_id=name,
        metric_id="nps",
        score=score,
        visible_from=visible,
        hidden_from=hidden,
    )


def test_windows_follow_one_another_up_to_as_of_and_leave_history_before_them(warehouse):
    account(warehouse, "a")
    rows = read(warehouse, "retention")
    assert list(rows.index) == ["a 2023-07", "a 2024-01", "a 2024-07"]
    assert list(rows["month"].diff().dropna()) == [HORIZON_MONTHS] * 2
    assert rows["known_month"].max() == 12 * 2025 + 1
    assert not rows["target"].any()


@pytest.mark.parametrize(
    ("departure", "voluntary_only", "gone"),
    [
        ((18, "2024-06-30", "voluntary"), True, [False, True]),
        ((19, "2024-07-01", "voluntary"), True, [False, False, True]),
        ((18, "2024-06-30", "involuntary"), True, [False, False]),
        ((18, "2024-06-30", "involuntary"), False, [False, True]),
    ],
)
def test_a_departure_counts_in_its_own_window_only(warehouse, departure, voluntary_only, gone):
    count, left, kind = departure
    account(warehouse, "a", count, left=left, kind=kind)
    assert list(read(warehouse, "retention", voluntary_only)["target"]) == gone


def test_only_answers_visible_then_are_known_and_the_lag_looks_further_back(warehouse):
    account(warehouse, "a")
    span(warehouse, "a", "2024-06-01", "2024-12-01", 10)
    span(warehouse, "a", "2023-06-01", "2024-06-01", 4)
    span(warehouse, "a", "2024-08-01", "2025-06-01", 0)
    known = read(warehouse, "retention_answers").loc["a 2024-07"].set_index("lag")
    assert known.loc[1, ["mean_score", "high_share", "low_share"]].tolist() == [10, 1, 0]
    assert known.loc[3, ["mean_score", "high_share", "low_share"]].tolist() == [4, 0, 1]


def test_people_of_an_account_are_averaged_and_classed_one_by_one(warehouse):
    account(warehouse, "a")
    for score in (10, 9, 8, 0):
        span(warehouse, "a", "2024-01-01", "2024-12-01", score)
    known = read(warehouse, "retention_answers").loc["a 2024-07"].set_index("lag").loc[1]
    assert known[["mean_score", "high_share", "low_share"]].tolist() == [6.75, 0.5, 0.25]


def test_a_renewal_is_near_by_what_lies_behind_not_by_what_lies_ahead(warehouse):
    account(warehouse, "stays")
    account(warehouse, "leaves", 20, left="2024-08-15")
    for name in ("stays", "leaves"):
        insert(warehouse, "intermediate.int_renewals__months", account_id=name, month="2023-09-01")
    # A leaver's later renewals vanish from its contracts.
    insert(warehouse, "intermediate.int_renewals__months", account_id="stays", month="2024-09-01")
    rows = read(warehouse, "retention")
    near = {name: rows.loc[f"{name} 2024-07", "is_renewal_near"] for name in ("stays", "leaves")}
    assert near == {"stays": True, "leaves": True}
    assert not rows.loc["stays 2024-01", "is_renewal_near"]
    # Before the first renewal the anniversary of the start stands in: January, half a year after July.
    assert not rows.loc["stays 2023-07", "is_renewal_near"] and rows.loc["leaves 2024-01", "is_renewal_near"] == 0


def test_heard_means_an_answer_of_any_metric_at_the_headline_lag(warehouse):
    account(warehouse, "a")
    insert(warehouse, "marts.fct_feedback_states", account_id="a", month="2024-05-01", metric_id="csat")
    rows = read(warehouse, "retention")
    assert rows["is_heard"].to_dict() == {"a 2023-07": False, "a 2024-01": False, "a 2024-07": True}


def test_shares_are_foretold_by_ranks_given_before(warehouse):
    account(warehouse, "a")
    given = {"account_id": "a", "is_us": True, "is_matched": True, "is_known": True, "count_brands": 2}
    for response, day, rank, share in (("r1", "2024-03-10", 0.3, 0.2), ("r2", "2024-07-20", 0.9, 0.8)):
        insert(
            warehouse,
            "marts.fct_wallet_share",
            **given,
            response_id=response,
            responded_at=day,
            war_share=rank,
            spend_share=share,
        )
    rows = read(warehouse, "share")
    assert rows["target"].to_dict() == {"r1 a": 0.2, "r2 a": 0.8}
    assert rows.loc["r2 a", "month"] == NUMBER and rows.loc["r2 a", "known_month"] == NUMBER + 1
    answers = read(warehouse, "share_answers")
    assert answers.loc["r2 a"].groupby("lag")["mean_score"].first().to_dict() == {1: 0.3, 3: 0.3}
    assert "r1 a" not in answers.index
