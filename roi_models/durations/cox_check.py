"""The same slope by two estimators: Cox (lifelines, Efron) and our grouped model, and whether it stays the same.

Belongs here: fitting both on the same accounts, on either time scale, the sandwich error of the Cox slope, the check of
proportional hazards.
Does not belong here: the headline slope (`hazard.py`), curves (`survival.py`, `tenure_survival.py`).

Of lifelines only coefficients and model errors are taken: its robust errors differ from R's with ties or entry, its
baseline ignores entry, its weights are not the expanded rows under Efron, and separation only warns.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import chi2

from roi_models.durations.followed import Proportionality
from roi_models.durations.month_baseline import BaselineFit, fit_free_months
from roi_models.hazards.design import MIN_EVENTS, NotEstimableError

COX_OPTIONS = {"precision": 1e-13, "max_steps": 200}
SCORE = "score"
# Slopes of two halves of the follow-up need an estimate each before their difference means anything.
MIN_EVENTS_FOR_CHANGE = 2 * MIN_EVENTS


@dataclass(frozen=True, slots=True, kw_only=True)
class CoxSlope:
    """Log hazard ratio per point of the score, its model error, and its error by the sandwich over accounts."""

    coef: float
    std_error: float
    std_error_robust: float


def fit_cox(
    covariates: pd.DataFrame, exit_month: np.ndarray, event: np.ndarray, entry_month: np.ndarray | None = None
) -> CoxSlope:
    """Efron Cox slope of the score; any convergence warning counts as failure. One row per account."""
    from lifelines import CoxPHFitter
    from lifelines.exceptions import ConvergenceError, ConvergenceWarning

    entry = np.zeros(len(covariates)) if entry_month is None else np.asarray(entry_month, dtype=float)
    exit_month, event = np.asarray(exit_month, dtype=float), np.asarray(event, dtype=bool)
    frame, entered = covariates.assign(_exit=exit_month, _event=event), {}
    if entry.any():
        frame, entered = frame.assign(_entry=entry), {"entry_col": "_entry"}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", ConvergenceWarning)
        try:
            fitted = CoxPHFitter().fit(frame, "_exit", "_event", **entered, fit_options=COX_OPTIONS)
        except (ConvergenceError, ConvergenceWarning, np.linalg.LinAlgError) as reason:
            raise NotEstimableError(
                "The Cox cross-check did not converge on the landmark's accounts: too few leave for its terms."
            ) from reason
    coef, std_error = float(fitted.params_[SCORE]), float(fitted.standard_errors_[SCORE])
    if not np.isfinite([coef, std_error]).all():
        raise NotEstimableError("The Cox cross-check gave no finite slope on the landmark's accounts.")
    sandwich = cox_sandwich(
        covariates.to_numpy(float), fitted.params_.to_numpy(), entry=entry, exit_time=exit_month, event=event
    )
    position = list(covariates.columns).index(SCORE)
    return CoxSlope(coef=coef, std_error=std_error, std_error_robust=float(np.sqrt(sandwich[position, position])))


def cox_sandwich(
    design: np.ndarray,
    coef: np.ndarray,
    *,
    entry: np.ndarray,
    exit_time: np.ndarray,
    event: np.ndarray,
    cluster: np.ndarray | None = None,
) -> np.ndarray:
    """V·S′S·V of a Cox model with Efron's ties: S are the score residuals, summed per cluster where one is given.

    Rows are at risk after `entry` up to `exit_time`. Equals R's `coxph(…, robust/cluster)`.
    """
    centred = design - design.mean(axis=0)
    risk = np.exp(centred @ coef)
    residual = np.zeros_like(centred)
    information = np.zeros((len(coef), len(coef)))
    for time in np.unique(exit_time[event]):
        at_risk = np.flatnonzero((entry < time) & (exit_time >= time))
        dying = event[at_risk] & (exit_time[at_risk] == time)
        scores, second = _efron_scores(centred[at_risk], risk[at_risk], dying)
        residual[at_risk] += scores
        information += second
    if cluster is not None:
        residual = pd.DataFrame(residual).groupby(cluster).sum().to_numpy()
    bread = np.linalg.inv(information)
    return bread @ (residual.T @ residual) @ bread


def _efron_scores(x: np.ndarray, risk: np.ndarray, dying: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Score residuals and information of one event time.

    Efron takes tied deaths one at a time; those already taken weigh less in the risk set. All steps share the same
    sums, so the cost does not grow with the number of ties.
    """
    count = int(dying.sum())
    taken = np.arange(count) / count
    weighted, tied = risk[:, None] * x, (risk * dying)[:, None] * x
    total = risk.sum() - taken * (risk * dying).sum()
    mean = (weighted.sum(axis=0) - taken[:, None] * tied.sum(axis=0)) / total[:, None]
    expected = risk[:, None] * (x * np.sum(1 / total) - np.sum(mean / total[:, None], axis=0))
    spared = risk[:, None] * (x * np.sum(taken / total) - np.sum(mean * (taken / total)[:, None], axis=0))
    scores = np.where(dying[:, None], (x - mean.mean(axis=0)) - expected + spared, -expected)
    second = weighted.T @ x * np.sum(1 / total) - tied.T @ x * np.sum(taken / total) - mean.T @ mean
    return scores, second


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthRows:
    """Distinct covariates × months with an event: counts at risk and leaving; what our model is fitted on.

    Months in which nobody left have a hazard of nil and tell nothing about the slope: they are left out.
    """

    covariates: np.ndarray
    names: tuple[str, ...]
    month: np.ndarray
    at_risk: np.ndarray
    events: np.ndarray


def month_rows(
    covariates: pd.DataFrame, exit_month: np.ndarray, event: np.ndarray, entry_month: np.ndarray | None = None
) -> MonthRows:
    """Lay accounts out as months at risk, those with equal covariates counted together."""
    exit_month, event = np.asarray(exit_month, dtype=int), np.asarray(event, dtype=bool)
    entry = np.zeros(len(exit_month), dtype=int) if entry_month is None else np.asarray(entry_month, dtype=int)
    code = covariates.groupby(list(covariates.columns), sort=True, dropna=False).ngroup().to_numpy()
    distinct = covariates.to_numpy(float)[np.unique(code, return_index=True)[1]]
    parts = []
    for month in np.unique(exit_month[event]):
        present = (entry < month) & (exit_month >= month)
        at_risk = np.bincount(code[present], minlength=len(distinct))
        left = np.bincount(code[present & event & (exit_month == month)], minlength=len(distinct))
        held = np.flatnonzero(at_risk)
        parts.append(np.column_stack([held, np.full(len(held), month), at_risk[held], left[held]]))
    which, months, at_risk, events = np.concatenate(parts).T if parts else np.zeros((4, 0), dtype=int)
    return MonthRows(
        covariates=distinct[which], names=tuple(covariates.columns), month=months, at_risk=at_risk, events=events
    )


def fit_months(rows: MonthRows, changing: np.ndarray | None = None) -> BaselineFit:
    """Our model with a free baseline per month; `changing` adds one column, its coefficient the last. Or raise."""
    design = rows.covariates if changing is None else np.column_stack([rows.covariates, changing])
    return fit_free_months(design, rows.month, rows.at_risk, rows.events)


def proportionality(rows: MonthRows) -> Proportionality:
    """Does the slope change with time? Likelihood ratio of score × log month, as R's and lifelines' tests differ."""
    months = np.unique(rows.month)
    if rows.events.sum() < MIN_EVENTS_FOR_CHANGE or len(months) < 2:
        raise NotEstimableError(
            f"Fewer than {MIN_EVENTS_FOR_CHANGE} departures or only one month with any: whether the slope changes with "
            "time cannot be tested."
        )
    position = rows.names.index(SCORE)
    centre = float(np.average(np.log(rows.month), weights=rows.events))
    plain = fit_months(rows)
    changing = fit_months(rows, rows.covariates[:, position] * (np.log(rows.month) - centre))
    statistic = max(2 * (changing.loglik - plain.loglik), 0.0)
    slopes = [float(changing.coef[position] + changing.coef[-1] * (np.log(end) - centre)) for end in months[[0, -1]]]
    return Proportionality(
        statistic=statistic,
        p_value=float(chi2.sf(statistic, 1)),
        first_month=int(months[0]),
        last_month=int(months[-1]),
        slope_first=slopes[0],
        slope_last=slopes[1],
    )


def slopes_on(
    time_scale: str,
    covariates: pd.DataFrame,
    exit_month: np.ndarray,
    event: np.ndarray,
    entry_month: np.ndarray | None = None,
) -> dict[str, object]:
    """One row: both slopes on this time scale, their difference, and the hazard that it hangs on."""
    cox = fit_cox(covariates, exit_month, event, entry_month)
    rows = month_rows(covariates, exit_month, event, entry_month)
    grouped = fit_months(rows)
    position = rows.names.index(SCORE)
    coef = float(grouped.coef[position])
    entered = 0 if entry_month is None else np.asarray(entry_month)
    return {
        "time_scale": time_scale,
        "cox_coef": cox.coef,
        "cox_std_error": cox.std_error,
        "cox_std_error_robust": cox.std_error_robust,
        "cloglog_coef": coef,
        "cloglog_std_error": float(np.sqrt(grouped.covariance[position, position])),
        "difference": coef - cox.coef,
        "difference_in_std_errors": (coef - cox.coef) / cox.std_error,
        "monthly_hazard": float(np.sum(event) / np.sum(np.asarray(exit_month) - entered)),
        "count_accounts": len(covariates),
        "count_events": int(np.sum(event)),
    }
