"""Retention beyond the months observed: Weibull and log-normal models of accelerated failure time.

Belongs here: choosing a model by AIC, carrying observed curves on, and when to refuse.
Does not belong here: fitting a model (`aft_shapes.py`), anything inside the observed months (there the observed share
stands), the business case, whose horizon runs on the hazard model (`projection.py`).

Departures of any cause count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from roi_models.durations.aft_shapes import LOG_SURVIVAL, ShapeFit, fit_shape
from roi_models.durations.followed import CURVE_COLUMNS, MODEL_COLUMNS
from roi_models.durations.grouped_months import (
    EVERYBODY,
    MIN_ACCOUNTS,
    any_departure,
    count_months,
    kaplan_meier,
    log_minus_log_interval,
    ordered_groups,
    until_few_at_risk,
)
from roi_models.hazards.design import MIN_EVENTS, NotEstimableError

# How many times the observed months a curve may be carried on: beyond that its shape is all that speaks.
MAX_STRETCH = 2
# Share of the observed months in which a model must lie inside the observed interval to be carried on.
MIN_SHARE_FITTED = 0.8


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
    scopes = [(EVERYBODY, (EVERYBODY,)), *([("by group", tuple(able))] if len(able) > 1 else [])]
    for scope, groups in scopes:
        within = members.assign(group=EVERYBODY) if scope == EVERYBODY else members[members["group"].isin(groups)]
        if not _is_enough(within):
            notes.append(_TOO_LITTLE)
            break
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
    if reach > last and fits and _fits(frame, fits[0], group):
        beyond = np.arange(last + 1, reach + 1)
        log_error = std_error[last - 1] / survival[last - 1]
        further = _carried_on(group, beyond, fits, last=last, survival=survival[last - 1], log_error=log_error)
        frame = pd.concat([frame, further], ignore_index=True)
    for fit in fits:
        frame[fit.model] = np.exp(fit.log_survival(group, frame["month"].to_numpy(float)))
    return frame.reindex(columns=CURVE_COLUMNS)


def _fits(frame: pd.DataFrame, fit: ShapeFit, group: str) -> bool:
    """Whether the model lies inside the observed interval at its end, where it takes over, and in most months before.

    A share of 1 has no such interval; what it then may be at least is the exact limit for none of n leaving.
    """
    seen = frame.iloc[1:]
    modelled = np.exp(fit.log_survival(group, seen["month"].to_numpy(float)))
    least = np.where(seen["observed"] >= 1, 0.025 ** (1 / seen["count_at_risk"]), seen["observed_low"])
    most = np.where(seen["observed"] >= 1, 1.0, seen["observed_high"])
    inside = (least <= modelled) & (modelled <= most)
    return bool(inside[-1] and inside.mean() >= MIN_SHARE_FITTED)


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
        return [f"For {name} the better model misses the observed curve, so it is not carried on."]
    return [
        f"For {name} {last} months are observed: a curve is carried on to twice that, {reached} months, and not to the "
        f"horizon of {horizon} months."
    ]
