"""Retention beyond the months observed: Weibull and log-normal models of accelerated failure time.

Belongs here: fitting both on grouped months, choosing by AIC, carrying observed curves on, and when to refuse.
Does not belong here: anything inside the observed months (there the observed share stands), the business case, whose
horizon runs on the hazard model (`projection.py`).

A departure in month m is known to lie between m − 1 and m, so the likelihood is that of intervals. Departures of any
cause count.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from roi_models.design import MIN_EVENTS, NotEstimableError
from roi_models.followed import CURVE_COLUMNS, MODEL_COLUMNS
from roi_models.grouped_months import (
    EVERYBODY,
    MIN_ACCOUNTS,
    any_departure,
    count_months,
    kaplan_meier,
    log_minus_log_interval,
    ordered_groups,
    until_few_at_risk,
)

# How many times the observed months a curve may be carried on: beyond that its shape is all that speaks.
MAX_STRETCH = 2
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


def fit_shape(model: str, members: pd.DataFrame, groups: tuple[str, ...]) -> ShapeFit:
    """Fit one model to accounts (group, month, has_left), counted; raises NotEstimableError where it does not converge.

    Weights are counts. For a full likelihood that equals the expanded rows; for Efron's Cox it would not.
    """
    from lifelines import LogNormalAFTFitter, WeibullAFTFitter
    from lifelines.exceptions import ConvergenceError, ConvergenceWarning

    cells = members.groupby(["group", "month", "has_left"]).size().rename("weight").reset_index()
    frame = pd.DataFrame(
        {f"group_{place}": (cells["group"] == name) * 1.0 for place, name in enumerate(groups) if place}
    )
    frame["begun"] = np.maximum(cells["month"] - cells["has_left"], _MOMENT)
    frame["ended"] = np.where(cells["has_left"], cells["month"], np.inf)
    frame["weight"] = cells["weight"]
    fitter = {"weibull": WeibullAFTFitter, "log_normal": LogNormalAFTFitter}[model]()
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", ConvergenceWarning)
        try:
            fitter.fit_interval_censoring(frame, "begun", "ended", weights_col="weight")
        except (ConvergenceError, ConvergenceWarning, np.linalg.LinAlgError) as reason:
            raise NotEstimableError(f"The {model.replace('_', '-')} model did not converge.") from reason
    location, shape = ("lambda_", "rho_") if model == "weibull" else ("mu_", "sigma_")
    order = [(location, "Intercept"), *((location, f"group_{p}") for p in range(1, len(groups))), (shape, "Intercept")]
    coef = fitter.params_.loc[order].to_numpy(float)
    covariance = fitter.variance_matrix_.loc[order, order].to_numpy(float)
    if not np.isfinite(coef).all() or not np.isfinite(covariance).all() or (np.diag(covariance) <= 0).any():
        raise NotEstimableError(f"The {model.replace('_', '-')} model gave no finite estimate.")
    return ShapeFit(model=model, groups=groups, coef=coef, covariance=covariance, loglik=float(fitter.log_likelihood_))


@dataclass(frozen=True, slots=True, kw_only=True)
class Extrapolation:
    """`models`: one row per scope and model; `curves`: one row per group and month; what is refused, as sentences.

    In `curves`, `basis` is observed or extrapolated; `retention` is the observed share up to the last month that enough
    accounts reached and the chosen model carried on from there. The interval of an extrapolated month spans both
    models', each with its own error, added to that of the observed share as if independent.
    """

    models: pd.DataFrame
    curves: pd.DataFrame
    notes: tuple[str, ...]


def extrapolate(landmark: pd.DataFrame, horizon_months: int) -> Extrapolation:
    """Retention from the landmark to the horizon: observed as far as it goes, extrapolated only where it ends."""
    members = pd.DataFrame(
        {
            "group": landmark["score_group"],
            "month": landmark["duration_months"].astype(int),
            "has_left": any_departure(landmark).notna(),
        }
    )
    notes: list[str] = []
    models, curves = [], []
    able = [name for name in ordered_groups(landmark) if _is_enough(members[members["group"] == name])]
    for scope, groups in ((EVERYBODY, (EVERYBODY,)), ("by group", tuple(able))):
        within = members.assign(group=EVERYBODY) if scope == EVERYBODY else members[members["group"].isin(groups)]
        if not groups or not _is_enough(within):
            notes += [_TOO_LITTLE] if scope == EVERYBODY else []
            continue
        last = {name: _last_month(within[within["group"] == name]) for name in groups}
        if min(last.values()) >= horizon_months:
            curves += [_curve(within, name, last[name], horizon_months, []) for name in groups]
            notes += [_sufficient(horizon_months)] if scope == EVERYBODY else []
            continue
        try:
            fits = sorted((fit_shape(model, within, groups) for model in LOG_SURVIVAL), key=lambda fit: fit.aic)
        except NotEstimableError as reason:
            notes.append(f"Nothing is extrapolated ({scope}). {reason}")
            fits = []
        models += _model_rows(scope, fits, within)
        for name in groups:
            curve = _curve(within, name, last[name], horizon_months, fits)
            curves.append(curve)
            notes += _refusals(curve, name, last[name], horizon_months, bool(fits))
    return Extrapolation(
        models=pd.DataFrame(models, columns=MODEL_COLUMNS),
        curves=pd.concat(curves, ignore_index=True)[CURVE_COLUMNS] if curves else pd.DataFrame(columns=CURVE_COLUMNS),
        notes=tuple(notes),
    )


_TOO_LITTLE = (
    f"Fewer than {MIN_ACCOUNTS} accounts at risk, or fewer than {MIN_EVENTS} departures: retention is not carried "
    "beyond the months observed."
)


def _sufficient(horizon: int) -> str:
    return f"The months observed cover the horizon of {horizon} months: nothing is extrapolated."


def _is_enough(members: pd.DataFrame) -> bool:
    return len(members) >= MIN_ACCOUNTS and members["has_left"].sum() >= MIN_EVENTS and _last_month(members) >= 1


def _last_month(members: pd.DataFrame) -> int:
    return until_few_at_risk(count_months(members["month"].to_numpy(), _left(members)))


def _left(members: pd.DataFrame) -> pd.Series:
    return members["has_left"].map({True: "left", False: None})


def _model_rows(scope: str, fits: list[ShapeFit], members: pd.DataFrame) -> list[dict[str, object]]:
    return [
        {
            "scope": scope,
            "model": fit.model,
            "loglik": fit.loglik,
            "count_parameters": len(fit.coef),
            "aic": fit.aic,
            "aic_difference": fit.aic - fits[0].aic,
            "is_chosen": place == 0,
            "count_accounts": len(members),
            "count_left": int(members["has_left"].sum()),
        }
        for place, fit in enumerate(fits)
    ]


def _curve(members: pd.DataFrame, group: str, last: int, horizon: int, fits: list[ShapeFit]) -> pd.DataFrame:
    """Months 0 to the horizon of one group; months neither observed nor to be had from a model are left out."""
    chosen = members[members["group"] == group]
    counts = count_months(chosen["month"].to_numpy(), _left(chosen))
    survival, std_error = kaplan_meier(counts)
    low, high = log_minus_log_interval(survival, std_error)
    seen = min(last, horizon)
    frame = pd.DataFrame({"group": group, "month": np.arange(seen + 1)})
    frame["count_at_risk"] = np.concatenate([[len(chosen)], counts.at_risk[:seen]])
    frame["observed"] = np.concatenate([[1.0], survival[:seen]])
    frame["observed_low"] = np.concatenate([[np.nan], low[:seen]])
    frame["observed_high"] = np.concatenate([[np.nan], high[:seen]])
    frame["retention"], frame["basis"] = frame["observed"], "observed"
    frame["ci_low"], frame["ci_high"] = frame["observed_low"], frame["observed_high"]
    reach = min(horizon, MAX_STRETCH * last)
    if reach > last and fits and _fits_end(frame, fits[0], group, last):
        beyond = np.arange(last + 1, reach + 1)
        log_error = std_error[last - 1] / survival[last - 1]
        further = _carried_on(group, beyond, fits, last=last, survival=survival[last - 1], log_error=log_error)
        frame = pd.concat([frame, further], ignore_index=True)
    for fit in fits:
        frame[fit.model] = np.exp(fit.log_survival(group, frame["month"].to_numpy(float)))
    return frame.reindex(columns=CURVE_COLUMNS)


def _fits_end(frame: pd.DataFrame, fit: ShapeFit, group: str, last: int) -> bool:
    """Whether the chosen model lies inside the observed interval where it would take over."""
    end = frame.iloc[last]
    modelled = float(np.exp(fit.log_survival(group, np.array([float(last)])))[0])
    return bool(end["observed_low"] <= modelled <= end["observed_high"])


def _carried_on(
    group: str, month: np.ndarray, fits: list[ShapeFit], *, last: int, survival: float, log_error: float
) -> pd.DataFrame:
    """Extrapolated months: the observed end times the chosen model's survival from there on."""
    lows, highs, carried = [], [], None
    for fit in fits:
        log_ratio, variance = fit.beyond(group, month.astype(float), last)
        share = survival * np.exp(log_ratio)
        low, high = log_minus_log_interval(share, share * np.sqrt(variance + log_error**2))
        lows.append(low)
        highs.append(high)
        carried = share if carried is None else carried
    return pd.DataFrame(
        {
            "group": group,
            "month": month,
            "retention": carried,
            "ci_low": np.min(lows, axis=0),
            "ci_high": np.max(highs, axis=0),
            "basis": "extrapolated",
        }
    )


def _refusals(curve: pd.DataFrame, group: str, last: int, horizon: int, has_fits: bool) -> list[str]:
    """Why a curve ends before the horizon, where it does."""
    name = "all accounts" if group == EVERYBODY else f"the group {group}"
    reached = int(curve["month"].max())
    if reached >= horizon or not has_fits:
        return []
    if reached == last:
        return [f"For {name} the better model misses the share observed at its end, so it is not carried on."]
    return [
        f"For {name} {last} months are observed: a curve is carried on to twice that, {reached} months, and not to the "
        f"horizon of {horizon} months."
    ]
