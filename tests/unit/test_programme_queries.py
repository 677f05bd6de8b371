"""First cases as the warehouse gives them: only what was known before, only outcomes from after, each account once."""

from __future__ import annotations

import duckdb
import pandas as pd
import pytest

from orchestration.programme import queries
from roi_models.programmes.programme_results import CASE_COLUMNS, PANEL_COLUMNS, Windows
from tests.unit.test_measures_queries import declared_tables, insert

WINDOWS = Windows(score_months=6, departure_months=12)


@pytest.fixture
def warehouse():
    """Marts, all empty, at as-of 2024-12."""
    connection = duckdb.connect()
    for schema in ("marts", "control", "intermediate"):
        connection.execute(f"create schema {schema}")
    tables = declared_tables()
    for name in (
        "marts.fct_follow_ups",
        "marts.fct_account_months",
        "marts.fct_survey_responses",
        "control.run_parameters",
    ):
        typed = ", ".join(f'"{column}" {data_type}' for column, data_type in tables[name].items())
        connection.execute(f"create table {name} ({typed})")
    connection.execute(
        "create table intermediate.int_calendar__as_of as "
        "select date '2024-12-01' as as_of_month, date '2025-01-01' as next_month"
    )
    insert(connection, "control.run_parameters", primary_metric="nps")
    yield connection
    connection.close()


def case(connection, account, opened_at, arm="treated", **further):
    found = {"loop_id": f"{account}{opened_at}", "subject": "low_answer", "metric_id": "nps", "score": 4}
    insert(
        connection,
        "marts.fct_follow_ups",
        **(found | {"follow_up_id": opened_at, "account_id": account, "opened_at": opened_at, "arm": arm} | further),
    )


def months(connection, account, first, count, *, left=None, kind="voluntary", mrr=100):
    """`count` months at risk from `first` on (year, month); in the last one the account leaves on day `left`."""
    for step in range(count):
        number = first[0] * 12 + first[1] - 1 + step
        month = f"{number // 12}-{number % 12 + 1:02d}-01"
        is_last = left is not None and step == count - 1
        insert(
            connection,
            "marts.fct_account_months",
            account_id=account,
            month=month,
            mrr_amount=mrr + step,
            tenure_months=step,
            score=7 if step else None,
            churn_date=left if is_last else None,
            churn_kind=kind if is_last else None,
        )


def answer(connection, account, responded_at, score, **further):
    given = {"audience": "customer", "metric_id": "nps", "is_current_version": True, "is_after_churn": False}
    insert(
        connection,
        "marts.fct_survey_responses",
        **(
            given
            | {"response_id": f"{account}{responded_at}", "account_id": account, "responded_at": responded_at}
            | {"known_at": responded_at, "oriented_score": score}
            | further
        ),
    )


def read(connection, name, *, voluntary_only=True):
    return connection.execute(queries(WINDOWS, voluntary_only=voluntary_only)[name]).df()


def test_empty_marts_give_empty_frames_with_the_agreed_columns(warehouse):
    for name, columns in (("cases", CASE_COLUMNS), ("panel", PANEL_COLUMNS)):
        frame = read(warehouse, name)
        assert set(frame.columns) == set(columns) and frame.empty
    assert read(warehouse, "rate")["accounts_per_year"].tolist() == [0]


def test_an_account_stands_once_in_the_arm_of_its_first_case(warehouse):
    months(warehouse, "a", (2023, 1), 24)
    case(warehouse, "a", "2023-05-10 09:00:00", "treated")
    case(warehouse, "a", "2023-03-10 09:00:00", "control", score=2)
    found = read(warehouse, "cases").iloc[0]
    assert not found["is_treated"] and found["is_mixed_arm"] and found["trigger_score"] == 2
    assert found["count_months_after"] == 21 and found["tenure_months"] == 2 and found["mrr_amount"] == 102
    assert found["mrr_after_amount"] == 114


def test_only_cases_of_customers_on_low_answers_to_the_primary_metric_with_an_arm(warehouse):
    for account in "abcdef":
        months(warehouse, account, (2023, 1), 24)
    months(warehouse, "gone", (2023, 1), 3, left="2023-03-10")
    opened = "2023-03-10 09:00:00"
    case(warehouse, "a", opened)
    case(warehouse, "b", opened, "none")
    case(warehouse, "c", opened, subject="other_answer")
    case(warehouse, "d", opened, metric_id="csat")
    case(warehouse, "e", opened, "control")
    case(warehouse, "gone", opened)
    case(warehouse, "stranger", opened)
    assert read(warehouse, "cases")["account_id"].tolist() == ["a", "e"]


def test_scores_count_from_the_month_after_the_case_to_the_end_of_the_window(warehouse):
    months(warehouse, "a", (2023, 1), 24)
    case(warehouse, "a", "2023-03-10 09:00:00")
    for responded_at, score in (
        ("2023-02-28 10:00:00", 1),
        ("2023-03-31 23:59:59", 2),
        ("2023-04-01 00:00:00", 8),
        ("2023-09-30 23:59:59", 10),
        ("2023-10-01 00:00:00", 0),
    ):
        answer(warehouse, "a", responded_at, score)
    answer(warehouse, "a", "2023-05-05 10:00:00", 0, metric_id="csat")
    answer(warehouse, "a", "2023-05-06 10:00:00", 0, audience="employee")
    answer(warehouse, "a", "2023-05-07 10:00:00", 0, is_after_churn=True)
    answer(warehouse, "a", "2023-05-08 10:00:00", 0, is_current_version=False)
    assert read(warehouse, "cases")["score_after"].tolist() == [9]


def test_the_panel_counts_quarters_from_the_month_of_the_case(warehouse):
    months(warehouse, "a", (2023, 1), 24)
    case(warehouse, "a", "2023-07-10 09:00:00")
    for month, score in (
        ("2023-03", 3),
        ("2023-04", 4),
        ("2023-06", 6),
        ("2023-07", 0),
        ("2023-08", 8),
        ("2023-11", 9),
    ):
        answer(warehouse, "a", f"{month}-15 10:00:00", score)
    panel = read(warehouse, "panel")
    assert panel[["quarter", "score"]].values.tolist() == [[-2, 3], [-1, 5], [1, 8], [2, 9]]


def test_departures_within_the_window_by_cause(warehouse):
    for account, count, left, kind in (
        ("at_once", 3, "2023-03-20", "voluntary"),
        ("in_time", 15, "2024-03-31", "voluntary"),
        ("later", 16, "2024-04-01", "voluntary"),
        ("other", 5, "2023-05-05", "involuntary"),
    ):
        months(warehouse, account, (2023, 1), count, left=left, kind=kind)
        case(warehouse, account, "2023-03-10 09:00:00")
    found = read(warehouse, "cases").set_index("account_id")
    assert found["is_departed"].to_dict() == {"at_once": True, "in_time": True, "later": False, "other": False}
    assert found.loc[["other", "in_time"], "is_departed_otherwise"].tolist() == [True, False]
    assert found.loc["at_once", "mrr_after_amount"] == 0 and found.loc["later", "mrr_after_amount"] == 114
    # Where causes are unknown every departure is the outcome, and none is left for a placebo.
    all_causes = read(warehouse, "cases", voluntary_only=False).set_index("account_id")
    assert all_causes.loc["other", "is_departed"] and not all_causes["is_departed_otherwise"].any()


def test_nothing_known_after_as_of_has_a_part(warehouse):
    months(warehouse, "a", (2024, 1), 12)
    case(warehouse, "a", "2024-09-10 09:00:00")
    answer(warehouse, "a", "2024-11-10 10:00:00", 9)
    before = read(warehouse, "cases")
    answer(warehouse, "a", "2025-01-01 10:00:00", 0)
    answer(warehouse, "a", "2024-12-30 10:00:00", 0, known_at="2025-01-02 10:00:00")
    assert read(warehouse, "cases").equals(before)
    assert before["score_after"].tolist() == [9] and before["prior_score"].notna().all()


def test_a_case_is_judged_by_the_state_before_it_and_never_by_a_later_one(warehouse):
    months(warehouse, "a", (2023, 3), 20)
    case(warehouse, "a", "2023-03-10 09:00:00")
    found = read(warehouse, "cases").iloc[0]
    assert pd.isna(found["prior_score"])
    assert found["tenure_months"] == 0


def test_the_rate_counts_accounts_of_the_last_year(warehouse):
    for account, opened in (("a", "2024-01-01 00:00:00"), ("a", "2024-06-01 00:00:00"), ("b", "2023-12-31 23:00:00")):
        case(warehouse, account, opened)
    case(warehouse, "c", "2024-06-01 00:00:00", "control")
    case(warehouse, "d", "2024-06-01 00:00:00", "none", follow_up_id=None)
    assert read(warehouse, "rate")["accounts_per_year"].tolist() == [2]
