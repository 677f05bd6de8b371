"""Synthetic case files for tests of the report: numbers hang together, and only the follow-up is estimated.

Variants: `conditional_case`, `null_case` (REVIEW, claim none), `failed_case` (not estimable, no case),
`failed_case_with_flows` (FAIL though a case was computed), `sparse_case` (everything optional is absent).
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd

from roi_models.durations.follow_up import follow_up
from roi_models.durations.followed import FollowUp, empty_follow_up
from roi_models.measures import empty_measures
from roi_models.programmes.programme_results import no_evidence
from roi_models.results import BusinessCase, CaseFile, RunContext, SurvivalByGroup, WalletSummary
from roi_models.verdicts.judgement import Check, Claim, Level, Verdict
from tests.unit.sample_business_case import assumption_table, business_case
from tests.unit.sample_measures import measures
from tests.unit.sample_models import failed_fit, hazard_fit, retention_effect, survival_by_group
from tests.unit.sample_programme import programme
from tests.unit.sample_study import sample_study
from tests.unit.survival_data import landmark_accounts

HOSTILE_NAME = "<script>alert(1)</script> & Sons"
HOSTILE_RAW = '=HYPERLINK("http://example.invalid","7")'


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
        "account_predictions": account_predictions(),
        "assumptions": assumption_table(),
    }


def account_predictions(count: int = 40) -> pd.DataFrame:
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
    frame["churn_probability_12m_low"], frame["churn_probability_12m_high"] = risk * 0.8, risk * 1.2
    frame["revenue_at_risk_amount"] = (mrr * 12 * risk).round(2)
    frame["revenue_at_risk_low_amount"] = (mrr * 12 * risk * 0.8).round(2)
    frame["revenue_at_risk_high_amount"] = (mrr * 12 * risk * 1.2).round(2)
    frame["reasons"] = ["silent for over a year" if index % 4 == 0 else "renewal next month" for index in range(count)]
    frame.loc[frame["revenue_at_risk_amount"].idxmax(), "name"] = HOSTILE_NAME
    return frame


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
        f"percentage points (95% interval {case.gain_low_pp:.2f} to {case.gain_high_pp:.2f}), and the net "
        f"present value is USD {base.npv:,.0f}, an ROI of {base.roi_pct:.0f}% (5th to 95th percentile "
        f"USD {case.npv_p5:,.0f} to USD {case.npv_p95:,.0f}; the chance of a gain is "
        f"{100 * case.prob_npv_positive:.0f}%). The uplift is an assumption, not yet measured."
    )


@cache
def landmark_follow_up(count: int) -> FollowUp:
    """Of so many simulated accounts; with a dozen every estimator refuses."""
    return follow_up(landmark_accounts(n=count, hazard=0.03), horizon_months=36, outcome="voluntary")


@cache
def conditional_case() -> CaseFile:
    case = business_case()
    sentence = conditional_sentence(case)
    return CaseFile(
        context=context(),
        verdict=Verdict(level=Level.PASS, claim=Claim.CONDITIONAL, sentence=sentence, checks=checks()),
        retention=retention_effect(hazard_fit(), hazard_fit(coef=-0.03, std_error=0.042, outcome="involuntary")),
        survival=survival_by_group(),
        follow_up=landmark_follow_up(300),
        wallet=WalletSummary(
            count_responses=1_020,
            count_accounts=611,
            war_share_mean=0.571,
            measured_share_mean=0.642,
            multi_brand_pct=61.2,
            mean_set_size=2.19,
        ),
        case=case,
        measures=measures(),
        programme=programme(),
        studies=(sample_study(),),
        notes={"estimand": "Revenue-weighted change of retention over the horizon, over all accounts."},
        **data_frames(),
    )


@cache
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
        case=business_case(beta=0.05),
    )


@cache
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
        follow_up=empty_follow_up(),
        case=None,
        account_predictions=plain.account_predictions.assign(
            churn_probability_12m=None,
            churn_probability_12m_low=None,
            churn_probability_12m_high=None,
            revenue_at_risk_amount=None,
        ),
    )


def failed_case_with_flows() -> CaseFile:
    return replace(failed_case(), case=business_case(), retention=conditional_case().retention)


@cache
def sparse_case() -> CaseFile:
    plain = conditional_case()
    wallet = WalletSummary(
        count_responses=0,
        count_accounts=0,
        war_share_mean=None,
        measured_share_mean=None,
        multi_brand_pct=None,
        mean_set_size=None,
        problem="No brand ratings supplied.",
    )
    case = business_case(scale=0.05)
    verdict = replace(plain.verdict, sentence=conditional_sentence(case))
    return replace(
        plain,
        verdict=verdict,
        context=context(absent=("wallet share: no brand ratings supplied", "placebo: causes of churn are unknown")),
        retention=retention_effect(hazard_fit(), None),
        wallet=wallet,
        follow_up=landmark_follow_up(12),
        case=case,
        rejections=plain.rejections.iloc[:0],
        flags=plain.flags.iloc[:0],
        reconciliation=plain.reconciliation.iloc[:0],
        account_predictions=plain.account_predictions.iloc[:0],
        measures=empty_measures(),
        programme=no_evidence(),
        studies=(),
        notes={},
    )


ALL_CASES = {
    "conditional": conditional_case,
    "null": null_case,
    "failed": failed_case,
    "failed_with_flows": failed_case_with_flows,
    "sparse": sparse_case,
}
