"""The retention effect: headline, lag profile, placebo, calibration, words."""

import numpy as np
import pytest
from hazard_data import account_months, cells_of, control_levels_of

from roi_models.hazards.retention import estimate_retention
from roi_models.verdicts.robustness import e_value


def estimate(months, **options):
    return estimate_retention(
        cells_of(months, lags=(1, 3)), control_levels_of(months), metric="nps", headline_lag=3, **options
    )


@pytest.fixture(scope="module")
def months():
    return account_months(n_accounts=1000, seed=4)


@pytest.fixture(scope="module")
def effect(months):
    return estimate(months)


def test_headline_profile_and_placebo(effect, months):
    assert effect.fit.lag == 3 and effect.lag_profile["lag"].tolist() == [1, 3]
    first, third = effect.lag_profile.to_dict("records")
    # Scores never change in this panel, so every lag must say the same.
    assert {**first, "lag": 3} == pytest.approx(third)
    assert first["ci_low"] < first["hazard_ratio"] < first["ci_high"] < 1
    assert effect.placebo.outcome == "involuntary" and effect.placebo.count_events == months["involuntary"].sum()
    placebo = effect.placebo.table.set_index("term").loc["score"]
    assert abs(placebo["z_score"]) < 3


def test_calibration_covers_everything_in_ascending_risk(effect, months):
    table = effect.calibration
    assert table["bin"].tolist() == list(range(1, 11))
    assert table["count_account_months"].sum() == len(months)
    assert table["observed_events"].sum() == months["voluntary"].sum()
    rate = table["predicted_events"] / table["count_account_months"]
    assert np.all(np.diff(rate) > 0)
    assert table["predicted_events"].sum() == pytest.approx(table["observed_events"].sum(), rel=0.003)


def test_words_and_e_value_agree_with_the_numbers(effect):
    ratio = effect.lag_profile.set_index("lag").loc[3, "hazard_ratio"]
    assert f"hazard ratio {ratio:.3f}" in effect.text and "lower monthly hazard of voluntary churn" in effect.text
    assert "2 months before the month began" in effect.text and "association" in effect.text
    # About a fifth leave within a year, so the common-outcome formula applies: weaker than the plain one.
    assert 1 < effect.e_value_limit < effect.e_value < e_value(ratio)


def test_departures_beside_the_outcome_are_a_background_hazard(effect, months):
    cells = cells_of(months, lags=(3,))
    share = cells["count_involuntary"].sum() / cells["count_at_risk"].sum()
    assert effect.background_hazard == pytest.approx(-np.log(1 - share)) and share > 0
    both = months.assign(voluntary=months["voluntary"] | months["involuntary"], involuntary=False)
    assert estimate(both, outcome="all_causes").background_hazard == 0.0


def test_null_effect_says_so():
    effect = estimate(account_months(n_accounts=800, beta=0.0, seed=9))
    assert "cannot tell whether there is an effect" in effect.text and effect.e_value_limit == 1.0


def test_nothing_to_estimate_is_a_sentence(months):
    quiet = months.assign(voluntary=False, involuntary=False)
    effect = estimate(quiet)
    assert effect.placebo is None and effect.e_value is None and effect.calibration.empty
    assert "could not be estimated" in effect.text and "Only 0 churn" in effect.text
    assert effect.lag_profile["coef"].isna().all()


def test_all_causes_need_no_known_cause(months):
    effect = estimate(
        months.assign(voluntary=months["voluntary"] | months["involuntary"], involuntary=False),
        outcome="all_causes",
    )
    assert effect.placebo is None and "churn of any cause" in effect.text and effect.fit.is_estimable
