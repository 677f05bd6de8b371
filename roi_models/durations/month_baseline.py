"""The grouped hazard model with a baseline that is free in each month: the same fit as with a dummy per month, faster.

Belongs here: Fisher scoring that eliminates the months, whose block of the information is diagonal.
Does not belong here: models whose baseline is declared (`cloglog.py`), what the rows are (`cox_check.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from roi_models.hazards.cloglog import (
    ACCEPTED_DECREMENT,
    CONVERGED_DECREMENT,
    MAX_HALVINGS,
    MAX_ITERATIONS,
    MIN_RECIPROCAL_CONDITION,
    SEPARATION_SPAN,
)
from roi_models.hazards.design import NotEstimableError


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineFit:
    """Coefficients of the covariates, their model covariance, and the log-likelihood at the maximum."""

    coef: np.ndarray
    covariance: np.ndarray
    loglik: float


def fit_free_months(design: np.ndarray, month: np.ndarray, at_risk: np.ndarray, events: np.ndarray) -> BaselineFit:
    """Fit P(event) = 1 − exp(−exp(xβ + α of the month)); raises NotEstimableError where there is no maximum.

    Months in which nobody or everybody at risk leaves are fitted perfectly by their own α and say nothing of β.
    """
    index = np.unique(month, return_inverse=True)[1]
    left, there = np.bincount(index, events), np.bincount(index, at_risk)
    told = ((left > 0) & (left < there))[index]
    if not told.any():
        raise NotEstimableError("In every month nobody or everybody at risk left, so no slope can be estimated.")
    design, at_risk, events = design[told], at_risk[told].astype(float), events[told].astype(float)
    index = np.unique(month[told], return_inverse=True)[1]
    left, there = np.bincount(index, events), np.bincount(index, at_risk)
    coef, alpha = np.zeros(design.shape[1]), np.log(-np.log1p(-left / there))
    spread, loglik = np.ptp(design, axis=0), _loglik(alpha[index], at_risk, events)
    for _ in range(MAX_ITERATIONS):
        gradient, information, finish = _step_parts(design, index, design @ coef + alpha[index], at_risk, events)
        step = np.linalg.solve(information, gradient)
        month_step, month_decrement = finish(step)
        decrement = float(gradient @ step) + month_decrement
        size = _step_size(design, index, (coef, step), (alpha, month_step), (at_risk, events, loglik))
        coef, alpha = coef + size * step, alpha + size * month_step
        loglik = _loglik(design @ coef + alpha[index], at_risk, events)
        if np.any(np.abs(coef) * spread > SEPARATION_SPAN):
            raise NotEstimableError("A term separates those who left from those who stayed: it has no finite estimate.")
        if decrement < CONVERGED_DECREMENT or size == 0:
            break
    if decrement > ACCEPTED_DECREMENT:
        raise NotEstimableError("The grouped model did not converge: too few leave for its terms.")
    _, information, _ = _step_parts(design, index, design @ coef + alpha[index], at_risk, events)
    return BaselineFit(coef=coef, covariance=np.linalg.inv(information), loglik=loglik)


def _loglik(predictor: np.ndarray, at_risk: np.ndarray, events: np.ndarray) -> float:
    mean = np.exp(predictor)
    told = np.log(-np.expm1(-mean), out=np.zeros(len(mean)), where=events > 0)
    return float(np.sum(events * told) - np.sum((at_risk - events) * mean))


def _step_parts(design, index, predictor, at_risk, events):
    """Gradient and information of β with the months eliminated, and what gives the months' own step for β's."""
    mean = np.exp(predictor)
    residual = events * mean / np.expm1(mean) - (at_risk - events) * mean
    weight = at_risk * mean**2 / np.expm1(mean)
    own, push = np.bincount(index, weight), np.bincount(index, residual)
    cross = np.column_stack([np.bincount(index, weight * column) for column in design.T])
    information = (design * weight[:, None]).T @ design - (cross / own[:, None]).T @ cross
    if not np.isfinite(information).all() or _is_singular(information):
        raise NotEstimableError("The terms are collinear, so their effects cannot be told apart.")

    def finish(step: np.ndarray) -> tuple[np.ndarray, float]:
        return (push - cross @ step) / own, float(np.sum(push**2 / own))

    return design.T @ residual - cross.T @ (push / own), information, finish


def _is_singular(information: np.ndarray) -> bool:
    scale = np.sqrt(np.maximum(np.diag(information), 0.0))
    if (scale <= 0).any():
        return True
    eigenvalues = np.linalg.eigvalsh(information / np.outer(scale, scale))
    return bool(eigenvalues[0] < MIN_RECIPROCAL_CONDITION * eigenvalues[-1])


def _step_size(design, index, slopes, months, data) -> float:
    """The longest of 1, ½, ¼ … that does not lower the likelihood beyond rounding; 0 where none is."""
    (coef, step), (alpha, month_step), (at_risk, events, loglik) = slopes, months, data
    slack, size = 1e-13 * (1 + abs(loglik)), 1.0
    for _ in range(MAX_HALVINGS):
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            reached = _loglik(design @ (coef + size * step) + (alpha + size * month_step)[index], at_risk, events)
        if np.isfinite(reached) and reached >= loglik - slack:
            return size
        size /= 2
    return 0.0
