"""How often the slope's interval holds a planted truth, and how often a null is called an effect: the gates' figures.

500 panels with an effect by default and five times as many without (why: `declared.py`); `--simulations N` takes the
first N of the declared seeds, and fewer than 500 must lie in the 99.9% binomial band instead. The demo's own process
has a test of its own (`test_demo_coverage.py`).
"""

from __future__ import annotations

import numpy as np
import pytest
from declared import (
    BINOMIAL_BAND,
    GATE_COVERAGE,
    GATE_REJECTION,
    GATE_SIMULATIONS,
    NULL_SEEDS_FROM,
    NULLS_PER_SIMULATION,
    PLANTED_ACCOUNTS,
    PLANTED_SEEDS_FROM,
    PLANTED_SLOPE,
)
from planted_panels import LAG, cells_of_panel, draw_panel, levels_of_panel
from scipy.stats import binom

from roi_models.hazards.hazard import Z95, fit_hazard, score_effect

pytestmark = pytest.mark.validate


@pytest.fixture(scope="module")
def simulations(request) -> int:
    return request.config.getoption("--simulations")


def slopes(first_seed: int, count: int, slope: float) -> tuple[np.ndarray, np.ndarray]:
    """Slopes and clustered errors, one per seed."""
    found = []
    for seed in range(first_seed, first_seed + count):
        panel = draw_panel(seed=seed, accounts=PLANTED_ACCOUNTS, slope=slope)
        found.append(score_effect(fit_hazard(cells_of_panel(panel), levels_of_panel(panel), lag=LAG)))
    coefs, errors = np.array(found).T
    return coefs, errors


def allowed(band: tuple[float, float], expected: float, count: int, *, is_full: bool) -> tuple[float, float]:
    """Fewest and most of `count` simulations: the gate's own band for a full run, else the 99.9% binomial band."""
    if is_full:
        return band[0] * count, band[1] * count
    tail = (1 - BINOMIAL_BAND) / 2
    low, high = binom.ppf([tail, 1 - tail], count, expected)
    return float(low), float(high)


def bias_allowed(coefs: np.ndarray, truth: float, *, is_full: bool) -> float:
    """Two Monte-Carlo errors (in a small sample those of the 99.9% band), or five per cent, whichever is more."""
    errors = 2.0 if is_full else 3.3
    return max(errors * coefs.std(ddof=1) / np.sqrt(len(coefs)), 0.05 * abs(truth))


def test_intervals_cover_the_planted_slope(simulations, gate):
    is_full = simulations >= GATE_SIMULATIONS
    coefs, errors = slopes(PLANTED_SEEDS_FROM, simulations, PLANTED_SLOPE)
    covered = int((np.abs(coefs - PLANTED_SLOPE) <= Z95 * errors).sum())
    low, high = allowed(GATE_COVERAGE, 0.95, simulations, is_full=is_full)
    bias, limit = coefs.mean() - PLANTED_SLOPE, bias_allowed(coefs, PLANTED_SLOPE, is_full=is_full)
    gate(
        f"95% intervals cover the planted slope {PLANTED_SLOPE} in {covered} of {simulations} simulations "
        f"= {covered / simulations:.1%} (allowed {low / simulations:.1%} to {high / simulations:.1%})"
    )
    gate(
        f"bias of the slope {bias:+.4f} = {bias / PLANTED_SLOPE:+.1%} of the truth (allowed {limit:.4f}); "
        f"mean clustered error / spread of the estimates = {errors.mean() / coefs.std(ddof=1):.3f}"
    )
    assert np.isfinite(coefs).all()
    assert low <= covered <= high
    assert abs(bias) <= limit


def test_nulls_are_rejected_as_often_as_stated(simulations, gate):
    is_full, count = simulations >= GATE_SIMULATIONS, NULLS_PER_SIMULATION * simulations
    coefs, errors = slopes(NULL_SEEDS_FROM, count, 0.0)
    is_rejected = np.abs(coefs) > Z95 * errors
    rejected, first = int(is_rejected.sum()), int(is_rejected[:simulations].sum())
    low, high = allowed(GATE_REJECTION, 0.05, count, is_full=is_full)
    limit = bias_allowed(coefs, 0.0, is_full=is_full)
    gate(
        f"true nulls rejected in {rejected} of {count} simulations = {rejected / count:.1%} "
        f"(allowed {low / count:.1%} to {high / count:.1%}), of the first {simulations} alone "
        f"{first / simulations:.1%}; mean slope {coefs.mean():+.4f} (allowed {limit:.4f})"
    )
    assert np.isfinite(coefs).all()
    assert low <= rejected <= high
    assert abs(coefs.mean()) <= limit
