"""Survival by the group an account was in at the landmark, and two estimators of the same slope side by side.

Belongs here: Kaplan–Meier curves, and the accounts' covariates for the two slopes.
Does not belong here: choosing the landmark and the groups (`fct_landmark_survival`), the estimators of the slope
(`cox_check.py`), the headline effect (`retention.py`). lifelines' own column names end here.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from roi_models.durations.cox_check import CoxSlope, fit_cox, fit_months, month_rows
from roi_models.durations.grouped_months import MIN_ACCOUNTS, ordered_groups
from roi_models.hazards.design import NotEstimableError, design_matrix, learn_encoding
from roi_models.results import SurvivalByGroup

NO_CONTROLS = pd.DataFrame(columns=["control_id", "level", "kind", "mean_value"])


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
        covariates = landmark_covariates(landmark, control_levels)
        months, event = landmark["duration_months"].to_numpy(int), landmark["is_churned"].to_numpy(bool)
        rows = month_rows(covariates, months, event)
        cloglog = float(fit_months(rows).coef[rows.names.index("score")])
        return _result(month, curves, groups, cox=fit_cox(covariates, months, event), cloglog=cloglog)
    except NotEstimableError as reason:
        return _result(month, curves, groups, problem=str(reason))


def _curves(landmark: pd.DataFrame) -> pd.DataFrame:
    """Kaplan–Meier per group and month, with lifelines' 95% (log-minus-log) intervals."""
    from lifelines import KaplanMeierFitter

    columns = ["group", "month", "survival", "ci_low", "ci_high", "count_at_risk"]
    parts = []
    for group in ordered_groups(landmark):
        members = landmark[landmark["score_group"] == group]
        duration = members["duration_months"].to_numpy(int)
        months = np.arange(duration.max() + 1)
        fitted = KaplanMeierFitter().fit(duration, members["is_churned"].to_numpy(bool), timeline=months)
        interval = fitted.confidence_interval_survival_function_.to_numpy()
        survival = fitted.survival_function_.iloc[:, 0].to_numpy()
        # lifelines gives an interval of no width where nobody or everybody has left: that is "unknown", not "certain".
        interval[(survival <= 0) | (survival[-1] >= 1)] = np.nan
        parts.append(
            pd.DataFrame(
                {
                    "group": group,
                    "month": months,
                    "survival": survival,
                    "ci_low": interval[:, 0],
                    "ci_high": interval[:, 1],
                    "count_at_risk": [int((duration >= month).sum()) for month in months],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _groups(landmark: pd.DataFrame, curves: pd.DataFrame) -> pd.DataFrame:
    """Size, churn and survival at the end of follow-up of each group."""
    rows = []
    for group in ordered_groups(landmark):
        churned = landmark.loc[landmark["score_group"] == group, "is_churned"].to_numpy(bool)
        survival_end = float(curves.loc[curves["group"] == group, "survival"].iloc[-1])
        rows.append((group, len(churned), int(churned.sum()), survival_end))
    return pd.DataFrame(rows, columns=["group", "count_accounts", "count_churned", "survival_end"])


def landmark_covariates(landmark: pd.DataFrame, control_levels: pd.DataFrame | None = None) -> pd.DataFrame:
    """The accounts' columns as the hazard model codes them; NotEstimableError where no slope can come of them."""
    if len(landmark) < MIN_ACCOUNTS:
        raise NotEstimableError(f"Only {len(landmark)} account(s) at the landmark: at least {MIN_ACCOUNTS} are needed.")
    frame = _model_frame(landmark)
    encoding = learn_encoding(frame, NO_CONTROLS if control_levels is None else control_levels)
    return pd.DataFrame(design_matrix(encoding, frame)[:, 1:], columns=encoding.terms[1:])


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


def _result(
    landmark_month: str,
    curves: pd.DataFrame,
    groups: pd.DataFrame,
    *,
    cox: CoxSlope | None = None,
    cloglog: float | None = None,
    problem: str | None = None,
) -> SurvivalByGroup:
    """Assemble the result; the curves stand even when the slopes cannot be estimated."""
    return SurvivalByGroup(
        landmark_month=landmark_month,
        curves=curves,
        groups=groups,
        cox_coef=None if cox is None else cox.coef,
        cox_std_error=None if cox is None else cox.std_error,
        cloglog_coef=cloglog,
        problem=problem,
    )
