"""Queries of the studies of drivers and themes: what was known when, and whose answers take part."""

import duckdb
import pytest

from orchestration.studies import drivers, themes
from tests.unit.test_measures_queries import declared_tables, insert

MARTS = ("fct_survey_responses", "fct_attribute_ratings", "dim_accounts")


@pytest.fixture
def warehouse():
    """The marts that the studies read, at as-of 2024-11."""
    connection = duckdb.connect()
    for schema in ("marts", "control", "intermediate"):
        connection.execute(f"create schema {schema}")
    for name in (*(f"marts.{mart}" for mart in MARTS), "control.metrics"):
        typed = ", ".join(f'"{column}" {data_type}' for column, data_type in declared_tables()[name].items())
        connection.execute(f"create table {name} ({typed})")
    connection.execute(
        "create table intermediate.int_calendar__as_of as "
        "select date '2024-11-01' as as_of_month, date '2024-12-01' as next_month"
    )
    connection.execute(
        "create table intermediate.int_churn__events (account_id varchar, event_date date, kind varchar)"
    )
    insert(connection, "control.metrics", metric_id="nps", label="NPS")
    insert(connection, "control.metrics", metric_id="csat", label="Satisfaction")
    yield connection
    connection.close()


def answer(connection, response_id, **given):
    usual = {
        "metric_id": "nps", "account_id": "a", "audience": "customer", "is_matched": True, "is_after_churn": False,
        "is_current_version": True, "known_at": "2023-05-10 09:00:00", "oriented_score": 7, "comment": "slow",
        "survey_kind": "relationship",
    }  # fmt: skip
    insert(connection, "marts.fct_survey_responses", response_id=response_id, **(usual | given))


def rating(connection, response_id, **given):
    usual = {
        "attribute": "speed", "account_id": "a", "audience": "customer", "performance_pct": 40, "is_matched": True,
        "is_current": True,
    }  # fmt: skip
    insert(connection, "marts.fct_attribute_ratings", response_id=response_id, **(usual | given))


def leaves(connection, account_id, event_date, kind="voluntary"):
    insert(connection, "intermediate.int_churn__events", account_id=account_id, event_date=event_date, kind=kind)


def left_by(connection, *, voluntary_only=True):
    found = connection.execute(themes.COMMENTS, ["nps", voluntary_only]).fetchall()
    return {row[0]: row[-1] for row in found}


def test_leaving_counts_strictly_after_the_comment_and_within_its_year(warehouse):
    for number, event in enumerate(("2023-05-09", "2023-05-10", "2023-05-11", "2024-05-10", "2024-05-11"), start=1):
        answer(warehouse, f"r{number}", account_id=f"a{number}")
        leaves(warehouse, f"a{number}", event)
    answer(warehouse, "r6", account_id="stayed")
    assert left_by(warehouse) == {"r1": False, "r2": False, "r3": True, "r4": True, "r5": False, "r6": False}


def test_a_comment_whose_year_is_not_over_is_unknown_even_where_the_account_has_left(warehouse):
    answer(warehouse, "r1", known_at="2023-11-30 12:00:00")
    answer(warehouse, "r2", known_at="2023-12-01 12:00:00", account_id="b")
    leaves(warehouse, "b", "2024-01-01")
    assert left_by(warehouse) == {"r1": False, "r2": None}


def test_involuntary_departures_count_where_causes_are_unknown_and_two_departures_are_one_row(warehouse):
    answer(warehouse, "r1")
    leaves(warehouse, "a", "2023-06-01", "involuntary")
    leaves(warehouse, "a", "2023-09-01", "involuntary")
    assert left_by(warehouse) == {"r1": False}
    assert left_by(warehouse, voluntary_only=False) == {"r1": True}


@pytest.mark.parametrize(
    "given",
    [
        {"metric_id": "csat"},
        {"audience": "employee"},
        {"is_matched": False},
        {"is_after_churn": True},
        {"is_current_version": False},
        {"known_at": "2024-12-01 00:00:00"},
        {"comment": "  "},
        {"comment": None},
    ],
    ids=str,
)
def test_comments_of_others_and_blank_ones_take_no_part(warehouse, given):
    answer(warehouse, "r1", **given)
    assert left_by(warehouse) == {}


def test_ratings_stand_beside_the_primary_answer_of_the_same_response(warehouse):
    answer(warehouse, "r1", oriented_score=9)
    answer(warehouse, "r1", metric_id="csat", oriented_score=2)
    answer(warehouse, "r2", is_matched=False)
    answer(warehouse, "r3", is_after_churn=True)
    for response_id in ("r1", "r2", "r3", "ghost"):
        rating(warehouse, response_id)
    found = warehouse.execute(drivers.RATINGS, ["nps"]).fetchall()
    assert found == [("r1", "a", "speed", 40.0, 9.0)]


def test_an_account_rates_with_the_mean_of_its_people_today(warehouse):
    for account, is_active in (("a", True), ("gone", False)):
        insert(warehouse, "marts.dim_accounts", account_id=account, is_active=is_active, mrr_amount=500)
        rating(warehouse, f"{account}1", account_id=account, performance_pct=20)
    rating(warehouse, "r2", performance_pct=60)
    rating(warehouse, "r3", performance_pct=100, is_current=False)
    rating(warehouse, "r4", performance_pct=100, audience="employee")
    assert warehouse.execute(drivers.CURRENT_RATINGS).fetchall() == [("a", "speed", 40.0, 500.0)]


def test_touchpoint_answers_are_of_other_metrics_and_overall_ones_of_the_relationship(warehouse):
    answer(warehouse, "r1")
    answer(warehouse, "r2", survey_kind="touchpoint", touchpoint="exit")
    answer(warehouse, "r3", metric_id="csat", survey_kind="touchpoint", touchpoint="support")
    answer(warehouse, "r4", metric_id="csat", survey_kind="touchpoint", touchpoint="support", is_after_churn=True)
    answer(warehouse, "r5", metric_id="csat")

    def found(*parameters):
        return [row[0] for row in warehouse.execute(drivers.ANSWERS, list(parameters)).fetchall()]

    assert found("touchpoint", "nps", False) == ["r3"]
    assert found("relationship", "nps", True) == ["r1"]
