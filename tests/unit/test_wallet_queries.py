"""What the wallet studies read: answers with the score known before them, accounts a year on, from small marts."""

from __future__ import annotations

import duckdb
import pytest

from orchestration.studies.brand_answers import ANSWERS, VALUES
from orchestration.studies.stayers import LANDMARKS
from roi_models.wallets.brand_answers import ANSWER_COLUMNS
from roi_models.wallets.customer_value import customer_value_study
from roi_models.wallets.share_study import share_study
from tests.unit.test_measures_queries import declared_tables, insert


@pytest.fixture
def warehouse():
    """Marts, all empty, at as-of 2024-12."""
    connection = duckdb.connect()
    for schema in ("marts", "control", "intermediate"):
        connection.execute(f"create schema {schema}")
    tables = declared_tables()
    for name in ("fct_wallet_share", "fct_feedback_states", "fct_account_months"):
        typed = ", ".join(f'"{column}" {data_type}' for column, data_type in tables[f"marts.{name}"].items())
        connection.execute(f"create table marts.{name} ({typed})")
    connection.execute("create table intermediate.int_wallet__ratings as from marts.fct_wallet_share")
    connection.execute("create table intermediate.int_calendar__as_of as select date '2024-12-01' as as_of_month")
    connection.execute("create table control.run_parameters as select 'nps' as primary_metric")
    yield connection
    connection.close()


def rating(connection, response, *, brand="Us", table="marts.fct_wallet_share", **further):
    given = {
        "response_id": response, "account_id": "A", "brand": brand, "is_us": brand.startswith("Us"),
        "is_matched": True, "is_known": True, "count_brands": 2, "war_share": 0.5, "spend_share": 0.4,
        "perceived_value": 8, "responded_at": "2024-05-20 10:00:00", "period_start_date": "2024-04-01",
    }  # fmt: skip
    insert(connection, table, **(given | further))


def state(connection, month, score, *, account="A", metric="nps"):
    insert(
        connection,
        "marts.fct_feedback_states",
        account_id=account,
        month=month,
        metric_id=metric,
        score=score,
        score_state="fresh",
    )


def account_month(connection, month, mrr, *, account="A", kind=None):
    insert(
        connection,
        "marts.fct_account_months",
        account_id=account,
        month=month,
        mrr_amount=mrr,
        control_key="segment=SMB",
        tenure_step="t012",
        churn_kind=kind,
    )


def rows(connection, query, parameters=()):
    return connection.execute(query, parameters).df().set_index(["account_id"])


def test_empty_marts_give_absent_studies(warehouse):
    answers = warehouse.execute(ANSWERS).df()
    assert set(answers.columns) == set(ANSWER_COLUMNS)
    assert "no brand ratings" in share_study(answers, metric="NPS").sentences[0]
    study = customer_value_study(warehouse.execute(VALUES).df(), minimum_ratings=30)
    assert "no perceived values" in study.sentences[0]
    assert warehouse.execute(LANDMARKS, [3]).df().empty


def test_an_answer_has_the_score_known_before_its_month_and_no_later_one(warehouse):
    rating(warehouse, "R1")
    rating(warehouse, "R1", brand="Them", perceived_value=6, spend_share=0.6)
    rating(warehouse, "R1", brand="Others", perceived_value=5, spend_share=0)
    state(warehouse, "2024-04-01", 6)
    state(warehouse, "2024-05-01", 7)
    state(warehouse, "2024-06-01", 1)
    state(warehouse, "2024-05-01", 2, metric="csat")
    (found,) = warehouse.execute(ANSWERS).df().to_dict("records")
    assert (found["score"], found["share"], found["own_value"], found["competitor_value"]) == (7, 0.4, 8, 5.5)


def test_answers_without_us_an_account_or_from_after_as_of_take_no_part(warehouse):
    rating(warehouse, "not us", brand="Them")
    rating(warehouse, "unknown account", is_matched=False)
    rating(warehouse, "later", is_known=False)
    rating(warehouse, "two of ours", spend_share=0.3)
    rating(warehouse, "two of ours", brand="Us too", spend_share=0.2)
    rating(warehouse, "undated", responded_at=None, period_start_date=None)
    found = warehouse.execute(ANSWERS).df().set_index("response_id")
    assert set(found.index) == {"two of ours", "undated"}
    assert found.loc["two of ours", "share"] == pytest.approx(0.5)


def test_values_are_summed_by_account_also_of_accounts_that_are_unknown(warehouse):
    table = "intermediate.int_wallet__ratings"
    rating(warehouse, "R1", table=table)
    rating(warehouse, "R2", table=table, perceived_value=6)
    rating(warehouse, "R3", table=table, account_id=None, is_matched=False, brand="Them", period_start_date=None)
    rating(warehouse, "R4", table=table, is_known=False)
    rating(warehouse, "R5", table=table, perceived_value=None)
    found = warehouse.execute(VALUES).df()
    assert found[["cluster", "year", "is_us", "value_sum", "count_ratings"]].values.tolist() == [
        ["account A", "2024", True, 14.0, 2],
        ["response R3", "", False, 8.0, 1],
    ]


def test_landmarks_are_whole_years_before_as_of_with_the_score_of_the_lag(warehouse):
    for month, mrr in (("2022-12-01", 100), ("2023-12-01", 110), ("2024-12-01", 120)):
        account_month(warehouse, month, mrr)
    for month, score in (("2022-10-01", 5), ("2022-12-01", 6), ("2023-10-01", 7), ("2023-11-01", 8)):
        state(warehouse, month, score)
    found = warehouse.execute(LANDMARKS, [3]).df().set_index("landmark")
    assert found["mrr_before"].to_dict() == {"2022-12": 100, "2023-12": 110}
    assert found["mrr_after"].to_dict() == {"2022-12": 110, "2023-12": 120}
    assert found["score"].to_dict() == {"2022-12": 5, "2023-12": 7}
    assert warehouse.execute(LANDMARKS, [2]).df()["score"].fillna(0).tolist() == [0, 8]


def test_who_left_within_the_year_has_left_whatever_came_later(warehouse):
    account_month(warehouse, "2023-12-01", 100)
    account_month(warehouse, "2024-03-01", 100, kind="voluntary")
    account_month(warehouse, "2023-12-01", 100, account="back")
    account_month(warehouse, "2024-03-01", 100, account="back", kind="involuntary")
    account_month(warehouse, "2024-12-01", 50, account="back")
    # Leaves in the month that the year ends with: it was still there when the year was over.
    account_month(warehouse, "2023-12-01", 100, account="later")
    account_month(warehouse, "2024-12-01", 100, account="later", kind="voluntary")
    account_month(warehouse, "2024-05-01", 100, account="joined after")
    found = rows(warehouse, LANDMARKS, [3])
    assert found["is_left"].to_dict() == {"A": True, "back": True, "later": False}
    assert found["mrr_after"].fillna(0).to_dict() == {"A": 0, "back": 50, "later": 100}
    assert set(found["score_state"]) == {"silent"}
