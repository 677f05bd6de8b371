"""Accelerated failure time models of months stayed: Weibull and log-normal, fitted on counted accounts by lifelines.

Belongs here: the fit, survival by it, survival from an observed month on with its error.
Does not belong here: which model is chosen and what is done with it (`extrapolation.py`).

A departure in month m is known to lie between m − 1 and m, so the likelihood is that of intervals.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from roi_models.hazards.design import NotEstimableError

# Departures in fewer months than this say nothing of a shape that has two parameters.
MIN_EVENT_MONTHS = 3
_PARAMETERS = {"weibull": ("lambda_", "rho_"), "log_normal": ("mu_", "sigma_")}
# lifelines takes no logarithm of zero: the first month begins a moment after the landmark.
_MOMENT = 1e-9


def _log_survival_weibull(location: float, shape: float, month: np.ndarray) -> np.ndarray:
    return -((month / np.exp(location)) ** np.exp(shape))


def _log_survival_log_normal(location: float, shape: float, month: np.ndarray) -> np.ndarray:
    return norm.logsf((np.log(month) - location) / np.exp(shape))


LOG_SURVIVAL: Mapping[str, Callable[[float, float, np.ndarray], np.ndarray]] = {
    "weibull": _log_survival_weibull,
    "log_normal": _log_survival_log_normal,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeFit:
    """One model: coefficients of the location (intercept, then a dummy per further group) and log shape, in order."""

    model: str
    groups: tuple[str, ...]
    coef: np.ndarray
    covariance: np.ndarray
    loglik: float

    @property
    def aic(self) -> float:
        """Twice the parameters less twice the log-likelihood."""
        return 2 * len(self.coef) - 2 * self.loglik

    def log_survival(self, group: str, month: np.ndarray, coef: np.ndarray | None = None) -> np.ndarray:
        """Log of the share still here at the end of `month`."""
        values = self.coef if coef is None else coef
        position = self.groups.index(group)
        location = values[0] + (values[position] if position else 0.0)
        with np.errstate(divide="ignore"):
            return LOG_SURVIVAL[self.model](location, values[-1], month)

    def beyond(self, group: str, month: np.ndarray, last: int) -> tuple[np.ndarray, np.ndarray]:
        """Log of survival from month `last` on, and its variance by the delta method (central differences)."""

        def log_ratio(coef: np.ndarray) -> np.ndarray:
            return self.log_survival(group, month, coef) - self.log_survival(group, np.array([last]), coef)

        steps = np.eye(len(self.coef)) * 1e-5
        slope = np.array([(log_ratio(self.coef + step) - log_ratio(self.coef - step)) / 2e-5 for step in steps])
        return log_ratio(self.coef), np.einsum("pm,pq,qm->m", slope, self.covariance, slope)


def _fitter(model: str, location: str, start: float) -> object:
    """lifelines' fitter, started at the log of months at risk per departure.

    Its own start is a search that takes twice as long as the fit itself.
    """
    from lifelines import LogNormalAFTFitter, WeibullAFTFitter

    class Started({"weibull": WeibullAFTFitter, "log_normal": LogNormalAFTFitter}[model]):
        def _create_initial_point(self, Ts, E, entries, weights, Xs):  # noqa: N803
            names = Xs.columns.groupby(Xs.columns.get_level_values(0))
            return {
                parameter: np.array([start if pair == (location, "Intercept") else 0.0 for pair in pairs])
                for parameter, pairs in names.items()
            }

    return Started()


def fit_shape(model: str, members: pd.DataFrame, groups: tuple[str, ...]) -> ShapeFit:
    """Fit one model to accounts (group, month, has_left), counted; raises NotEstimableError where it does not converge.

    Weights are counts. For a full likelihood that equals the expanded rows; for Efron's Cox it would not.
    """
    from lifelines.exceptions import ConvergenceError, ConvergenceWarning

    if members.loc[members["has_left"], "month"].nunique() < MIN_EVENT_MONTHS:
        raise NotEstimableError(f"All departures fall into fewer than {MIN_EVENT_MONTHS} months: they show no shape.")
    cells = members.groupby(["group", "month", "has_left"]).size().rename("weight").reset_index()
    frame = pd.DataFrame(
        {f"group_{place}": (cells["group"] == name) * 1.0 for place, name in enumerate(groups) if place}
    )
    frame["begun"] = np.maximum(cells["month"] - cells["has_left"], _MOMENT)
    frame["ended"] = np.where(cells["has_left"], cells["month"], np.inf)
    frame["weight"] = cells["weight"]
    location, shape = _PARAMETERS[model]
    fitter = _fitter(model, location, start=float(np.log(members["month"].sum() / members["has_left"].sum())))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", ConvergenceWarning)
        try:
            fitter.fit_interval_censoring(frame, "begun", "ended", weights_col="weight")
        except (ConvergenceError, ConvergenceWarning, np.linalg.LinAlgError) as reason:
            raise NotEstimableError(f"The {model.replace('_', '-')} model did not converge.") from reason
    order = [(location, "Intercept"), *((location, f"group_{p}") for p in range(1, len(groups))), (shape, "Intercept")]
    coef = fitter.params_.loc[order].to_numpy(float)
    covariance = fitter.variance_matrix_.loc[order, order].to_numpy(float)
    if not np.isfinite(coef).all() or not np.isfinite(covariance).all() or (np.diag(covariance) <= 0).any():
        raise NotEstimableError(f"The {model.replace('_', '-')} model gave no finite estimate.")
    return ShapeFit(model=model, groups=groups, coef=coef, covariance=covariance, loglik=float(fitter.log_likelihood_))
