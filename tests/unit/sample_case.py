"""Synthetic case files for tests of the report: numbers hang together, nothing is estimated.

Variants: `conditional_case`, `null_case` (REVIEW, claim none), `failed_case` (not estimable, no case),
`failed_case_with_flows` (FAIL though a case was computed), `sparse_case` (everything optional is absent).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from roi_models.results import (
    BusinessCase,
    CaseFile,
    CashFlowResult,
    Check,
    Claim,
    HazardFit,
    Level,
    RetentionEffect,
    RunContext,
    SurvivalByGroup,
    Verdict,
    WalletSummary,
)

HOSTILE_NAME = "<script>alert(1)</script> & Sons"
HOSTILE_RAW = '=HYPERLINK("http://example.invalid","7")'
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
        text=text if fit.is_estimable else f"The effect of nps could not be estimated. {fit.problem}",
        e_value=1.507 if fit.is_estimable else None,
        e_value_limit=1.388 if fit.is_estimable else None,
    )


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


def checks(level: Level = Level.PASS) -> tuple[Check, ...]:
    return (
        Check(
            id="placebo",
            label="Involuntary churn on the score",
            value=0.71,
            threshold="|z| < 1.96",
            level=Level.PASS,
            sentence="The score does not predict involuntary churn (z 0.71).",
        ),
        Check(
            id="events_per_parameter",
            label="Churn events per parameter",
            value=43.05,
            threshold=">= 10",
            level=level,
            sentence="861 events carry 20 parameters.",
            recommendation="Wait until 6 more months are in, or drop controls.",
        ),
    )


def data_frames() -> dict[str, pd.DataFrame]:
    counts = ["read", "accepted", "rejected", "superseded", "excluded", "empty"]
    accounting = pd.DataFrame(
        [
            ["zendesk", "zendesk_tickets.csv", "survey_responses", 21_040, 8_204, 3, 2, 0, 12_831],
            ["zendesk", "zendesk_tickets.csv", "support_cases", 10_520, 10_518, 1, 1, 0, 0],
            ["qualtrics", "qualtrics_nps.csv", "survey_responses", 32_111, 31_990, 2, 1, 100, 18],
        ],
        columns=["source", "source_file", "table_name", *(f"count_{name}" for name in counts)],
    )
    rejections = pd.DataFrame(
        [
            ["survey_responses", "off_scale", "score", 1, "11", "qualtrics_nps.csv", 4_017],
            [
                "survey_responses",
                "unparseable_time",
                "responded_at",
                4,
                HOSTILE_RAW,
                "zendesk_tickets.csv",
                98,
            ],
            ["support_cases", "unknown_value", "channel", 1, HOSTILE_NAME, "zendesk_tickets.csv", 12],
        ],
        columns=[
            "table_name",
            "rule",
            "column_name",
            "count_rows",
            "example_raw_value",
            "example_file",
            "example_row",
        ],
    )
    flags = pd.DataFrame(
        {
            "flag": ["orphan", "after_churn"],
            "label": ["Answers of no known account", "Answers given after the account had left"],
            "count_rows": [1, 14],
        }
    )
    scores = pd.DataFrame(
        [
            ["nps", "Recommendation (0–10)", 31_990, 7.91, 33.4, 52.1, 29.2, 18.7, np.nan, False],
            ["csat", "Satisfaction with support", 4_102, 4.12, np.nan, np.nan, np.nan, np.nan, 74.3, False],
            ["ces", "Effort", 12, np.nan, np.nan, np.nan, np.nan, np.nan, np.nan, True],
        ],
        columns=[
            *(
                "metric",
                "metric_label",
                "n",
                "mean_score",
                "nps_score",
                "promoter_pct",
                "passive_pct",
                "detractor_pct",
            ),
            *("top2_box_pct", "is_suppressed"),
        ],
    )
    reconciliation = pd.DataFrame(
        {
            "item": ["billing_revenue", "ledger_revenue", "difference"],
            "amount": [311_402_118.44, 311_402_118.44, 0.0],
        }
    )
    return {
        "row_accounting": accounting,
        "rejections": rejections,
        "flags": flags,
        "scores": scores,
        "reconciliation": reconciliation,
        "value_at_stake": value_at_stake(),
        "assumptions": assumptions(),
    }


def value_at_stake(count: int = 40) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    mrr = np.exp(rng.normal(9.2, 0.8, count)).round(2)
    risk = rng.beta(2, 10, count)
    frame = pd.DataFrame({"account_id": [f"0015e{index:05d}AAA" for index in range(count)]})
    frame["name"] = [f"Nordlicht {index} GmbH" for index in range(count)]
    frame["segment"] = [("ENT", "MID", "SMB")[index % 3] for index in range(count)]
    frame["owner"] = [("Ana Ruiz", "Tomasz Król", None)[index % 3] for index in range(count)]
    frame["mrr_amount"], frame["churn_probability_12m"] = mrr, risk
    frame["score"] = [None if index % 4 == 0 else 4.0 + index % 6 for index in range(count)]
    frame["score_state"] = ["silent" if index % 4 == 0 else "fresh" for index in range(count)]
    frame["revenue_at_risk_amount"] = (mrr * 12 * risk).round(2)
    frame.loc[frame["revenue_at_risk_amount"].idxmax(), "name"] = HOSTILE_NAME
    return frame


def assumptions() -> pd.DataFrame:
    rows = [
        [
            "uplift",
            "Rise of the metric the programme brings",
            "net NPS points",
            1.0,
            2.0,
            3.5,
            "Steering group, 2024-11",
        ],
        [
            "margin",
            "Contribution margin on recurring revenue",
            "fraction",
            None,
            MARGIN,
            None,
            "Finance, budget 2025",
        ],
        ["discount_rate", "Discount rate per year", "fraction", None, RATE, None, "Treasury"],
        [
            "benefit_risk_adjustment",
            "Share of the benefit counted after risk",
            "fraction",
            None,
            RISK_FACTOR,
            None,
            "TEI",
        ],
        ["initial_cost", "Outlay at the start", "USD", None, INITIAL, None, "Offer of 2024-10-02"],
        ["annual_cost", "Running cost per year", "USD", None, ANNUAL, None, "=cmd|' /C calc'!A0"],
        ["horizon_months", "Horizon", "months", None, 36, None, "Policy"],
        ["path", "How the uplift acts on answers", "method", None, "tilt", None, "Default"],
    ]
    return pd.DataFrame(rows, columns=["name", "label", "unit", "low", "base", "high", "source"])


def context(**changes: object) -> RunContext:
    plain = RunContext(
        company="Ålesund & Daughters",
        run_id="2024-12-3f9c2a11",
        as_of="2024-12",
        currency="USD",
        churn_policy="Explicit churn events; voluntary ones only.",
        metric_label="Recommendation (0–10)",
        absent=("customer effort by journey stage: no survey supplied",),
    )
    return replace(plain, **changes)


def conditional_sentence(case: BusinessCase) -> str:
    base = case.base
    return (
        f"If net NPS rises by {case.uplift:g} points ({case.mean_shift_points:.3f} on the average account's "
        f"0–10 score), then revenue retention over {case.horizon_months} months rises by {case.gain_pp:.2f} "
        f"percentage points (95 % interval {case.gain_low_pp:.2f} to {case.gain_high_pp:.2f}), and the net "
        f"present value is USD {base.npv:,.0f}, an ROI of {base.roi_pct:.0f} % (5th to 95th percentile "
        f"USD {case.npv_p5:,.0f} to USD {case.npv_p95:,.0f}; the chance of a gain is "
        f"{100 * case.prob_npv_positive:.0f} %). The uplift is an assumption, not yet measured."
    )


def conditional_case() -> CaseFile:
    case = business_case()
    sentence = conditional_sentence(case)
    return CaseFile(
        context=context(),
        verdict=Verdict(level=Level.PASS, claim=Claim.CONDITIONAL, sentence=sentence, checks=checks()),
        retention=retention_effect(hazard_fit(), hazard_fit(coef=-0.03, std_error=0.042, outcome="involuntary")),
        survival=survival_by_group(),
        wallet=WalletSummary(
            count_responses=1_020,
            count_accounts=611,
            war_share_mean=0.571,
            measured_share_mean=0.642,
            validation_slope=0.94,
            validation_intercept=0.08,
            multi_brand_pct=61.2,
            mean_set_size=2.19,
        ),
        case=case,
        notes={"estimand": "Revenue-weighted change of retention over the horizon, over all accounts."},
        **data_frames(),
    )


def null_case() -> CaseFile:
    plain = conditional_case()
    verdict = Verdict(
        level=Level.REVIEW,
        claim=Claim.NONE,
        sentence="No effect of the score on churn was found: nothing is claimed.",
        checks=checks(Level.REVIEW),
    )
    effect = retention_effect(hazard_fit(coef=0.004, std_error=0.02), None)
    return replace(
        plain,
        verdict=verdict,
        retention=replace(effect, text="The score does not go with churn (ratio 1.004, 0.965 to 1.044)."),
        case=business_case(scale=-0.1, gain=-0.05),
    )


def failed_case() -> CaseFile:
    check = Check(
        id="estimable",
        label="The effect can be estimated",
        value=None,
        threshold="at least 1 event",
        level=Level.FAIL,
        sentence="There are 0 churn events among 37 account groups.",
        recommendation="Supply churn events.",
    )
    verdict = Verdict(
        level=Level.FAIL,
        claim=Claim.NONE,
        sentence="No business case can be made from these data: the effect is not estimable.",
        checks=(check,),
    )
    plain = conditional_case()
    survival = plain.survival
    empty = SurvivalByGroup(
        landmark_month=survival.landmark_month,
        curves=survival.curves.iloc[:0],
        groups=survival.groups.iloc[:0],
        cox_coef=None,
        cox_std_error=None,
        cloglog_coef=None,
        problem="No account left after the landmark.",
    )
    return replace(
        plain,
        verdict=verdict,
        retention=retention_effect(failed_fit(), None),
        survival=empty,
        case=None,
        value_at_stake=plain.value_at_stake.assign(churn_probability_12m=None, revenue_at_risk_amount=None),
    )


def failed_case_with_flows() -> CaseFile:
    return replace(failed_case(), case=business_case(), retention=conditional_case().retention)


def sparse_case() -> CaseFile:
    plain = conditional_case()
    wallet = WalletSummary(
        count_responses=0,
        count_accounts=0,
        war_share_mean=None,
        measured_share_mean=None,
        validation_slope=None,
        validation_intercept=None,
        multi_brand_pct=None,
        mean_set_size=None,
        problem="No brand ratings supplied.",
    )
    case = replace(business_case(scale=0.2), break_even_uplift=None)
    verdict = replace(plain.verdict, sentence=conditional_sentence(case))
    return replace(
        plain,
        verdict=verdict,
        context=context(absent=("wallet share: no brand ratings supplied", "placebo: causes of churn are unknown")),
        retention=retention_effect(hazard_fit(), None),
        wallet=wallet,
        case=replace(case, base=replace(case.base, payback_months=None, irr=None)),
        rejections=plain.rejections.iloc[:0],
        flags=plain.flags.iloc[:0],
        reconciliation=plain.reconciliation.iloc[:0],
        value_at_stake=plain.value_at_stake.iloc[:0],
        notes={},
    )


ALL_CASES = {
    "conditional": conditional_case,
    "null": null_case,
    "failed": failed_case,
    "failed_with_flows": failed_case_with_flows,
    "sparse": sparse_case,
}
