"""The slope of satisfaction behind noisy, ageing answers: a planted truth recovered, and refusals.

The annual survey is slow and runs with `make validate`."""

import numpy as np
import pandas as pd
import pytest

from roi_models.hazards.cloglog import clustered_covariance, fit_cloglog, group_scores
from roi_models.hazards.hazard import Z95, score_effect
from roi_models.satisfaction.answer_tables import lay_out, see
from roi_models.satisfaction.latent_score import LOWEST_RELIABILITY, correct_slope
from tests.unit.latent_data import FRESH_DAYS, KEPT_DAYS, LAG, answered_panel, fitted

SLOPE = -0.25
# Cov(score, satisfaction of the month) / Var(score) of 40,000 accounts of the generator, weighted by their hazard.
RELIABILITY = 0.648


def corrected(cells, history, **more):
    return correct_slope(fitted(cells), cells, history, fresh_days=FRESH_DAYS, stale_days=KEPT_DAYS, **more)


@pytest.fixture(scope="module")
def panel():
    return answered_panel(seed=7, n_accounts=4_000)


@pytest.fixture(scope="module")
def correction(panel):
    return corrected(*panel)


def test_the_planted_slope_is_recovered_where_the_observed_one_misses_it(panel, correction):
    coef, std_error = score_effect(fitted(panel[0]))
    assert coef - Z95 * std_error > SLOPE
    assert correction.slope_low < SLOPE < correction.slope_high < 0
    assert correction.slope_high - correction.slope_low < 0.15


def test_reliability_is_the_share_that_is_real(panel, correction):
    assert correction.reliability == pytest.approx(RELIABILITY, abs=0.03)
    assert correction.reliability_low < RELIABILITY < correction.reliability_high
    assert correction.slope == pytest.approx(score_effect(fitted(panel[0]))[0] / correction.reliability, rel=1e-12)


def test_an_answers_variance_falls_into_its_planted_parts(correction):
    variance = correction.parts.set_index("part")["variance"]
    assert variance["lasting"] + variance["moving"] == pytest.approx(1.4**2, abs=0.15)
    assert variance["moving"] == pytest.approx(0.98, abs=0.3)
    assert variance["person"] == pytest.approx(0.25, abs=0.06)
    assert variance["noise"] == pytest.approx(1.44, abs=0.1)
    assert correction.parts["persistence"].iloc[0] == pytest.approx(0.95, abs=0.03)
    assert correction.parts["share"].sum() == pytest.approx(1)


def test_neither_row_order_nor_names_nor_a_shifted_scale_matter(panel, correction):
    cells, history = panel
    shuffled = history.sample(frac=1, random_state=3).assign(
        account_id=lambda rows: "x" + rows["account_id"], answer_month=lambda rows: rows["answer_month"] + 100,
        first_month=100, last_month=lambda rows: rows["last_month"] + 100, score=lambda rows: rows["score"] + 3,
    )  # fmt: skip
    again = corrected(cells.sample(frac=1, random_state=4), shuffled, replicates=20)
    assert again.reliability == pytest.approx(correction.reliability, rel=1e-9)
    assert again.slope == pytest.approx(correction.slope, rel=1e-9)


def test_no_replicate_turns_the_sign_of_its_slope(correction, panel):
    assert ((correction.reliability_draws >= LOWEST_RELIABILITY) & (correction.reliability_draws <= 1)).all()
    position = fitted(panel[0]).terms.index("score")
    assert correction.coef_draws[:, position].std() == pytest.approx(score_effect(fitted(panel[0]))[1], rel=0.1)


def test_of_no_effect_none_is_made():
    cells, history = answered_panel(seed=2, slope=0.0)
    result = corrected(cells, history, replicates=300)
    assert result.is_estimable
    assert result.slope_low < 0 < result.slope_high


@pytest.mark.validate
def test_annual_surveys_are_judged_at_the_age_that_scores_have_on_average():
    """When somebody answers, all others' answers are a year old; in other months they are younger, and truer."""
    cells, history = answered_panel(seed=5, n_accounts=3_000, every=12, n_months=36, people=6, persistence=0.9)
    fit = fitted(cells)
    result = correct_slope(fit, cells, history, fresh_days=FRESH_DAYS, stale_days=KEPT_DAYS, replicates=300)
    assert result.slope_low < SLOPE < result.slope_high
    assert result.slope_high - result.slope_low < 0.2


def test_one_voice_per_account_is_refused():
    result = corrected(*answered_panel(seed=1, people=1, n_accounts=400))
    assert "two people" in result.problem
    assert result.reliability == 1.0


def test_answers_that_share_nothing_are_refused():
    result = corrected(*answered_panel(seed=1, satisfaction_sd=0.0, n_accounts=600), replicates=200)
    assert "agree too little" in result.problem


def test_no_answers_and_no_slope_are_refused(panel):
    cells, history = panel
    assert "Too few" in corrected(cells, history.iloc[:0]).problem
    nobody_left = cells.assign(count_voluntary=0)
    assert "could not be estimated" in corrected(nobody_left, history).problem
    gone = history.assign(tenure_step=None)
    assert "Too few" in corrected(cells, gone).problem


def test_a_month_sees_what_the_warehouse_sees():
    """Answers of months 0 and 4, kept for a year: at lag 3 the first is seen in months 3 to 6, the second from 7 on."""
    rows = pd.DataFrame({"contact_key": ["p", "p", "q"], "answer_month": [0, 4, 1], "score": [2.0, 8.0, 5.0]})
    rows = rows.assign(
        account_id="a", account_group=9, contact_role="user", first_month=0, last_month=20, tenure_step="t000",
        is_renewal=False, control_key="",
    )  # fmt: skip
    sight = see(lay_out(rows, np.array([9])), lag=LAG, fresh_days=FRESH_DAYS, stale_days=KEPT_DAYS)
    assert np.flatnonzero(sight.is_seen[0]).tolist() == list(range(3, 19))
    assert sight.score[0, 3:19].tolist() == [2.0] * 4 + [8.0] * 12
    assert sight.total[0, [3, 4, 7, 15, 16]].tolist() == [2.0, 7.0, 13.0, 13.0, 8.0]
    assert sight.states[0, [0, 3, 12, 13, 18, 19]].tolist() == ["silent", "fresh", "fresh", "stale", "stale", "silent"]


def test_group_sums_are_those_of_the_sandwich():
    rng = np.random.default_rng(0)
    design = np.column_stack([np.ones(500), rng.normal(size=500)])
    at_risk = rng.integers(20, 60, 500).astype(float)
    events = rng.binomial(at_risk.astype(int), 0.05).astype(float)
    group = rng.integers(0, 40, 500)
    fit = fit_cloglog(design, at_risk, events)
    sums = group_scores(
        design, fit.coef, at_risk=at_risk, events=events, group=group, is_counted=np.ones(500, dtype=bool)
    )
    bread = np.linalg.inv(sums.information.sum(axis=0))
    sandwich = bread @ (sums.scores.T @ sums.scores) @ bread * 40 / 39
    expected = clustered_covariance(
        design, fit.coef, fit.covariance_model, at_risk=at_risk, events=events, cluster=group
    )
    assert sandwich == pytest.approx(expected, rel=1e-9)
    assert sums.counted.sum() == pytest.approx(sums.information.sum(axis=0)[0, 0])


def test_one_step_from_the_estimate_lands_where_a_whole_fit_does():
    """A replicate's coefficients against the fit of the resampled groups itself, in parts of a standard error."""
    rng = np.random.default_rng(1)
    design = np.column_stack([np.ones(2_000), rng.normal(size=2_000)])
    at_risk = np.full(2_000, 40.0)
    events = rng.binomial(40, -np.expm1(-np.exp(-3.5 - 0.3 * design[:, 1]))).astype(float)
    group = rng.integers(0, 200, 2_000)
    fit = fit_cloglog(design, at_risk, events)
    sums = group_scores(
        design, fit.coef, at_risk=at_risk, events=events, group=group, is_counted=np.ones(2_000, dtype=bool)
    )
    for _ in range(5):
        weight = rng.multinomial(200, np.full(200, 1 / 200)).astype(float)
        information = np.tensordot(weight, sums.information, axes=1)
        step = fit.coef + np.linalg.solve(information, weight @ sums.scores)
        whole = fit_cloglog(design, at_risk * weight[group], events * weight[group]).coef
        assert np.abs(step - whole).max() < 0.15 * np.sqrt(np.diag(fit.covariance_model)).min()
