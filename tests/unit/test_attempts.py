"""Attempts to break the headline: each finds the fault that was planted, and nothing where there is none.

The rejection rates with few events need hundreds of fits and run with `make validate`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hazard_data import account_months, cells_of, control_levels_of
from scipy.stats import binom
from statsmodels.stats.multitest import multipletests

from roi_models.hazards.hazard import Z95, at_least_model_based, fit_hazard, score_effect
from roi_models.hazards.retention import estimate_retention
from roi_models.predictions.rolling_origin import rolling_origin
from roi_models.verdicts.judgement import Check, Level
from roi_models.verdicts.lead_test import MIN_CUTS, run_lead_test
from roi_models.verdicts.multiplicity import holm
from roi_models.verdicts.non_response import HAPPY, SILENCE, UNHAPPY, silent_departures, slope_bounds
from roi_models.verdicts.robustness_card import BESIDE, DATA, QUESTIONS, by_question
from roi_models.verdicts.robustness_checks import (
    hidden_cause,
    lead,
    leakage,
    multiplicity,
    non_response,
    rolling_calibration,
    stable_over_time,
)
from roi_models.verdicts.robustness_study import score_spread
from roi_models.verdicts.stability import slope_by_period


@pytest.fixture(scope="module")
def months():
    return account_months(n_accounts=900, seed=22)


@pytest.fixture(scope="module")
def levels(months):
    return control_levels_of(months)


@pytest.fixture(scope="module")
def fit(months, levels):
    return fit_hazard(cells_of(months, lags=(3,)), levels, lag=3)


def by_year(months: pd.DataFrame) -> pd.DataFrame:
    parts = months.groupby(months["month"] // 12)
    return pd.concat(cells_of(part, lags=(3,)).assign(calendar_year=2022 + year) for year, part in parts)


def turned(months: pd.DataFrame) -> pd.DataFrame:
    """In the second year leaving follows the mirrored score."""
    later = months["month"] >= 12
    return months.assign(score=months["score"].mask(later, 15 - months["score"]))


def only(checks) -> Check:
    (check,) = checks
    return check


def test_holm_equals_statsmodels():
    p_values = np.array([0.01, 0.04, 0.03, 0.005, 0.6])
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])
    assert holm([0.02, np.nan, 0.03])[[0, 2]] == pytest.approx([0.04, 0.04])
    assert np.isnan(holm([0.02, np.nan])[1]) and len(holm([])) == 0


def test_no_error_is_below_the_model_based_one():
    clustered, model = np.array([[4.0, 1.0], [1.0, 1.0]]), np.diag([1.0, 9.0])
    raised = at_least_model_based(clustered, model)
    assert np.diag(raised).tolist() == [4.0, 9.0]
    assert raised[0, 1] / np.sqrt(raised[0, 0] * raised[1, 1]) == pytest.approx(0.5), "the correlation stays"
    assert np.linalg.eigvalsh(raised).min() > 0
    assert at_least_model_based(model, clustered / 16) == pytest.approx(model)


def test_a_slope_that_turns_is_found_and_a_steady_one_is_not(months, levels):
    steady = slope_by_period(by_year(months), levels, outcome="voluntary", lag=3)
    assert steady.periods["period"].tolist() == ["2022", "2023"]
    assert steady.periods["count_events"].sum() == months["voluntary"].sum()
    assert only(stable_over_time(steady)).level == Level.PASS
    moved = slope_by_period(by_year(turned(months)), levels, outcome="voluntary", lag=3)
    first, second = moved.periods["coef"]
    assert first < -0.1 and second > 0.1
    check = only(stable_over_time(moved))
    assert check.level == Level.REVIEW and check.recommendation and "2 periods" in check.sentence


def test_periods_with_few_departures_join(months, levels):
    few = months[(months["month"] < 12) | (months["account"] < 30)]
    found = slope_by_period(by_year(few), levels, outcome="voluntary", lag=3)
    assert found.p_value is None and "20 departures" in found.problem and found.periods.empty
    assert not list(stable_over_time(found))


def test_rolling_origin_checks_find_a_year_that_nobody_foretold(months, levels):
    sound = rolling_origin(by_year(months), levels, outcome="voluntary", lag=3)
    assert [check.level for check in rolling_calibration(sound)] == [Level.PASS, Level.PASS]
    thinned = months["voluntary"] & ((months["month"] < 12) | (months["account"] % 3 == 0))
    broken = rolling_origin(by_year(turned(months.assign(voluntary=thinned))), levels, outcome="voluntary", lag=3)
    level, slope = rolling_calibration(broken)
    assert (level.id, level.level) == ("rolling_origin", Level.REVIEW) and level.value < 0.7
    assert (slope.id, slope.level) == ("calibration_slope", Level.REVIEW)


def test_beliefs_about_the_silent_bound_the_slope(months, levels, fit):
    cells = cells_of(months, lags=(3,))
    bounds = slope_bounds(cells, levels, fit).set_index("belief")
    assert bounds.loc[SILENCE, "hazard_ratio"] == pytest.approx(np.exp(score_effect(fit)[0]))
    assert bounds.loc[UNHAPPY, "assumed_score"] < 6 and bounds.loc[HAPPY, "assumed_score"] > 9
    predicted, observed = silent_departures(cells, fit)
    assert observed == months.loc[months["score"].isna(), "voluntary"].sum()
    assert predicted == pytest.approx(observed, rel=0.01)
    steady = only(non_response(bounds.reset_index(), (predicted, observed), None, 0.2))
    # Were all who never answer happy, their many departures would turn the sign.
    leaving = months.assign(voluntary=months["voluntary"] | (months["score"].isna() & (months["account"] % 2 == 0)))
    cells = cells_of(leaving, lags=(3,))
    other = fit_hazard(cells, levels, lag=3)
    doubtful = only(non_response(slope_bounds(cells, levels, other), silent_departures(cells, other), None, 0.2))
    assert (steady.level, doubtful.level) == (Level.PASS, Level.REVIEW)
    heard = cells[cells["score_state"] != "silent"]
    assert slope_bounds(heard, levels, other).empty


def cuts(slope_before: float, slope_after: float, *, count: int = 40_000) -> pd.DataFrame:
    """Cells of both sides: a common satisfaction moves cuts, and cuts move later answers as far as the slopes say."""
    rng = np.random.default_rng(4)
    standing = rng.normal(size=count)
    before, after = (7 + standing + rng.normal(size=count) for _ in range(2))
    cut = rng.random(count) < 0.02 * np.exp(2 * slope_before * standing)
    after = after - cut * (slope_before - slope_after) * 2
    sides = []
    for side, score in (("before", before), ("after", after)):
        frame = pd.DataFrame(
            {
                "side": side,
                "account_group": np.arange(count) % 256,
                "score_bin": np.floor(score * 2).astype(int).astype(str),
                "count_at_risk": 1,
                "count_contracted": cut.astype(int),
                "score_sum": score,
            }
        )
        sides.append(frame.groupby(["side", "account_group", "score_bin"], as_index=False).sum())
    return pd.concat(sides)


def test_scores_that_follow_events_are_found_and_lasting_ones_are_not():
    lasting = run_lead_test(cuts(-0.3, -0.3))
    assert lasting.before < -0.2 and lasting.after < -0.2
    assert only(lead(lasting)).level == Level.PASS
    following = run_lead_test(cuts(-0.3, -0.6))
    check = only(lead(following))
    assert check.level == Level.REVIEW and check.value > 3 and f"{following.after:.3f}" in check.sentence
    few = cuts(-0.3, -0.3, count=600)
    thin = run_lead_test(few)
    assert str(MIN_CUTS) in thin.problem and thin.count_events < MIN_CUTS and not list(lead(thin))


def test_one_leaking_month_fails():
    answers = pd.Series({"count_answers": 9, "count_late": 2, "count_after_churn": 1})
    for different, level in ((0, Level.PASS), (1, Level.FAIL)):
        check = only(leakage(pd.Series({"count_checked": 50, "count_different": different}), answers))
        assert check.level == level and bool(check.recommendation) == bool(different)
    assert not list(leakage(pd.Series({"count_checked": 0, "count_different": 0}), answers))


def test_e_value_does_not_hang_on_the_scale_and_lags_are_corrected(months, levels):
    cells = cells_of(months)
    effect = estimate_retention(cells, levels, metric="NPS", headline_lag=3)
    check = only(hidden_cause(effect, score_spread(cells, effect.fit)))
    wider = cells.assign(score_sum=cells["score_sum"].astype(float) * 10)
    tenfold = estimate_retention(wider, levels, metric="NPS", headline_lag=3)
    assert only(hidden_cause(tenfold, score_spread(wider, tenfold.fit))).value == pytest.approx(check.value, rel=1e-6)
    corrected = only(multiplicity(effect))
    p_value = float(effect.fit.table.set_index("term").loc["score", "p_value"])
    # Both lags see the same scores here, so Holm's p is twice the one.
    assert corrected.value == pytest.approx(min(2 * p_value, 1), rel=1e-6)
    null = account_months(n_accounts=400, beta=0.0, seed=31)
    nothing = estimate_retention(cells_of(null), control_levels_of(null), metric="NPS", headline_lag=3)
    assert not list(multiplicity(nothing)) and not list(hidden_cause(nothing, 1.5))


def test_the_card_leaves_out_no_check():
    names = [*(name for ids in QUESTIONS.values() for name in reversed(ids)), "match_rate", "unheard_of"]
    checks = [
        Check(id=name, label=name, value=None, threshold="", level=Level.PASS, sentence="Fine.") for name in names
    ]
    card = by_question(checks)
    assert [question for question, _ in card] == [DATA, *QUESTIONS, BESIDE]
    assert [tuple(check.id for check in found) for _, found in card[1 : 1 + len(QUESTIONS)]] == list(QUESTIONS.values())
    assert sorted(check.id for _, found in card for check in found) == sorted(names)


@pytest.mark.validate
@pytest.mark.parametrize("events", [10, 30])
def test_few_events_reject_a_true_null_as_often_as_stated(months, levels, events):
    """The clustered error alone rejects far too often; the larger of the two does not."""
    cells = cells_of(months, lags=(3,))
    risk = cells["count_at_risk"].to_numpy(float)
    draw = np.random.default_rng(events)
    rejected = made = 0
    for _ in range(120):
        drawn = np.minimum(draw.poisson(events * risk / risk.sum()), risk)
        found = fit_hazard(cells.assign(count_voluntary=drawn), levels, lag=3)
        coef, error = score_effect(found)
        made += found.is_estimable
        rejected += found.is_estimable and abs(coef) > Z95 * error
    assert made > 90
    assert rejected <= binom.ppf(0.9995, made, 0.05)
