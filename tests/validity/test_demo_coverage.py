"""Sixty small companies with an effect and sixty without: how often the slope's interval holds the truth.

The demo's own process: noisy answers that age, leavers who decide early. The gate with 500 simulations of a planted
slope is in `test_coverage.py`; here the count must lie in the 99.9% binomial band.
"""

from __future__ import annotations

import numpy as np
import pytest
from as_of_cells import observe
from declared import BINOMIAL_BAND, COVERAGE_ACCOUNTS, COVERAGE_SEEDS, LAG, LARGE_SAMPLE_SLOPE, METRICS
from scipy.stats import binom

from roi_models.hazards.hazard import Z95, fit_hazard, score_effect
from roi_models.simulate import simulate


def slopes(*switches: str) -> tuple[np.ndarray, np.ndarray]:
    """Slopes and clustered errors at the headline lag, one per seed."""
    estimates = []
    for seed in COVERAGE_SEEDS:
        data = observe(
            simulate(seed=seed, accounts=COVERAGE_ACCOUNTS, switches=frozenset(switches)), METRICS, lags=(LAG,)
        )
        estimates.append(score_effect(fit_hazard(data.cells, data.control_levels, lag=LAG)))
    coefs, errors = np.array(estimates).T
    return coefs, errors


def binomial_band(probability: float) -> tuple[int, int]:
    """Fewest and most of the simulations that the band allows."""
    tail = (1 - BINOMIAL_BAND) / 2
    low, high = binom.ppf([tail, 1 - tail], len(COVERAGE_SEEDS), probability)
    return int(low), int(high)


@pytest.mark.validate
def test_intervals_cover_the_large_sample_value():
    coefs, errors = slopes()
    covered = int((np.abs(coefs - LARGE_SAMPLE_SLOPE) < Z95 * errors).sum())
    low, high = binomial_band(0.95)
    assert low <= covered <= high
    monte_carlo_error = coefs.std(ddof=1) / np.sqrt(len(coefs))
    assert abs(coefs.mean() - LARGE_SAMPLE_SLOPE) <= max(3.3 * monte_carlo_error, 0.05 * abs(LARGE_SAMPLE_SLOPE))


@pytest.mark.validate
def test_nulls_are_rejected_as_often_as_stated():
    coefs, errors = slopes("null")
    rejected = int((np.abs(coefs) > Z95 * errors).sum())
    low, high = binomial_band(0.05)
    assert low <= rejected <= high
    assert abs(coefs.mean()) <= 3.3 * coefs.std(ddof=1) / np.sqrt(len(coefs))
