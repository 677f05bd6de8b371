"""Predictions per account: an oracle by hand, honest intervals, reasons that the data show, and refusals."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hazard_data import account_months, active_accounts, answers_of, cells_of, control_levels_of, slow_survival

from roi_models.case.projection import project
from roi_models.hazards.retention import estimate_retention
from roi_models.predictions.account_predictions import COLUMNS, predict_accounts
from roi_models.predictions.prediction_reasons import NOTHING, AgeWords
from roi_models.predictions.prediction_study import trust_predictions

TERMS = {"scale": (0.0, 10.0), "ages": AgeWords(fresh_days=183, stale_days=365)}


@pytest.fixture(scope="module")
def world():
    months = account_months(n_accounts=500, seed=2)
    retention = estimate_retention(cells_of(months, lags=(3,)), control_levels_of(months), metric="nps", headline_lag=3)
    accounts = active_accounts(months)
    return retention, accounts, answers_of(accounts)


@pytest.fixture(scope="module")
def predictions(world):
    return predict_accounts(*world, **TERMS)


def test_probabilities_equal_an_account_by_account_oracle(world, predictions):
    retention, accounts, _ = world
    table = predictions.table
    assert list(table.columns) == COLUMNS and set(table["account_id"]) == set(accounts["account_id"])
    assert table["revenue_at_risk_amount"].is_monotonic_decreasing
    assert (table["score_used"] == table["score"])[table["score"].notna()].all(), "all have two answers here"
    for row in table.head(5).itertuples():
        account = accounts.set_index("account_id").loc[row.account_id]
        for months, got in ((1, row.churn_probability_1m), (12, row.churn_probability_12m)):
            assert got == pytest.approx(1 - slow_survival(retention.fit, account, months, 0.0, 1))
        amount = 12 * float(account["mrr_amount"]) * row.churn_probability_12m
        assert row.revenue_at_risk_amount == pytest.approx(amount, abs=0.005)


def test_intervals_are_those_of_the_delta_method(world, predictions):
    retention, accounts, _ = world
    fit = retention.fit
    table = predictions.table.set_index("account_id").loc[accounts["account_id"]]
    projection = project(fit.encoding, accounts, months=1)
    design = projection.static + projection.step_design[projection.step_code[0]]
    error = np.sqrt(((design @ fit.covariance) * design).sum(axis=1))
    drawn = np.log(table["churn_probability_1m_high"] / table["churn_probability_1m_low"]).to_numpy() / (2 * 1.96)
    assert np.median(drawn / error) == pytest.approx(1, abs=0.05)
    for name in ("churn_probability_1m", "churn_probability_12m"):
        assert (table[f"{name}_low"] < table[name]).all() and (table[name] < table[f"{name}_high"]).all()


def test_the_total_adds_up_and_chance_widens_it(predictions):
    total = predictions.total
    assert total.expected == pytest.approx(predictions.table["revenue_at_risk_amount"].sum(), abs=5)
    assert total.outcome_low < total.expected_low < total.expected < total.expected_high < total.outcome_high


def test_one_account_with_all_the_revenue_stays_or_goes(world):
    retention, accounts, answers = world
    alone = accounts.assign(mrr_amount=np.where(np.arange(len(accounts)) == 0, 1000.0, 0.0))
    total = predict_accounts(retention, alone, answers, **TERMS).total
    assert 0 < total.expected < 12_000 and total.outcome_low == 0 and total.outcome_high == 12_000


def test_a_score_of_one_answer_is_pulled_and_its_risk_with_it(world):
    retention, accounts, _ = world
    rng = np.random.default_rng(1)
    scored = accounts[accounts["score"].notna()]
    several = scored.loc[scored.index.repeat(3)]
    noisy = pd.DataFrame(
        {"account_id": several["account_id"], "score": several["score"] + rng.normal(0, 2, len(several))}
    )
    single = accounts.assign(count_contacts=np.where(accounts["score"].notna(), 1, 0))
    table, raw = (
        predict_accounts(retention, frame, noisy, **TERMS).table.set_index("account_id") for frame in (single, accounts)
    )
    low = table["score"] < table["score"].mean() - 1
    assert (table["score_used"] > table["score"])[low].all()
    assert (table["churn_probability_12m"] < raw.loc[table.index, "churn_probability_12m"])[low].all()


def test_row_order_changes_nothing_and_revenue_scales_money_only(world, predictions):
    retention, accounts, answers = world
    again = predict_accounts(retention, accounts.sample(frac=1, random_state=1), answers, **TERMS)
    pd.testing.assert_frame_equal(again.table, predictions.table, check_exact=True)
    rich = predict_accounts(
        retention, accounts.assign(mrr_amount=[10 * amount for amount in accounts["mrr_amount"]]), answers, **TERMS
    )
    assert rich.total.outcome_high == pytest.approx(10 * predictions.total.outcome_high)
    assert rich.table["churn_probability_12m"].equals(predictions.table["churn_probability_12m"])


def test_reasons_name_what_is_planted_and_on_the_right_side(predictions):
    table = predictions.table.sort_values("churn_probability_1m")
    riskiest, safest = table.iloc[-1], table.iloc[0]
    assert "renewal next month" in riskiest["reasons"].split("; less risk")[0]
    assert "less risk: " in safest["reasons"]
    low = table[(table["score"] < 5) & (table["score_state"] == "fresh")].iloc[-1]
    assert f"score {low['score']:.1f}, " in low["reasons"] and " below average" in low["reasons"]
    high = table[(table["score"] > 9.5) & (table["score_state"] == "fresh")]
    assert high["reasons"].str.contains("less risk: .*score [0-9.]+, [0-9.]+ above average").all()
    ent = table.loc[table["segment"] == "ENT", "reasons"]
    assert ent.str.contains("less risk.*segment ENT").mean() > 0.5
    assert table["reasons"].str.split("[;,] ").str.len().max() <= 6


def test_what_the_data_do_not_show_is_no_reason(world):
    retention, accounts, answers = world
    unsure = replace(retention, fit=replace(retention.fit, covariance=retention.fit.covariance * 1e4))
    table = predict_accounts(unsure, accounts, answers, **TERMS).table
    assert set(table["reasons"]) == {NOTHING}


def test_silence_and_single_answers_are_said_in_words(world):
    retention, accounts, answers = world
    fit = retention.fit
    coef = fit.coef.copy()
    coef[fit.terms.index("state_silent")] = 1.0
    single = accounts.assign(count_contacts=np.minimum(accounts["count_contacts"], 1))
    table = predict_accounts(replace(retention, fit=replace(fit, coef=coef)), single, answers, **TERMS).table
    assert table.loc[table["score_state"] == "silent", "reasons"].str.contains("silent for over a year").all()
    low = table[(table["score"] < 5) & (table["score_state"] == "fresh")]
    assert low["reasons"].str.contains("from one answer, ").all()


def test_without_a_model_there_is_neither_number_nor_reason(world, predictions):
    retention, accounts, answers = world
    unknown = replace(retention, fit=replace(retention.fit, problem="No events."))
    refused = predict_accounts(unknown, accounts, answers, **TERMS)
    assert refused.total is None and set(refused.table["reasons"]) == {""}
    assert refused.table.filter(regex="churn|risk").isna().all().all()
    nobody = predict_accounts(retention, accounts.iloc[:0], answers, **TERMS)
    assert nobody.table.empty and nobody.total is None
    for frame in (refused.table, nobody.table):
        assert list(frame.columns) == COLUMNS


def test_the_study_says_whether_a_year_was_foretold(predictions):
    year = {"year": 2024, "predicted": 100.0, "observed": 104.0, "ratio": 1.04, "ratio_low": 0.8, "ratio_high": 1.3}
    calm = pd.DataFrame([year | {"slope": 0.95, "slope_low": 0.7, "slope_high": 1.2, "problem": None}])
    study = trust_predictions(calm, predictions, currency="EUR")
    assert "expected 100 departures in 2024, and 104 came" in study.sentences[0]
    assert "within chance" in study.sentences[0] and "about right" in study.sentences[0]
    assert "in all is known to EUR " in study.sentences[1] and "anything from EUR " in study.sentences[1]

    def first(**change):
        return trust_predictions(calm.assign(**change), predictions, currency="EUR").sentences[0]

    assert "too low" in first(ratio_low=1.1) and "too high" in first(ratio_high=0.9)
    assert "overstated" in first(slope_high=0.9) and "understated" in first(slope_low=1.1)
    assert "could not be tried" in first(ratio=np.nan, problem="Too few.") and "slope" not in first(slope=np.nan)
    assert "one calendar year" in trust_predictions(calm.head(0), predictions, currency="EUR").sentences[0]
