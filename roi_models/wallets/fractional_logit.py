"""Fractional logit: how a share between 0 and 1 follows its covariates, with errors that allow for clusters.

Belongs here: the Bernoulli quasi-likelihood fit, its clustered sandwich, average partial effects.
Does not belong here: what is regressed on what (`wallet_effects.py`), least squares (`clustered_ols.py`).

Papke and Wooldridge (1996): E[share | x] = 1/(1 + exp(−xβ)) is all that is assumed. Shares of exactly 0 and 1 are
allowed, and nothing is said of the variance, so errors are the sandwich. With G clusters, N rows and K columns it is
multiplied by G/(G − 1) · (N − 1)/(N − K) (CR1, as Stata and statsmodels have it) and read against Student's t with
G − 1 degrees of freedom.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from roi_models.hazards.design import NotEstimableError
from roi_models.regression.clustered_ols import is_full_rank

_MAX_STEPS = 60
_TOLERANCE = 1e-10
# A log-odds of 20 is a share of 2e-9: no data of ours tells it from nil, so such a fit is running away.
_MAX_LOG_ODDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FractionalFit:
    """Coefficients on the log-odds of the share with their clustered covariance; `degrees` are those of t."""

    coef: np.ndarray
    covariance: np.ndarray
    degrees: int
    count_clusters: int


def fit_fractional_logit(share: np.ndarray, design: np.ndarray, clusters: np.ndarray) -> FractionalFit:
    """Fit shares (0…1) on the columns of `design` (rows × columns, its intercept included).

    Raises NotEstimableError, one sentence, for shares that do not vary, columns that say the same thing, no more
    clusters than columns, and shares that the columns tell apart altogether.
    """
    share, design = np.asarray(share, float), np.asarray(design, float)
    labels, codes = np.unique(clusters, return_inverse=True)
    if len(labels) <= design.shape[1]:
        raise NotEstimableError(f"{len(labels)} accounts cannot carry {design.shape[1]} coefficients.")
    if np.ptp(share) == 0:
        raise NotEstimableError("Every share is the same, so there is nothing to explain.")
    if not is_full_rank(design):
        raise NotEstimableError("Some covariates say the same thing, so their effects cannot be told apart.")
    coef = _maximise(share, design)
    mean = expit(design @ coef)
    bread = np.linalg.inv(design.T @ (design * (mean * (1 - mean))[:, None]))
    scores = np.zeros((len(labels), design.shape[1]))
    np.add.at(scores, codes, design * (share - mean)[:, None])
    count = len(labels)
    correction = count / (count - 1) * (len(share) - 1) / (len(share) - design.shape[1])
    return FractionalFit(
        coef=coef,
        covariance=correction * bread @ (scores.T @ scores) @ bread,
        degrees=count - 1,
        count_clusters=count,
    )


def average_partial_effect(fit: FractionalFit, design: np.ndarray, column: int) -> tuple[float, float]:
    """Mean over the rows of ∂E[share]/∂x for one column, and its standard error by the delta method.

    With m = E[share | x] it is β · mean(m(1 − m)); in shares per unit of the column. The rows count as given.
    """
    mean = expit(design @ fit.coef)
    slope = mean * (1 - mean)
    gradient = fit.coef[column] * (slope * (1 - 2 * mean)) @ design / len(design)
    gradient[column] += slope.mean()
    effect = float(fit.coef[column] * slope.mean())
    return effect, float(np.sqrt(max(gradient @ fit.covariance @ gradient, 0.0)))


def _maximise(share: np.ndarray, design: np.ndarray) -> np.ndarray:
    """Newton's method on the concave quasi-likelihood, halving a step that does not climb."""
    coef = np.zeros(design.shape[1])
    value = _quasi_loglik(share, design, coef)
    for _ in range(_MAX_STEPS):
        mean = expit(design @ coef)
        information = design.T @ (design * (mean * (1 - mean))[:, None])
        step = np.linalg.lstsq(information, design.T @ (share - mean), rcond=None)[0]
        while (moved := _quasi_loglik(share, design, coef + step)) < value - 1e-12 * abs(value):
            step /= 2
        coef, value = coef + step, moved
        if np.abs(design @ coef).max() > _MAX_LOG_ODDS:
            break
        if np.abs(step).max() <= _TOLERANCE * max(1.0, np.abs(coef).max()):
            return coef
    raise NotEstimableError("Shares of 0 and 1 are told apart altogether by the covariates: no finite effect fits.")


def _quasi_loglik(share: np.ndarray, design: np.ndarray, coef: np.ndarray) -> float:
    log_odds = design @ coef
    return float(share @ log_odds - np.logaddexp(0, log_odds).sum())
