"""Survival by the group an account was in at the landmark, and two estimators of the same slope side by side.

Belongs here: Kaplan–Meier curves, the Cox cross-check, and our hazard model on the very same accounts.
Does not belong here: choosing the landmark and the groups (`fct_landmark_survival`), the headline effect
(`retention.py`). lifelines' own column names end here.
"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd

from roi_models.cloglog import fit_cloglog
from roi_models.design import NotEstimableError, design_matrix, learn_encoding
from roi_models.results import SurvivalByGroup

GROUP_ORDER = ("promoter", "passive", "detractor", "high", "middle", "low", "silent")
NO_CONTROLS = pd.DataFrame(columns=["control_id", "level", "kind", "mean_value"])
COX_OPTIONS = {"precision": 1e-13, "max_steps": 200}


def survival_by_group(landmark: pd.DataFrame, control_levels: pd.DataFrame | None = None) -> SurvivalByGroup:
    """Follow accounts from the landmark on, by the group they were in then.

    `landmark`: account_id, landmark_month, score, score_state, score_group, duration_months (≥ 1; a churn
    falls in the last), is_churned, control_key. `control_levels` as for the hazard model; without it every
    control is categorical.
    """
    if landmark.empty:
        problem = "No account was at risk at the landmark, so there is no survival to show."
        return _result("", _curves(landmark), _groups(landmark, _curves(landmark)), problem=problem)
    landmark = landmark.sort_values("account_id", kind="stable").reset_index(drop=True)
    curves = _curves(landmark)
    groups = _groups(landmark, curves)
    month = str(landmark["landmark_month"].iloc[0])
    try:
        frame = _model_frame(landmark)
        encoding = learn_encoding(frame, NO_CONTROLS if control_levels is None else control_levels)
        covariates = pd.DataFrame(design_matrix(encoding, frame)[:, 1:], columns=encoding.terms[1:])
        cox_coef, cox_std_error = _fit_cox(covariates, landmark)
        return _result(month, curves, groups, cox=(cox_coef, cox_std_error), cloglog=_fit_months(covariates, landmark))
    except NotEstimableError as reason:
        return _result(month, curves, groups, problem=str(reason))


def _curves(landmark: pd.DataFrame) -> pd.DataFrame:
    """Kaplan–Meier per group and month, with lifelines' 95 % (log-minus-log) intervals."""
    from lifelines import KaplanMeierFitter

    columns = ["group", "month", "survival", "ci_low", "ci_high", "count_at_risk"]
    parts = []
    for group in _ordered_groups(landmark):
        members = landmark[landmark["score_group"] == group]
        duration = members["duration_months"].to_numpy(int)
        months = np.arange(duration.max() + 1)
        fitted = KaplanMeierFitter().fit(duration, members["is_churned"].to_numpy(bool), timeline=months)
        interval = fitted.confidence_interval_survival_function_
        parts.append(
            pd.DataFrame(
                {
                    "group": group,
                    "month": months,
                    "survival": fitted.survival_function_.iloc[:, 0].to_numpy(),
                    "ci_low": interval.iloc[:, 0].to_numpy(),
                    "ci_high": interval.iloc[:, 1].to_numpy(),
                    "count_at_risk": [int((duration >= month).sum()) for month in months],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _groups(landmark: pd.DataFrame, curves: pd.DataFrame) -> pd.DataFrame:
    """Size, churn and survival at the end of follow-up of each group."""
    rows = []
    for group in _ordered_groups(landmark):
        churned = landmark.loc[landmark["score_group"] == group, "is_churned"].to_numpy(bool)
        survival_end = float(curves.loc[curves["group"] == group, "survival"].iloc[-1])
        rows.append((group, len(churned), int(churned.sum()), survival_end))
    return pd.DataFrame(rows, columns=["group", "count_accounts", "count_churned", "survival_end"])


def _ordered_groups(landmark: pd.DataFrame) -> list[str]:
    """Groups present, best first, silent last; an unknown one goes to the end."""
    rank = {group: position for position, group in enumerate(GROUP_ORDER)}
    present = landmark["score_group"].unique().tolist() if len(landmark) else []
    return sorted(present, key=lambda group: (rank.get(group, len(rank)), group))


def _model_frame(landmark: pd.DataFrame) -> pd.DataFrame:
    """The landmark's rows in the form the design is learned from: months at risk and events per account."""
    score = landmark["score"].astype(float)
    return pd.DataFrame(
        {
            "score": score.where(landmark["score_state"] != "silent"),
            "score_state": landmark["score_state"],
            "control_key": landmark["control_key"],
            "at_risk": landmark["duration_months"].astype(float),
            "events": landmark["is_churned"].astype(float),
        }
    )


def _fit_cox(covariates: pd.DataFrame, landmark: pd.DataFrame) -> tuple[float, float]:
    """Efron Cox slope of the score and its standard error; any convergence warning counts as failure."""
    from lifelines import CoxPHFitter
    from lifelines.exceptions import ConvergenceError, ConvergenceWarning

    frame = covariates.assign(
        duration_months=landmark["duration_months"].astype(float),
        is_churned=landmark["is_churned"].astype(bool),
    )
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", ConvergenceWarning)
        try:
            fitted = CoxPHFitter().fit(frame, "duration_months", "is_churned", fit_options=COX_OPTIONS)
        except (ConvergenceError, ConvergenceWarning, np.linalg.LinAlgError) as reason:
            raise NotEstimableError(
                "The Cox cross-check did not converge on the landmark's accounts: too few leave for its terms."
            ) from reason
    coef, std_error = float(fitted.params_["score"]), float(fitted.standard_errors_["score"])
    if not np.isfinite([coef, std_error]).all():
        raise NotEstimableError("The Cox cross-check gave no finite slope on the landmark's accounts.")
    return coef, std_error


def _fit_months(covariates: pd.DataFrame, landmark: pd.DataFrame) -> float:
    """Our slope on the same accounts laid out as months, with a free baseline per month.

    Months in which nobody left have a hazard of nil and tell nothing about the slope: they are left out.
    """
    duration = landmark["duration_months"].to_numpy(int)
    account = np.repeat(np.arange(len(duration)), duration)
    month = np.concatenate([np.arange(1, length + 1) for length in duration])
    event = (month == duration[account]) & landmark["is_churned"].to_numpy(bool)[account]
    eventful = np.unique(month[event])
    rows = np.isin(month, eventful)
    baseline = (month[rows, None] == eventful[None, :]).astype(float)
    design = np.hstack([covariates.to_numpy()[account[rows]], baseline])
    terms = [*covariates.columns, *(f"month {value}" for value in eventful)]
    fitted = fit_cloglog(design, np.ones(rows.sum()), event[rows], terms=terms)
    if fitted.problem is not None:
        raise NotEstimableError(fitted.problem)
    return float(fitted.coef[terms.index("score")])


def _result(
    landmark_month: str,
    curves: pd.DataFrame,
    groups: pd.DataFrame,
    *,
    cox: tuple[float | None, float | None] = (None, None),
    cloglog: float | None = None,
    problem: str | None = None,
) -> SurvivalByGroup:
    """Assemble the result; the curves stand even when the slopes cannot be estimated."""
    return SurvivalByGroup(
        landmark_month=landmark_month,
        curves=curves,
        groups=groups,
        cox_coef=cox[0],
        cox_std_error=cox[1],
        cloglog_coef=cloglog,
        problem=problem,
    )
