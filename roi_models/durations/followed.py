"""The shape of what is known of the landmark's accounts after it, as reports and tables take it.

Belongs here: the result, the columns of its frames, and how an absent one looks.
Does not belong here: estimation (`follow_up.py` and the estimators it calls), printing (`report/`).
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

INCIDENCE_COLUMNS = [
    *("group", "cause", "month", "incidence", "ci_low", "ci_high"),
    *("one_minus_kaplan_meier", "count_at_risk", "count_left"),
]
RESTRICTED_COLUMNS = [
    *("group", "count_accounts", "count_left", "horizon_months", "mean_months", "ci_low", "ci_high"),
    *("compared_with", "difference_months", "difference_low", "difference_high", "p_value", "note"),
]
TENURE_COLUMNS = ["tenure_month", "survival", "ci_low", "ci_high", "count_at_risk", "count_left"]
MODEL_COLUMNS = [
    *("scope", "model", "loglik", "count_parameters", "aic", "aic_difference", "is_chosen"),
    *("count_accounts", "count_left"),
]
CURVE_COLUMNS = [
    *("group", "month", "count_at_risk", "observed", "observed_low", "observed_high", "weibull", "log_normal"),
    *("retention", "ci_low", "ci_high", "basis"),
]
SLOPE_COLUMNS = [
    *("time_scale", "cox_coef", "cox_std_error", "cox_std_error_robust", "cloglog_coef", "cloglog_std_error"),
    *("difference", "difference_in_std_errors", "monthly_hazard", "count_accounts", "count_events"),
]
NOTE_COLUMNS = ["topic", "sentence"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proportionality:
    """Likelihood ratio test of score × log month, and the slope in the first and in the last month with an event."""

    statistic: float
    p_value: float
    first_month: int
    last_month: int
    slope_first: float
    slope_last: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """Tables of the estimators (empty where refused) and `notes`: topic, sentence; every refusal is one of them."""

    incidence: pd.DataFrame
    restricted_means: pd.DataFrame
    by_tenure: pd.DataFrame
    slopes: pd.DataFrame
    proportionality: Proportionality | None
    models: pd.DataFrame
    curves: pd.DataFrame
    notes: pd.DataFrame


def empty_follow_up() -> FollowUp:
    """Nothing was followed, and nothing is said."""
    return FollowUp(
        incidence=pd.DataFrame(columns=INCIDENCE_COLUMNS),
        restricted_means=pd.DataFrame(columns=RESTRICTED_COLUMNS),
        by_tenure=pd.DataFrame(columns=TENURE_COLUMNS),
        slopes=pd.DataFrame(columns=SLOPE_COLUMNS),
        proportionality=None,
        models=pd.DataFrame(columns=MODEL_COLUMNS),
        curves=pd.DataFrame(columns=CURVE_COLUMNS),
        notes=pd.DataFrame(columns=NOTE_COLUMNS),
    )
