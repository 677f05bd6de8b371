"""Monte Carlo over the business case: coefficients drawn jointly, the uplift from a triangle, common random
numbers.

Belongs here: drawing, and carrying the draws through survival to money.
Does not belong here: the best estimate and the tables (`business_case.py`), survival paths (`projection.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from roi_models.case.assumptions import Assumptions
from roi_models.case.finance import discount_factors, to_cents
from roi_models.case.projection import Projection, cumulative_hazards, ramp_weights
from roi_models.case.uplift import AnswerMix, shift_accounts
from roi_models.results import HazardFit, LatentCorrection

# Accounts × draws of one chunk: a few such arrays of float64 fit into a core's cache.
CHUNK_CELLS = 60_000
# Relative jitter that lets a covariance of deficient rank (fewer clusters than terms) be factorised.
CHOLESKY_JITTER = 1e-10


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """One entry per draw: uplift (in the assumptions' unit), slope (log hazard ratio per point), NPV and ROI
    (None without costs) of that draw, and `gain_pp`: Δ(H) of the draw's coefficients at the *base* uplift, in
    percentage points; `observed_gain_pp`: the same with the slope as it was observed, uncorrected."""

    uplift: np.ndarray
    slope: np.ndarray
    npv: np.ndarray
    roi_pct: np.ndarray
    gain_pp: np.ndarray
    observed_gain_pp: np.ndarray

    def table(self) -> pd.DataFrame:
        """The draws as a frame, money to the cent."""
        return pd.DataFrame(
            {
                "uplift": self.uplift,
                "slope": self.slope,
                "npv": [to_cents(value) for value in self.npv],
                "roi_pct": self.roi_pct,
                "gain_pp": self.gain_pp,
            }
        )


def simulate(
    fit: HazardFit,
    projection: Projection,
    mix: AnswerMix,
    assumptions: Assumptions,
    *,
    mrr: np.ndarray,
    scale: tuple[float, float],
    latent: LatentCorrection,
) -> Draws:
    """Draw coefficients and uplift together and appraise each draw. Equal seeds give equal draws.

    Where `latent` corrects the slope, draws are its bootstrap replicates, in turn; else coefficients are normal.
    `projection`, `mix` and `mrr` (money per month) hold the active accounts in the same order.
    """
    generator = np.random.Generator(np.random.PCG64(assumptions.seed))
    normals = generator.standard_normal((assumptions.n_draws, len(fit.coef)))
    coefs, reliability = draw_coefficients(fit.coef, fit.covariance, normals), np.ones(assumptions.n_draws)
    if latent.is_estimable:
        replicate = np.arange(assumptions.n_draws) % len(latent.reliability_draws)
        coefs, reliability = latent.coef_draws[replicate], latent.reliability_draws[replicate]
    uplift = triangular_quantile(generator.random(assumptions.n_draws), *assumptions.uplifts)
    kept_by_month, gain, observed = _carry(
        projection, mix, assumptions, coefs=coefs, reliability=reliability, uplift=uplift, mrr=mrr, scale=scale
    )
    npv, roi_pct = _appraise(kept_by_month, assumptions)
    return Draws(
        uplift=uplift,
        slope=coefs[:, projection.score_position] / reliability,
        npv=npv,
        roi_pct=roi_pct,
        gain_pp=100 * gain / mrr.sum(),
        observed_gain_pp=100 * observed / mrr.sum(),
    )


def draw_coefficients(coef: np.ndarray, covariance: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """Joint draws coef + L·z with L the Cholesky factor of the clustered covariance (draws × terms)."""
    jitter = CHOLESKY_JITTER * np.diag(np.diag(covariance))
    return coef + normals @ np.linalg.cholesky(covariance + jitter).T


def triangular_quantile(probability: np.ndarray, low: float, mode: float, high: float) -> np.ndarray:
    """Inverse distribution function of the triangular distribution; a point mass when low equals high."""
    if low == high:
        return np.full_like(probability, low)
    width = high - low
    rising = low + np.sqrt(probability * width * (mode - low))
    falling = high - np.sqrt((1 - probability) * width * (high - mode))
    return np.where(probability < (mode - low) / width, rising, falling)


def _carry(
    projection: Projection,
    mix: AnswerMix,
    assumptions: Assumptions,
    *,
    coefs: np.ndarray,
    reliability: np.ndarray,
    uplift: np.ndarray,
    mrr: np.ndarray,
    scale: tuple[float, float],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Carry all draws through survival, a chunk at a time; what comes back is as of `_run_chunk`.

    Only accounts whose score can move take part: all others keep the same survival in both worlds.
    """
    movers = np.flatnonzero(mix.shares.sum(axis=1) > 0)
    moving_mix = AnswerMix(levels=mix.levels, counts=mix.counts, shares=mix.shares[movers])
    moving = projection.select(movers)
    chunk = max(1, CHUNK_CELLS // max(len(movers), 1))
    parts = [
        _run_chunk(
            moving,
            moving_mix,
            assumptions,
            coefs=coefs[start : start + chunk],
            reliability=reliability[start : start + chunk],
            uplift=uplift[start : start + chunk],
            mrr=mrr[movers],
            scale=scale,
        )
        for start in range(0, len(coefs), chunk)
    ]
    kept_by_month, gain, observed = zip(*parts, strict=True)
    return np.concatenate(kept_by_month), np.concatenate(gain), np.concatenate(observed)


def _run_chunk(
    projection: Projection,
    mix: AnswerMix,
    assumptions: Assumptions,
    *,
    coefs: np.ndarray,
    reliability: np.ndarray,
    uplift: np.ndarray,
    mrr: np.ndarray,
    scale: tuple[float, float],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Revenue kept per draw and month at the drawn uplift, and Σ MRR·ΔS(H) per draw at the base uplift, with the
    corrected and with the observed slope.

    A point of answers that are real only in part stands for 1/reliability points on the observed slope.
    """
    unit = assumptions.uplift_unit
    drawn = shift_accounts(mix, uplift, unit=unit, scale=scale)
    base = shift_accounts(mix, assumptions.uplift_base, unit=unit, scale=scale)[:, None]
    ramp = ramp_weights(assumptions.horizon_months, assumptions.ramp_months)
    kept = np.empty((len(coefs), len(ramp)))
    gain, observed = np.zeros(len(coefs)), np.zeros(len(coefs))
    shifts = [drawn / reliability, base / reliability]
    if np.any(reliability != 1.0):
        shifts.append(base)
    for month, (now, (at_drawn, at_base, *uncorrected)) in enumerate(
        cumulative_hazards(projection, coefs, shifts, ramp)
    ):
        survival = np.exp(-now)
        kept[:, month] = mrr @ (np.exp(-at_drawn) - survival)
        if month == len(ramp) - 1:
            gain = mrr @ (np.exp(-at_base) - survival)
            observed = mrr @ (np.exp(-uncorrected[0]) - survival) if uncorrected else gain
    return kept, gain, observed


def _appraise(kept_by_month: np.ndarray, assumptions: Assumptions) -> tuple[np.ndarray, np.ndarray]:
    """NPV and ROI of every draw, by the rules of `finance.appraise`, unrounded."""
    factors = discount_factors(assumptions.discount_rate, assumptions.years)
    cost = assumptions.discounted_cost
    npv = assumptions.yearly_benefits(kept_by_month) @ factors - cost
    roi_pct = 100 * npv / cost if cost > 0 else np.full_like(npv, np.nan)
    return npv, roi_pct
