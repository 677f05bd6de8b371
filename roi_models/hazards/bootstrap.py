"""Bootstrap of the hazard model over account groups: the clustered error without a formula for it.

Belongs here: drawing groups with replacement, and refitting the counts that they leave, all replicates at a time.
Does not belong here: the fit itself (`hazard.py`), draws of money (`uncertainty.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from roi_models.hazards.cloglog import ACCEPTED_DECREMENT, CONVERGED_DECREMENT, SEPARATION_SPAN
from roi_models.hazards.design import design_matrix
from roi_models.hazards.hazard import collapse, select_cells
from roi_models.results import HazardFit

# Cells × replicates of one chunk: a few such arrays of float64 stay within some ten megabytes.
CHUNK_CELLS = 400_000
MAX_STEPS = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Bootstrap:
    """`coef`: one row per replicate that could be fitted, its columns the fit's terms. `count_failed` could not."""

    terms: tuple[str, ...]
    coef: np.ndarray
    count_failed: int

    @property
    def std_error(self) -> np.ndarray:
        """Standard deviation over the replicates, by term; NaN with fewer than two."""
        blank = np.full(len(self.terms), np.nan)
        return self.coef.std(axis=0, ddof=1) if len(self.coef) > 1 else blank


def bootstrap_fit(fit: HazardFit, cells: pd.DataFrame, *, replicates: int = 1000, seed: int = 0) -> Bootstrap:
    """Refit `fit` on groups of accounts drawn with replacement (Efron and Tibshirani 1993, cluster bootstrap).

    `cells` are what the fit was made from. Columns of the design stay those of the fit. A replicate whose maximum does
    not exist, for want of events in a level, is counted and left out. Raises ValueError for a fit without numbers.
    """
    if not fit.is_estimable or fit.encoding is None:
        raise ValueError(f"There is nothing to bootstrap: {fit.problem}")
    rows = select_cells(cells, outcome=fit.outcome, lag=fit.lag)
    design = design_matrix(fit.encoding, collapse(rows))
    groups, group = np.unique(rows["account_group"].to_numpy(), return_inverse=True)
    counts = np.zeros((2, len(design), len(groups)))
    counts[:, rows["cell"].to_numpy(), group] = rows[["at_risk", "events"]].to_numpy().T
    drawn = np.random.Generator(np.random.PCG64(seed)).multinomial(
        len(groups), np.full(len(groups), 1 / len(groups)), size=replicates
    )
    chunk = max(1, CHUNK_CELLS // len(design))
    found = [
        _refit(design, fit.coef, *(counts @ drawn[start : start + chunk].T.astype(float)))
        for start in range(0, replicates, chunk)
    ]
    coef = np.concatenate(found) if found else np.empty((0, len(fit.terms)))
    fitted = np.isfinite(coef).all(axis=1)
    return Bootstrap(terms=fit.terms, coef=coef[fitted], count_failed=int((~fitted).sum()))


def _refit(design: np.ndarray, start: np.ndarray, at_risk: np.ndarray, events: np.ndarray) -> np.ndarray:
    """Fisher scoring of all columns of `at_risk` and `events` (cells × replicates) from `start`: replicates × terms.

    The start is close to every replicate's maximum, so full steps converge; those that do not are NaN.
    """
    count = len(start)
    upper = np.triu_indices(count)
    products = design[:, upper[0]] * design[:, upper[1]]
    spread = np.ptp(design, axis=0)
    coef = np.tile(start, (at_risk.shape[1], 1))
    done, alive = np.zeros(len(coef), dtype=bool), np.arange(len(coef))
    for _ in range(MAX_STEPS):
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            mean = np.exp(design @ coef[alive].T)
            ratio = mean / np.expm1(mean)
            here, left = at_risk[:, alive], events[:, alive]
            gradient = (left * ratio - (here - left) * mean).T @ design
            flat = (here * mean * ratio).T @ products
        information = np.empty((len(alive), count, count))
        information[:, upper[0], upper[1]] = information[:, upper[1], upper[0]] = flat
        step = _solved(information, gradient)
        decrement = np.einsum("ij,ij->i", gradient, step)
        coef[alive] += step
        runs_off = ~(np.abs(coef[alive]) * spread <= 2 * SEPARATION_SPAN).all(axis=1)
        coef[alive[runs_off]] = np.nan
        done[alive] = decrement < ACCEPTED_DECREMENT
        alive = alive[~runs_off & ~(decrement < CONVERGED_DECREMENT)]
        if not len(alive):
            break
    return np.where(done[:, None], coef, np.nan)


def _solved(information: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """Steps of all replicates; NaN where a replicate's information is singular, as when a level was not drawn."""
    scale = np.sqrt(np.einsum("ijj->ij", information))
    with np.errstate(invalid="ignore", divide="ignore"):
        scaled = information / (scale[:, :, None] * scale[:, None, :])
    sound = np.isfinite(scaled).all(axis=(1, 2))
    sound[sound] = np.linalg.eigvalsh(scaled[sound])[:, 0] > 1e-12
    step = np.full_like(gradient, np.nan)
    step[sound] = np.linalg.solve(information[sound], gradient[sound][:, :, None])[:, :, 0]
    return step
