"""What must hold of scores for any answers and accounts: slices, "unknown" included, add up to the company."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.plain_warehouse import PlainWarehouse

FEW = settings(
    max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
COUNTS = ("count_answers", "count_high", "count_middle", "count_low")
MONTHS = [datetime(2024, month, 1).date() for month in range(1, 8)]
OF_ACCOUNTS = ("segment", "region", "product")
OF_ANSWERS = ("touchpoint", "journey_stage", "channel", "contact_role", "survey_kind", "incentive")
SLICES = {"total", *OF_ACCOUNTS, *OF_ANSWERS} - {"contact_role"} | {"role"}

maybe = st.one_of(st.none(), st.sampled_from(["one", "two"]))
accounts = st.fixed_dictionaries({"segment": maybe, "region": maybe, "product": maybe})
# What each account pays: the same in all months, or nothing, or a credit that exceeds it.
paid = st.one_of(st.none(), st.integers(-5_000, 5_000_000))
answers = st.lists(
    st.fixed_dictionaries(
        {
            # "d" has no row in the CRM: its answers belong to the total and to "unknown".
            "account_id": st.sampled_from(["a", "b", "c", "d", None]),
            "day": st.integers(0, 210),
            "score": st.integers(0, 10),
            # Equal answers of several people are several answers.
            "copies": st.integers(1, 2),
            **dict.fromkeys(OF_ANSWERS, maybe),
        }
    ),
    min_size=1,
    max_size=16,
)


@pytest.fixture(scope="module")
def warehouse(demo_run):
    assert demo_run.ended.code == 0, demo_run.ended.err
    warehouse = PlainWarehouse(demo_run.home.settings.home)
    metric = {"metric_id": "nps", "label": "NPS", "kind": "nps", "orientation": "higher_is_better", "knot": None}
    warehouse.fill("control.run_parameters", [{"reporting_currency": "EUR", "minimum_answers": 1}])
    warehouse.fill("control.metrics", [metric])
    warehouse.fill(
        "control.metric_versions",
        [{"metric_id": "nps", "version": "1", "scale_min": 0, "scale_max": 10, "is_current": True}],
    )
    return warehouse


@FEW
@given(
    answers=answers, accounts=st.lists(accounts, min_size=3, max_size=3), paid=st.lists(paid, min_size=4, max_size=4)
)
def test_scores_of_segments_sum_to_the_company(warehouse, answers, accounts, paid):
    weights = fill(warehouse, answers, accounts, dict(zip("abcd", paid, strict=True)))
    warehouse.run(["fct_survey_responses", "agg_metric_scores"])
    shown = defaultdict(dict)
    for row in warehouse.rows("from run.marts.agg_metric_scores"):
        shown[row["period_kind"], row["period"], row["slice_name"]][row["slice_value"]] = row
    periods = {key[:2] for key in shown}
    assert {name for kind, _, name in shown if kind == "all"} == SLICES
    for kind, period, name in shown:
        (total,) = shown[kind, period, "total"].values()
        assert_adds_up(list(shown[kind, period, name].values()), total)
    for kind, period in periods:
        assert_weights_add_up(shown, kind, period, weights)


def fill(warehouse, answers, accounts, paid):
    """The generated rows as the tables that the scores read; returns each answer with what it must weigh."""
    named = dict(zip("abc", accounts, strict=True))
    warehouse.fill(
        "stg_raw__accounts",
        [{"account_id": key, "segment": row["segment"], "region": row["region"]} for key, row in named.items()],
    )
    products = [{"account_id": key, "product": row["product"]} for key, row in named.items() if row["product"]]
    warehouse.fill("int_accounts__products", products)
    amounts = {key: Decimal(cents) / 100 for key, cents in paid.items() if cents is not None}
    warehouse.fill(
        "int_account_months__spine",
        [
            {"account_id": key, "month": month, "mrr_amount": amount}
            for key, amount in amounts.items()
            for month in MONTHS
        ],
    )
    given_answers = [answer for answer in answers for _ in range(answer["copies"])]
    warehouse.fill("int_survey__matched", [matched(number, answer) for number, answer in enumerate(given_answers)])
    weights = []
    for answer in given_answers:
        facets = {name: answer[name] or "unknown" for name in OF_ANSWERS}
        facets["role"] = facets.pop("contact_role")
        account = named.get(answer["account_id"], {})
        facets |= {name: account.get(name) or "unknown" for name in OF_ACCOUNTS} | {"total": "total"}
        weight = max(amounts.get(answer["account_id"], Decimal(0)), Decimal(0))
        weights.append((periods_of(answered_at(answer).date()), facets, weight, answer["score"]))
    return weights


def answered_at(answer):
    return datetime(2024, 1, 1, 9) + timedelta(days=answer["day"])


def periods_of(day):
    """The period of each kind that a day lies in, as the mart names it."""
    quarter = day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return {"all": "all", "quarter": str(quarter), "month": str(day.replace(day=1))}


def matched(number, answer):
    """An answer as a row of int_survey__matched."""
    score = answer["score"]
    return {name: answer[name] for name in OF_ANSWERS} | {
        "response_id": f"r{number}",
        "metric_id": "nps",
        "metric_version": "1",
        "is_current_version": True,
        "score": score,
        "score_class": "high" if score >= 9 else "low" if score <= 6 else "middle",
        "is_top_box": score == 10,
        "account_id": answer["account_id"],
        "contact_key": f"account:{answer['account_id']}",
        "audience": "customer",
        "responded_at": answered_at(answer),
        "known_at": answered_at(answer),
    }


def assert_adds_up(rows, total):
    """Plain scores: counts and composition sum, and what is a mean rolls up weighted by its answers."""
    for column in COUNTS:
        assert sum(row[column] for row in rows) == total[column], column
    for column in ("mean_score", "nps_score", "high_pct", "low_pct", "top_box_pct"):
        rolled_up = sum(row["count_answers"] * row[column] for row in rows) / total["count_answers"]
        assert float(rolled_up) == pytest.approx(float(total[column]), abs=1e-5), column


def assert_weights_add_up(shown, kind, period, weights):
    """Revenue-weighted scores: each slice weighs what its answers do, and the slices roll up to the company."""
    mine = [row for row in weights if row[0][kind] == period]
    (total,) = shown[kind, period, "total"].values()
    whole = sum(weight for _, _, weight, _ in mine)
    assert (total["weighted_mean_score"] is None) == (whole == 0)
    names = {name for k, p, name in shown if (k, p) == (kind, period)}
    for name in names:
        rolled_up = {"weighted_mean_score": 0.0, "weighted_nps_score": 0.0}
        squares = 0.0
        for value, row in shown[kind, period, name].items():
            here = [(weight, score) for _, facets, weight, score in mine if facets[name] == value]
            weight = float(sum(weight for weight, _ in here))
            assert (row["weighted_mean_score"] is None) == (weight == 0), (name, value)
            if weight:
                mean = float(sum(weight * score for weight, score in here)) / weight
                assert float(row["weighted_mean_score"]) == pytest.approx(mean, abs=1e-5), (name, value)
                rolled_up = {key: rolled_up[key] + weight * float(row[key]) for key in rolled_up}
                squares += weight**2 / float(row["effective_n"])
        if whole:
            assert {key: value / float(whole) for key, value in rolled_up.items()} == pytest.approx(
                {key: float(total[key]) for key in rolled_up}, abs=1e-4
            ), name
            assert float(whole) ** 2 / squares == pytest.approx(float(total["effective_n"]), rel=1e-4), name
