"""Synthetic model results for tests of the report: numbers hang together, nothing is estimated.

Belongs here: fits, survival curves. Does not belong here: the business case (`sample_business_case.py`), whole case
files (`sample_case.py`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from roi_models.hazards.event_counts import poisson_limits, yearly_pct
from roi_models.results import (
    HazardFit,
    RetentionEffect,
    SurvivalByGroup,
)


def hazard_fit(*, coef: float = -0.12, std_error: float = 0.02, outcome: str = "voluntary", lag: int = 3) -> HazardFit:
    terms, coefs, errors = ("score", "is_renewal"), np.array([coef, 0.9]), np.array([std_error, 0.1])
    table = pd.DataFrame({"term": terms, "coef": coefs, "std_error": errors, "std_error_model": errors * 0.95})
    table["hazard_ratio"] = np.exp(coefs)
    table["ci_low"], table["ci_high"] = np.exp(coefs - 1.96 * errors), np.exp(coefs + 1.96 * errors)
    table["z_score"] = coefs / errors
    table["p_value"] = [3.2e-9, 1e-19]
    return HazardFit(
        outcome=outcome,
        lag=lag,
        terms=terms,
        coef=coefs,
        covariance=np.diag(errors**2),
        covariance_model=np.diag(errors**2),
        table=table,
        loglik=-1234.5,
        count_account_months=84_512,
        count_events=861,
        count_groups=256,
    )


def failed_fit() -> HazardFit:
    empty = np.empty(0)
    columns = [
        "term",
        "coef",
        "hazard_ratio",
        "std_error",
        "std_error_model",
        "ci_low",
        "ci_high",
        "z_score",
        "p_value",
    ]
    return HazardFit(
        outcome="voluntary",
        lag=3,
        terms=(),
        coef=empty,
        covariance=empty,
        covariance_model=empty,
        table=pd.DataFrame(columns=columns),
        loglik=float("nan"),
        count_account_months=412,
        count_events=0,
        count_groups=37,
        problem="The 412 account-months hold no voluntary churn: supply churn events.",
    )


def retention_effect(fit: HazardFit, placebo: HazardFit | None) -> RetentionEffect:
    lags = np.arange(1, 7)
    coefs, errors = -0.15 + 0.01 * lags, np.full(6, 0.02)
    profile = pd.DataFrame({"lag": lags, "coef": coefs, "std_error": errors, "count_events": 900 - 13 * lags})
    profile["hazard_ratio"] = np.exp(coefs)
    profile["ci_low"], profile["ci_high"] = np.exp(coefs - 1.96 * errors), np.exp(coefs + 1.96 * errors)
    if not fit.is_estimable:
        profile = profile.iloc[:0]
    bins = pd.DataFrame(
        {
            "bin": [1, 2, 3],
            "count_account_months": [30_000, 30_000, 24_512],
            "predicted_events": [101.4, 260.2, 499.4],
            "observed_events": [98, 270, 493],
        }
    )
    bins["observed_low"], bins["observed_high"] = poisson_limits(bins["observed_events"])
    text = (
        "Accounts whose nps score was one point higher 2 months before the month began had a 11.3% lower "
        "monthly hazard (hazard ratio 0.887, 95% interval 0.853 to 0.922; 861 events in 84,512 "
        "account-months)."
    )
    return RetentionEffect(
        metric="nps",
        headline_lag=3,
        fit=fit,
        placebo=placebo,
        lag_profile=profile,
        calibration=bins if fit.is_estimable else bins.iloc[:0],
        by_score=by_score() if fit.is_estimable else by_score().iloc[:0],
        text=text if fit.is_estimable else f"The effect of nps could not be estimated. {fit.problem}",
        e_value=1.507 if fit.is_estimable else None,
        e_value_limit=1.388 if fit.is_estimable else None,
    )


def by_score() -> pd.DataFrame:
    """Departures by band of scores, falling as the score rises, and of accounts without an answer."""
    bands = pd.DataFrame({"band": ["b1", "b2", "b3", "b4", "silent"]})
    bands["score_low"], bands["score_high"] = [2.1, 6.5, 7.9, 9.2, np.nan], [6.4, 7.8, 9.1, 10.0, np.nan]
    bands["score_mean"] = [5.2, 7.1, 8.5, 9.6, np.nan]
    bands["count_account_months"] = [16_000, 16_100, 16_300, 16_112, 20_000]
    bands["observed_events"], bands["predicted_events"] = [260, 171, 124, 89, 217], [251.3, 178.2, 128.4, 88.1, 215.0]
    low, high = poisson_limits(bands["observed_events"])
    months = bands["count_account_months"]
    bands["observed_pct"] = yearly_pct(bands["observed_events"], months)
    bands["observed_low_pct"], bands["observed_high_pct"] = yearly_pct(low, months), yearly_pct(high, months)
    bands["predicted_pct"] = yearly_pct(bands["predicted_events"], months)
    return bands


def survival_by_group() -> SurvivalByGroup:
    hazards = {"promoter": 0.006, "passive": 0.010, "detractor": 0.018, "silent": 0.014}
    ends = {"promoter": 30, "passive": 30, "detractor": 30, "silent": 22}
    parts = []
    for group, hazard in hazards.items():
        months = np.arange(ends[group] + 1)
        survival = np.exp(-hazard * months)
        parts.append(
            pd.DataFrame(
                {
                    "group": group,
                    "month": months,
                    "survival": survival,
                    "ci_low": survival - 0.001 * months,
                    "ci_high": np.minimum(survival + 0.001 * months, 1.0),
                    "count_at_risk": 600 - 5 * months,
                }
            )
        )
    curves = pd.concat(parts, ignore_index=True)
    end = curves.groupby("group")["survival"].last()
    groups = pd.DataFrame({"group": list(hazards), "count_accounts": [620, 540, 380, 700]})
    groups["count_churned"] = [101, 140, 158, 185]
    groups["survival_end"] = [end[name] for name in hazards]
    return SurvivalByGroup(
        landmark_month="2023-06",
        curves=curves,
        groups=groups,
        cox_coef=-0.118,
        cox_std_error=0.021,
        cloglog_coef=-0.1181,
    )
