"""Gates on the demo, and on planted panels: two more ways to the same error, calibration out of time, the placebo.

The demo's cells are `as_of_cells.py`'s, which `test_as_of_oracle.py` holds equal to the warehouse's. Drawing and
fitting them takes half a minute.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from as_of_cells import Observed, hazard_cells, observe
from declared import (
    BINOMIAL_BAND,
    BOOTSTRAP_REPLICATES,
    BOOTSTRAP_SEED,
    CALIBRATION_SEEDS,
    DEMO,
    LAG,
    METRICS,
    ORACLE_SEEDS,
    PLANTED_ACCOUNTS,
    PLANTED_SLOPE,
)
from planted_panels import LAG as PANEL_LAG
from planted_panels import cells_of_panel, draw_panel, levels_of_panel
from scipy.stats import binom, chi2

from roi_models.hazards.bootstrap import bootstrap_fit
from roi_models.hazards.design import design_matrix
from roi_models.hazards.hazard import Z95, collapse, fit_hazard, predict_log_hazard, score_effect, select_cells
from roi_models.results import HazardFit
from roi_models.simulate import simulate_company

pytestmark = pytest.mark.validate
# The model learns from the months before the first number and must foretell those from it up to the second.
DEMO_ORIGINS = ((18, 24), (24, 30), (30, 36))
PANEL_ORIGIN = 12
# What 256 groups instead of all accounts add to the error, as noise: 1/√(2·255) of it.
GROUP_NOISE = 1 / np.sqrt(2 * 255)


@pytest.fixture(scope="module")
def demo() -> Observed:
    return observe(simulate_company(seed=DEMO.seed, accounts=DEMO.accounts, months=DEMO.months), METRICS, lags=(LAG,))


@pytest.fixture(scope="module")
def fit(demo) -> HazardFit:
    found = fit_hazard(demo.cells, demo.control_levels, lag=LAG)
    assert found.problem is None
    return found


def demo_cells(demo: Observed, months) -> object:
    return hazard_cells(months, demo.scores, lags=(LAG,), bin_width=float(METRICS.primary.bin_width))


def test_the_bootstrap_gives_the_clustered_error(demo, fit, gate):
    drawn = bootstrap_fit(fit, demo.cells, replicates=BOOTSTRAP_REPLICATES, seed=BOOTSTRAP_SEED)
    ratio = (drawn.std_error / np.sqrt(np.diag(fit.covariance)))[fit.terms.index("score")]
    gate(
        f"bootstrap error / clustered error of the demo's slope = {ratio:.3f} (allowed 0.9 to 1.1), "
        f"{BOOTSTRAP_REPLICATES} replicates, {drawn.count_failed} without a maximum"
    )
    assert 0.9 <= ratio <= 1.1
    assert drawn.count_failed <= BOOTSTRAP_REPLICATES / 100


def test_groups_give_the_error_of_single_accounts(demo, fit, gate):
    """The oracle is the sandwich with a cluster for each account, which no production table can hold."""
    single = demo_cells(demo, demo.months.assign(account_group=demo.months["account"]))
    exact = fit_hazard(single, demo.control_levels, lag=LAG)
    assert exact.count_groups == demo.months["account"].nunique() > 2_000
    assert exact.coef == pytest.approx(fit.coef, abs=1e-8)
    ratio = score_effect(fit)[1] / score_effect(exact)[1]
    ratios = []
    for seed in ORACLE_SEEDS:
        panel = draw_panel(seed=seed, accounts=PLANTED_ACCOUNTS, slope=PLANTED_SLOPE)
        errors = [
            score_effect(fit_hazard(cells_of_panel(clustered), levels_of_panel(panel), lag=PANEL_LAG))[1]
            for clustered in (panel, replace(panel, group=panel.account))
        ]
        ratios.append(errors[0] / errors[1])
    noise = np.std(ratios, ddof=1)
    gate(
        f"error from 256 groups / exact error from single accounts: demo {ratio:.3f}; {len(ratios)} panels: mean "
        f"{np.mean(ratios):.3f} (allowed 0.98 to 1.02), standard deviation {noise:.3f} ({GROUP_NOISE:.3f} expected)"
    )
    assert abs(ratio - 1) <= 3 * GROUP_NOISE
    assert abs(np.mean(ratios) - 1) <= 0.02
    assert noise <= 1.5 * GROUP_NOISE


def observed_over_expected(before, after, levels, *, lag: int) -> tuple[float, float, float, int]:
    """Departures after the origin over those that the model learned before it expects, with its 95% interval.

    Limits join the chance of the departures (exact Poisson) and the error of the prediction (delta) as MOVER does.
    """
    fit = fit_hazard(before, levels, lag=lag)
    assert fit.problem is None
    frame = collapse(select_cells(after, outcome="voluntary", lag=lag))
    mean, at_risk = np.exp(predict_log_hazard(fit, frame)), frame["at_risk"].to_numpy()
    observed, expected = frame["events"].sum(), at_risk @ -np.expm1(-mean)
    gradient = design_matrix(fit.encoding, frame).T @ (at_risk * mean * np.exp(-mean)) / expected
    error = Z95 * np.sqrt(gradient @ fit.covariance @ gradient)
    low, high = chi2.ppf([0.025, 0.975], [2 * observed, 2 * observed + 2]) / 2 / observed
    ratio = observed / expected
    return (
        ratio,
        ratio * np.exp(-np.hypot(np.log(low), error)),
        ratio * np.exp(np.hypot(np.log(high), error)),
        int(observed),
    )


def test_departures_are_as_many_as_the_months_before_foretell(demo, gate):
    month = demo.months["month"]
    found = [
        observed_over_expected(
            demo_cells(demo, demo.months[month < origin]),
            demo_cells(demo, demo.months[(month >= origin) & (month < end)]),
            demo.control_levels,
            lag=LAG,
        )
        for origin, end in DEMO_ORIGINS
    ]
    stated = "; ".join(
        f"months {origin + 1} to {end}: {ratio:.2f} ({low:.2f} to {high:.2f}, {observed} departures)"
        for (origin, end), (ratio, low, high, observed) in zip(DEMO_ORIGINS, found, strict=True)
    )
    gate(f"observed / expected departures of the demo, learned from the months before: {stated}")
    # An interval that holds 1 because it is wide would prove nothing.
    assert all(low < 1 < high < 2 * low for _, low, high, _ in found)


def test_calibration_intervals_hold_one_as_often_as_stated(gate):
    held = 0
    for seed in CALIBRATION_SEEDS:
        panel = draw_panel(seed=seed, accounts=PLANTED_ACCOUNTS, slope=PLANTED_SLOPE)
        is_before = panel.month < PANEL_ORIGIN
        _, low, high, _ = observed_over_expected(
            cells_of_panel(panel, is_before),
            cells_of_panel(panel, ~is_before),
            levels_of_panel(panel),
            lag=PANEL_LAG,
        )
        held += low < 1 < high
    count, tail = len(CALIBRATION_SEEDS), (1 - BINOMIAL_BAND) / 2
    fewest, most = binom.ppf([tail, 1 - tail], count, 0.95)
    gate(
        f"intervals of observed / expected hold 1 in {held} of {count} panels = {held / count:.1%} "
        f"(allowed {fewest / count:.1%} to {most / count:.1%})"
    )
    assert fewest <= held <= most


def test_no_score_foretells_the_placebo(demo, gate):
    placebo = fit_hazard(demo.cells, demo.control_levels, outcome="involuntary", lag=LAG)
    coef, std_error = score_effect(placebo)
    gate(
        f"placebo on the demo: z of the score on involuntary churn = {coef / std_error:+.2f} (allowed ±1.96), "
        f"{placebo.count_events} events"
    )
    assert abs(coef / std_error) < 1.96
