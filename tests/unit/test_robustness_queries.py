"""The card's queries on a few rows: scores made anew from answers, a leak found, answers on both sides of a month."""

from __future__ import annotations

import duckdb
import pytest

from orchestration.studies import robustness
from tests.unit.test_measures_queries import declared_tables, insert

FRESH, STALE = 183, 365


@pytest.fixture
def warehouse():
    connection = duckdb.connect()
    connection.execute("create schema marts")
    tables = declared_tables()
    for name in ("fct_account_months", "fct_survey_responses", "fct_mrr_movements", "dim_accounts"):
        typed = ", ".join(f'"{column}" {kind}' for column, kind in tables[f"marts.{name}"].items())
        connection.execute(f"create table marts.{name} ({typed})")
    yield connection
    connection.close()


def month(connection, number, score, state, **further):
    values = {"account_id": "a", "account_group": 7, "month": f"2024-{number:02d}-01"} | further
    insert(connection, "marts.fct_account_months", score=score, score_state=state, **values)


def answer(connection, person, known_at, score, **further):
    given = {"audience": "customer", "metric_id": "nps", "is_matched": True, "is_current_version": True}
    given |= {"account_id": "a", "contact_key": person, "responded_at": known_at, "is_after_churn": False}
    insert(connection, "marts.fct_survey_responses", known_at=known_at, oriented_score=score, **(given | further))


def audit(connection):
    return connection.execute(robustness.AUDIT, ["nps", STALE, FRESH]).df().iloc[0].to_dict()


@pytest.fixture
def sound(warehouse):
    """Two people; the second answers again in April; before the first answer the account is silent."""
    answer(warehouse, "p", "2024-01-10 09:00:00", 9)
    answer(warehouse, "q", "2024-02-10 09:00:00", 4)
    answer(warehouse, "q", "2024-04-30 23:59:59", 7)
    answer(warehouse, "q", "2024-03-01 10:00:00", 1, metric_id="csat")
    answer(warehouse, "q", "2024-03-01 10:00:00", 1, is_current_version=False)
    month(warehouse, 1, None, "silent")
    month(warehouse, 2, 9, "fresh")
    month(warehouse, 3, 6.5, "fresh")
    month(warehouse, 4, 6.5, "fresh")
    month(warehouse, 5, 8, "fresh")
    return warehouse


def test_scores_made_anew_are_the_same(sound):
    assert audit(sound) == {"count_checked": 5, "count_different": 0}


def test_ages_decide_on_state_and_silence(sound):
    month(sound, 12, 8, "stale", month="2024-12-01")
    month(sound, 12, 7, "stale", month="2025-02-01")
    month(sound, 12, None, "silent", month="2025-06-01")
    assert audit(sound) == {"count_checked": 8, "count_different": 0}


@pytest.mark.parametrize(
    "leak",
    [
        "update marts.fct_account_months set score = 8 where month = date '2024-04-01'",
        "update marts.fct_account_months set score = 9, score_state = 'fresh' where month = date '2024-01-01'",
        "update marts.fct_account_months set score_state = 'stale' where month = date '2024-03-01'",
        "update marts.fct_account_months set score = null, score_state = 'silent' where month = date '2024-05-01'",
    ],
    ids=["next answer", "before the first answer", "wrong age", "answer lost"],
)
def test_a_score_that_knows_another_answer_is_found(sound, leak):
    sound.execute(leak)
    assert audit(sound)["count_different"] == 1


def test_answers_recorded_later_and_after_leaving_are_counted(sound):
    answer(sound, "r", "2024-06-03 08:00:00", 3, responded_at="2024-06-01 08:00:00", is_after_churn=True)
    answer(sound, "r", "2024-06-01 09:00:00", 3, responded_at="2024-06-01 08:00:00")
    found = sound.execute(robustness.ANSWERS, ["nps"]).df().iloc[0].to_dict()
    assert found == {"count_answers": 5, "count_late": 1, "count_after_churn": 1}


def test_both_sides_of_a_month_are_mirrored(warehouse):
    for number in range(1, 13):
        month(warehouse, number, None, "silent")
    # Around June: March and April before it, August after it; May and July are too near.
    for text, score in (("03", 2), ("04", 4), ("05", 10), ("07", 10), ("08", 9)):
        answer(warehouse, "p", f"2024-{text}-15 12:00:00", score)
    insert(warehouse, "marts.fct_mrr_movements", account_id="a", month="2024-06-01", movement="contraction")
    warehouse.execute("delete from marts.fct_account_months where month not between '2024-03-01' and '2024-09-01'")
    rows = warehouse.execute(robustness.LEAD, ["nps", 0.5]).df()
    june = rows[rows["count_contracted"] == 1].set_index("side")
    assert june["score_sum"].astype(float).to_dict() == {"before": 3.0, "after": 9.0}
    assert june["score_bin"].to_dict() == {"before": "6", "after": "18"} and set(june["account_group"]) == {7}


def test_silent_share_is_of_revenue(warehouse):
    for name, amount, state, active in (
        ("a", 90, "fresh", True),
        ("b", 10, "silent", True),
        ("c", 500, "silent", False),
    ):
        insert(warehouse, "marts.dim_accounts", account_id=name, mrr_amount=amount, score_state=state, is_active=active)
    assert float(warehouse.execute(robustness.SILENT_REVENUE).fetchone()[0]) == pytest.approx(0.1)
