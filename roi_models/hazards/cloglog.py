"""Maximum likelihood for grouped complementary log-log data, and its account-clustered covariance.

Belongs here: numbers in, numbers out, for any design matrix.
Does not belong here: what the columns mean (`design.py`), account-month cells (`hazard.py`), texts for
finance (`retention.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

# A term whose contribution spans more than e^15 between its lowest and highest value is running off to
# infinity: Fisher scoring moves a separated coefficient by about one per step and would stop only at machine
# precision.
SEPARATION_SPAN = 15.0
# Newton decrement (squared distance to the maximum in standard errors) at which the fit has converged.
CONVERGED_DECREMENT = 1e-18
# A wider stopping rule for the last bits, where rounding keeps the decrement from shrinking further.
ACCEPTED_DECREMENT = 1e-12
MAX_ITERATIONS = 80
MAX_HALVINGS = 30
MIN_RECIPROCAL_CONDITION = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class ClogLogFit:
    """Coefficients (log hazard ratios), both covariances (terms × terms) and the log-likelihood of a grouped
    fit.

    `covariance_model` inverts the expected information, as R's `glm` does; `covariance` is clustered where
    clusters were given, otherwise the model's. `problem` is a sentence when the maximum does not exist or was
    not found.
    """

    coef: np.ndarray
    covariance_model: np.ndarray
    covariance: np.ndarray
    loglik: float
    iterations: int
    problem: str | None = None


def fit_cloglog(
    design: np.ndarray,
    at_risk: np.ndarray,
    events: np.ndarray,
    cluster: np.ndarray | None = None,
    *,
    terms: Sequence[str] | None = None,
) -> ClogLogFit:
    """Fit P(event) = 1 − exp(−exp(xβ)) to grouped rows (Prentice & Gloeckler 1978) by Fisher scoring.

    `design` is rows × terms (no intercept is added), `at_risk` and `events` are counts per row, `cluster` a
    label per row. Rows nobody is at risk in add nothing. Never raises on data: see `problem`.
    """
    names = tuple(terms) if terms is not None else tuple(f"column {i}" for i in range(design.shape[1]))
    design, at_risk, events = (np.asarray(part, dtype=float) for part in (design, at_risk, events))
    total = float(at_risk.sum())
    if total <= 0 or not 0 < events.sum() < total:
        return _failed(len(names), "The events are none or all of the rows at risk, so no hazard model can be fitted.")
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        coef, iterations, decrement = _maximise(design, at_risk, events)
        problem = _problem(design, coef, decrement, names)
        if problem is not None:
            return _failed(len(names), problem, iterations)
        bread = np.linalg.inv(_information(design, at_risk, np.exp(design @ coef)))
        clustered = (
            bread
            if cluster is None
            else clustered_covariance(design, coef, bread, at_risk=at_risk, events=events, cluster=cluster)
        )
        loglik = _loglik(design @ coef, at_risk, events)
    return ClogLogFit(coef=coef, covariance_model=bread, covariance=clustered, loglik=loglik, iterations=iterations)


def clustered_covariance(
    design: np.ndarray,
    coef: np.ndarray,
    bread: np.ndarray,
    *,
    at_risk: np.ndarray,
    events: np.ndarray,
    cluster: np.ndarray,
) -> np.ndarray:
    """Sandwich V·S′S·V with the score vectors S summed per cluster, times G/(G−1) for G clusters.

    HC0 in the rows; the factor is the usual correction for few clusters (0.4% of variance at 256 account
    groups), kept because too narrow an interval is the error that costs trust.
    """
    _, scores = cluster_scores(design, coef, at_risk=at_risk, events=events, cluster=cluster)
    count = len(scores)
    factor = count / (count - 1) if count > 1 else 1.0
    sandwich = bread @ (scores.T @ scores) @ bread * factor
    return (sandwich + sandwich.T) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupScores:
    """Sums per group at given coefficients: `scores` (groups × terms), the derivatives of the log-likelihood;
    `information` (groups × terms × terms); `counted` (groups), its weight in the rows that were marked."""

    scores: np.ndarray
    information: np.ndarray
    counted: np.ndarray


def group_scores(
    design: np.ndarray,
    coef: np.ndarray,
    *,
    at_risk: np.ndarray,
    events: np.ndarray,
    group: np.ndarray,
    is_counted: np.ndarray,
) -> GroupScores:
    """What a bootstrap over groups needs of the likelihood; `group` numbers the groups from 0."""
    mean = np.exp(design @ coef)
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    weight = at_risk * mean**2 / np.expm1(mean)
    residual = _residual(mean, at_risk, events)
    scores = np.add.reduceat((design * residual[:, None])[order], starts, axis=0)
    bounds = np.append(starts, len(order))
    information = np.stack(
        [
            (design[part] * weight[part, None]).T @ design[part]
            for part in (order[low:high] for low, high in pairwise(bounds))
        ]
    )
    counted = np.bincount(group, weights=weight * is_counted)
    return GroupScores(scores=scores, information=information, counted=counted)


def cluster_scores(
    design: np.ndarray, coef: np.ndarray, *, at_risk: np.ndarray, events: np.ndarray, cluster: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The clusters' labels, sorted, and the derivative of the log-likelihood summed over each (clusters × terms)."""
    residual = _residual(np.exp(design @ coef), at_risk, events)
    labels, index = np.unique(cluster, return_inverse=True)
    sums = [np.bincount(index, weights=residual * column, minlength=len(labels)) for column in design.T]
    return labels, np.column_stack(sums)


def _residual(mean: np.ndarray, at_risk: np.ndarray, events: np.ndarray) -> np.ndarray:
    """Derivative of the log-likelihood by the linear predictor: μe^−μ/p per event, −μ per row without one."""
    return events * mean / np.expm1(mean) - (at_risk - events) * mean


def _information(design: np.ndarray, at_risk: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Expected information X′WX with W = n·μ²e^−μ/p, written as n·μ²/(e^μ − 1) to stay exact for tiny
    hazards."""
    weight = at_risk * mean**2 / np.expm1(mean)
    return (design * weight[:, None]).T @ design


def _loglik(predictor: np.ndarray, at_risk: np.ndarray, events: np.ndarray) -> float:
    """Bernoulli log-likelihood of the expanded rows (no binomial constant, so it equals R's on ungrouped
    rows)."""
    mean = np.exp(predictor)
    return float(
        np.sum(np.where(events > 0, events * np.log(-np.expm1(-mean)), 0.0)) - np.sum((at_risk - events) * mean)
    )


def _maximise(design: np.ndarray, at_risk: np.ndarray, events: np.ndarray) -> tuple[np.ndarray, int, float]:
    """Fisher scoring with step halving from the constant hazard. Returns coefficients, iterations, last
    decrement."""
    overall = -np.log1p(-events.sum() / at_risk.sum())
    coef = np.linalg.lstsq(design, np.full(len(design), np.log(overall)), rcond=None)[0]

    def loglik_at(candidate: np.ndarray) -> float:
        return _loglik(design @ candidate, at_risk, events)

    loglik, decrement = loglik_at(coef), np.inf
    spread = np.ptp(design, axis=0)
    for iteration in range(1, MAX_ITERATIONS + 1):
        mean = np.exp(design @ coef)
        gradient = design.T @ _residual(mean, at_risk, events)
        information = _information(design, at_risk, mean)
        if _reciprocal_condition(information) < MIN_RECIPROCAL_CONDITION:
            return coef, iteration, np.inf
        step = np.linalg.solve(information, gradient)
        decrement = float(gradient @ step)
        coef, loglik, moved = _move(coef, step, loglik, loglik_at)
        if decrement < CONVERGED_DECREMENT or not moved or np.any(np.abs(coef) * spread > 2 * SEPARATION_SPAN):
            break
    return coef, iteration, decrement


def _move(
    coef: np.ndarray, step: np.ndarray, loglik: float, loglik_at: Callable[[np.ndarray], float]
) -> tuple[np.ndarray, float, bool]:
    """Take the longest of the steps 1, ½, ¼ … that does not lower the likelihood beyond rounding."""
    slack = 1e-13 * (1 + abs(loglik))
    for _ in range(MAX_HALVINGS):
        candidate = coef + step
        reached = loglik_at(candidate)
        if np.isfinite(reached) and reached >= loglik - slack:
            return candidate, reached, True
        step = step / 2
    return coef, loglik, False


def _reciprocal_condition(information: np.ndarray) -> float:
    """Reciprocal condition number after scaling every term to unit information (0 when singular or not
    finite)."""
    scale = np.sqrt(np.diag(information))
    if not np.all(np.isfinite(information)) or np.any(scale <= 0):
        return 0.0
    eigenvalues = np.linalg.eigvalsh(information / np.outer(scale, scale))
    return float(max(eigenvalues[0], 0.0) / eigenvalues[-1])


def _problem(design: np.ndarray, coef: np.ndarray, decrement: float, names: Sequence[str]) -> str | None:
    """Say why the fit cannot be used: a separated term, a singular design, or no convergence."""
    span = np.abs(coef) * np.ptp(design, axis=0)
    if np.any(span > SEPARATION_SPAN):
        worst = names[int(np.argmax(span))]
        return (
            f"The term '{worst}' separates the rows with events from those without, so its hazard ratio has "
            "no finite "
            "estimate: merge its levels, drop it from the controls, or wait for more events."
        )
    if not np.isfinite(decrement):
        return "The terms are collinear, so their effects cannot be told apart: drop a redundant control."
    if decrement > ACCEPTED_DECREMENT:
        return f"No convergence in {MAX_ITERATIONS} iterations: use fewer controls, or wait for more events."
    return None


def _failed(count_terms: int, problem: str, iterations: int = 0) -> ClogLogFit:
    """A fit that holds nothing but the reason why there is none."""
    blank = np.full((count_terms, count_terms), np.nan)
    return ClogLogFit(
        coef=np.full(count_terms, np.nan),
        covariance_model=blank,
        covariance=blank,
        loglik=float("nan"),
        iterations=iterations,
        problem=problem,
    )
