"""Synthetic model results for tests of the report: numbers hang together, nothing is estimated.

Belongs here: fits, survival curves, cash flows. Does not belong here: whole case files (`sample_case.py`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from roi_models.hazards.event_counts import poisson_limits, yearly_pct
from roi_models.results import (
    BusinessCase,
    CashFlowResult,
    HazardFit,
    RetentionEffect,
    SurvivalByGroup,
)

RISK_FACTOR = 0.9  # benefits are counted at nine tenths in the sample
MARGIN, RATE, INITIAL, ANNUAL = 0.75, 0.10, 120_000.0, 90_000.0


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
        "Accounts whose nps score was one point higher 2 months before the month began had a 11.3 % lower "
        "monthly hazard (hazard ratio 0.887, 95 % interval 0.853 to 0.922; 861 events in 84,512 "
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


def yearly_flows(scale: float = 1.0) -> pd.DataFrame:
    revenue = np.array([0.0, 240_123.4567, 480_246.9134, 720_370.3701]) * scale
    years = pd.DataFrame({"year": [0, 1, 2, 3], "retained_revenue_amount": revenue})
    years["benefit"] = (revenue * MARGIN * RISK_FACTOR).round(2)
    years["cost"] = [INITIAL, ANNUAL, ANNUAL, ANNUAL]
    years["net"] = years["benefit"] - years["cost"]
    years["cumulative_net"] = years["net"].cumsum()
    years["discount_factor"] = (1 + RATE) ** -years["year"].astype(float)
    years["pv_benefit"] = years["benefit"] * years["discount_factor"]
    years["pv_cost"] = years["cost"] * years["discount_factor"]
    return years


def _appraisal(years: pd.DataFrame, payback: float | None) -> CashFlowResult:
    benefits, costs = round(years["pv_benefit"].sum(), 2), round(years["pv_cost"].sum(), 2)
    npv = round(benefits - costs, 2)
    return CashFlowResult(
        pv_costs=costs,
        pv_benefits=benefits,
        npv=npv,
        roi_pct=npv / costs * 100,
        payback_months=payback,
        irr=0.9 if npv > 0 else None,
    )


def payback_of(years: pd.DataFrame) -> float | None:
    """Months until the cumulative net of the flows is no longer negative, linear within the year."""
    total = list(years["cumulative_net"])
    for year in range(1, len(total)):
        if total[year] >= 0:
            return 12 * (year - 1 + -total[year - 1] / (total[year] - total[year - 1]))
    return None


def business_case(*, scale: float = 1.0, gain: float = 1.21) -> BusinessCase:
    years = yearly_flows(scale)
    base = _appraisal(years, payback_of(years))
    draws = pd.DataFrame({"uplift": np.full(400, 2.0), "slope": np.full(400, -0.12)})
    spread = np.random.default_rng(11).normal(base.npv, 160_000, 400)
    draws["npv"], draws["roi_pct"] = spread, spread / base.pv_costs * 100
    scenarios = pd.DataFrame(
        {
            "scenario": ["low", "base", "high"],
            "uplift": [1.0, 2.0, 3.5],
            "npv": [-71_500.25, base.npv, 890_000.0],
            "roi_pct": [-20.8, base.roi_pct, 258.9],
            "payback_months": [None, base.payback_months, 9.0],
        }
    )
    segments = pd.DataFrame(
        {
            "segment": ["ENT", "MID", "SMB"],
            "count_accounts": [401, 833, 1_447],
            "mrr_amount": [5_911_204.11, 3_006_442.02, 1_060_117.77],
            "retention_base": [0.905, 0.881, 0.842],
            "retention_programme": [0.9169, 0.8942, 0.8561],
            "retained_revenue_amount": [801_000.5, 461_500.25, 178_240.0],
        }
    )
    return BusinessCase(
        horizon_months=36,
        metric="nps",
        uplift_unit="net_nps_points",
        uplift=2.0,
        mean_shift_points=0.043,
        gain_pp=gain,
        gain_low_pp=gain - 0.4,
        gain_high_pp=gain + 0.4,
        retention_base=0.8869,
        retention_programme=0.8990,
        base=base,
        npv_p5=float(np.quantile(spread, 0.05)),
        npv_p50=float(np.quantile(spread, 0.5)),
        npv_p95=float(np.quantile(spread, 0.95)),
        prob_npv_positive=float((spread > 0).mean()),
        break_even_uplift=1.1168,
        years=years,
        scenarios=scenarios,
        by_segment=segments,
        draws=draws,
        count_accounts=2_681,
        count_silent_accounts=702,
        mrr_amount=9_977_763.90,
        evpi_amount=1_204.55,
    )
