"""Sizes of a hold-out: against statsmodels, against simulated trials, and refused where there is nothing to plan on."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import NormalIndPower, TTestIndPower
from statsmodels.stats.proportion import power_proportions_2indep

from roi_models.programmes import power
from roi_models.programmes.next_holdout import holdout_sentence, next_holdouts
from roi_models.programmes.programme_results import Windows
from tests.unit.sample_programme import trial_cases

TRIALS = 2_000


@pytest.mark.parametrize("treated_share", [0.5, 0.8])
@pytest.mark.parametrize(("base", "change"), [(0.12, -0.03), (0.3, 0.05), (0.02, -0.01)])
def test_power_of_a_share_is_statsmodels(base, change, treated_share):
    treated, control = 2_000 * treated_share, 2_000 * (1 - treated_share)
    theirs = power_proportions_2indep(change, base, treated, ratio=control / treated, alternative="two-sided")
    ours = power.power_of_share(base, change, 2_000, treated_share=treated_share)
    assert ours == pytest.approx(theirs.power, abs=2e-3 if treated_share != 0.5 else 1e-6)


@pytest.mark.parametrize("treated_share", [0.5, 0.8])
def test_size_for_a_mean_is_statsmodels(treated_share):
    ratio = (1 - treated_share) / treated_share
    theirs = NormalIndPower().solve_power(0.25, alpha=0.05, power=0.8, ratio=ratio)
    student = TTestIndPower().solve_power(0.25, alpha=0.05, power=0.8, ratio=ratio)
    ours = power.units_for_mean(1.2, 0.3, treated_share=treated_share)
    assert ours == pytest.approx(theirs * (1 + ratio), rel=1e-6)
    assert ours == pytest.approx(student * (1 + ratio), rel=0.01)


def test_size_power_and_detectable_effect_are_inverse_to_one_another():
    for design in ({}, {"treated_share": 0.8, "inflation": 1.7, "alpha": 0.01}):
        units = power.units_for_share(0.15, -0.03, power=0.9, **design)
        assert power.power_of_share(0.15, -0.03, units, **design) == pytest.approx(0.9, abs=1e-9)
        assert power.detectable_share(0.15, units, power=0.9, **design) == pytest.approx(0.03, rel=1e-6)
        units = power.units_for_mean(1.1, 0.2, power=0.9, **design)
        assert power.detectable_mean(1.1, units, power=0.9, **design) == pytest.approx(0.2, rel=1e-6)
        # Half heard, or a design effect of two, doubles the size.
        assert power.units_for_mean(1.1, 0.2, inflation=2.0) == pytest.approx(2 * power.units_for_mean(1.1, 0.2))


def test_simulated_trials_on_a_share_find_the_effect_as_often_as_planned():
    base, change = 0.15, -0.05
    units = power.units_for_share(base, change)
    arm = round(units / 2)
    draw = np.random.default_rng(1)
    left, kept = draw.binomial(arm, base + change, TRIALS) / arm, draw.binomial(arm, base, TRIALS) / arm
    pooled = (left + kept) / 2
    found = np.abs(left - kept) / np.sqrt(pooled * (1 - pooled) * 2 / arm) > stats.norm.ppf(0.975)
    low, high = stats.binom.ppf([0.0005, 0.9995], TRIALS, 0.8)
    assert low <= found.sum() <= high


def test_simulated_trials_in_clusters_find_the_effect_as_often_as_planned():
    rows_per_unit, correlation, heard = 6, 0.3, 0.6
    inflation = power.design_effect(rows_per_unit, correlation)
    rows = power.units_for_mean(1.0, 0.25, inflation=inflation)
    arm = round(rows / rows_per_unit / 2)
    draw = np.random.default_rng(2)

    def arm_means(shift):
        units = np.sqrt(correlation) * draw.standard_normal((TRIALS, arm, 1))
        noise = np.sqrt(1 - correlation) * draw.standard_normal((TRIALS, arm, rows_per_unit))
        return (shift + units + noise).mean(axis=2)

    treated, control = arm_means(0.25), arm_means(0.0)
    found = stats.ttest_ind(treated, control, axis=1).pvalue < 0.05
    low, high = stats.binom.ppf([0.0005, 0.9995], TRIALS, 0.8)
    assert low - 0.01 * TRIALS <= found.sum() <= high
    # Planned as if rows were independent, the same trial would promise more power than it has.
    assert power.power_of_mean(1.0, 0.25, rows) > 0.95
    assert power.units_for_mean(1.0, 0.25, inflation=inflation / heard) == pytest.approx(rows / heard)


@pytest.mark.parametrize(("base", "change"), [(0.1, -0.1), (0.0, 0.1), (0.5, 0.0), (0.9, 0.2)])
def test_shares_that_cannot_move_so_far_are_refused(base, change):
    with pytest.raises(ValueError, match="cannot be sought"):
        power.units_for_share(base, change)


def test_means_without_spread_or_change_are_refused():
    with pytest.raises(ValueError, match="no size"):
        power.units_for_mean(0.0, 0.1)
    assert power.detectable_share(0.1, 20) is None


def test_the_next_holdout_is_planned_on_the_control_arm():
    cases = trial_cases(fall=0.1)
    designs = next_holdouts(cases, accounts_per_year=300, windows=Windows())
    departures = designs[(designs["outcome"] == "is_departed") & (designs["held_out_pct"] == 50)].iloc[0]
    control = cases.loc[~cases["is_treated"], "is_departed"].mean()
    assert departures["base_value"] == pytest.approx(control)
    assert departures["accounts_needed"] == np.ceil(power.units_for_share(control, -0.2 * control))
    assert departures["months_needed"] == pytest.approx(12 * departures["accounts_needed"] / 300)
    score = designs[designs["outcome"] == "score_after"]
    heard = cases.loc[~cases["is_treated"], "score_after"]
    assert score["heard_pct"].iloc[0] == pytest.approx(100 * heard.notna().mean())
    # Holding out one in five needs more accounts over both arms than holding out half.
    assert score["accounts_needed"].iloc[1] > score["accounts_needed"].iloc[0]


@pytest.mark.parametrize("accounts", [1, 12, 19])
def test_too_few_cases_plan_nothing(accounts):
    designs = next_holdouts(trial_cases(accounts), accounts_per_year=accounts, windows=Windows())
    assert designs["accounts_needed"].isna().all() and designs["base_value"].isna().all()
    assert holdout_sentence(designs).count("too few to plan") == 2


def test_without_cases_in_the_last_year_no_month_is_promised():
    designs = next_holdouts(trial_cases(), accounts_per_year=0, windows=Windows())
    assert designs["accounts_needed"].notna().all() and designs["months_needed"].isna().all()
    assert "months of cases" not in holdout_sentence(designs)
