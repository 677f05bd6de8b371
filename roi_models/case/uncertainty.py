"""Monte Carlo over the business case: coefficients, uplift and every input with a range, common random numbers.

Belongs here: what each draw is worth, and draws of the coefficients.
Does not belong here: ranks and quantiles (`sample.py`), the arithmetic (`flows.py`), what is said of the draws.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri

from roi_models.case.assumptions import Assumptions
from roi_models.case.finance import to_cents
from roi_models.case.flows import Inputs, Tables, present_values
from roi_models.case.response import between
from roi_models.case.sample import Sample
from roi_models.results import HazardFit, LatentCorrection

# Draws of the coefficients; draws of the case take them in turn.
REPLICATES = 500
# Draws carried at once.
CHUNK_DRAWS = 20_000
# Relative jitter that lets a covariance of deficient rank (fewer clusters than terms) be factorised.
CHOLESKY_JITTER = 1e-10


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """One entry per draw: `npv`, and `roi_pct` (NaN without costs), unrounded."""

    npv: np.ndarray
    roi_pct: np.ndarray


def coefficient_draws(
    fit: HazardFit, latent: LatentCorrection, *, count: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients (draws × terms) and reliability of the score per draw, `REPLICATES` of them at most.

    Where `latent` corrects the slope, they are its bootstrap replicates; else coefficients are jointly normal, from a
    Latin hypercube.
    """
    count = min(count, REPLICATES)
    if latent.is_estimable:
        replicate = np.arange(count) % len(latent.reliability_draws)
        return latent.coef_draws[replicate], latent.reliability_draws[replicate]
    generator = np.random.Generator(np.random.PCG64(seed))
    ranks = np.column_stack([generator.permutation(count) for _ in fit.coef])
    normals = ndtri((ranks + 0.5) / count)
    return draw_coefficients(fit.coef, fit.covariance, normals), np.ones(count)


def draw_coefficients(coef: np.ndarray, covariance: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """Joint draws coef + L·z with L the Cholesky factor of the clustered covariance (draws × terms)."""
    jitter = CHOLESKY_JITTER * np.diag(np.diag(covariance))
    return coef + normals @ np.linalg.cholesky(covariance + jitter).T


def simulate(given: Tables, assumptions: Assumptions, sample: Sample) -> Outcomes:
    """Appraise every draw. Equal samples give equal draws, whatever the programme: they can be compared one by one."""
    values = sample.inputs(assumptions)
    parts = [
        _appraise(given, _part(values, part), sample.replicate[part], sample.expansion_factor[part])
        for part in (slice(start, start + CHUNK_DRAWS) for start in range(0, len(sample), CHUNK_DRAWS))
    ]
    npv, roi_pct = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Outcomes(npv=npv, roi_pct=roi_pct)


def _part(values: Inputs, part: slice) -> dict[str, float | np.ndarray]:
    return {name: value[part] if isinstance(value, np.ndarray) else value for name, value in values.items()}


def _appraise(
    given: Tables, inputs: Inputs, replicate: np.ndarray, expansion_factor: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    left, right, weight = between(given.knots, np.broadcast_to(inputs["uplift"], replicate.shape))
    kept = given.kept_draws[replicate, left] * (1 - weight) + given.kept_draws[replicate, right] * weight
    pv_benefits, pv_costs = present_values(given, inputs, kept=kept, expansion_factor=expansion_factor)
    pv_costs = np.broadcast_to(pv_costs, pv_benefits.shape)
    npv = pv_benefits - pv_costs
    roi_pct = np.divide(100 * npv, pv_costs, out=np.full_like(npv, np.nan), where=pv_costs > 0)
    return npv, roi_pct


def draws_table(
    sample: Sample, assumptions: Assumptions, outcomes: Outcomes, slope: np.ndarray, gain_pp: np.ndarray
) -> pd.DataFrame:
    """One row per draw: the uncertain inputs, slope and gain of its coefficients, npv to the cent, roi_pct."""
    inputs = sample.inputs(assumptions)
    named = {name: inputs[name] for name in dict.fromkeys(("uplift", *assumptions.uncertain))}
    return pd.DataFrame(
        {
            **{name: np.broadcast_to(value, len(sample)) for name, value in named.items()},
            "slope": slope[sample.replicate],
            "npv": [to_cents(value) for value in outcomes.npv],
            "roi_pct": outcomes.roi_pct,
            "gain_pp": gain_pp[sample.replicate],
        }
    )
