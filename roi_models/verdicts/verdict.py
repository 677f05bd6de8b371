"""The verdict: the worst level among the checks, and the rule for what may be claimed.

Belongs here: from checks to level, claim and headline.
Does not belong here: the checks (`checks.py`, `data_checks.py`) and their thresholds, the wording (`headline.py`).
"""

from __future__ import annotations

from roi_models.results import BusinessCase, RetentionEffect, SurvivalByGroup
from roi_models.verdicts.checks import case_checks, model_checks
from roi_models.verdicts.data_checks import data_checks
from roi_models.verdicts.headline import headline_sentence
from roi_models.verdicts.judgement import Check, Claim, Level, Verdict


def judge(
    *,
    retention: RetentionEffect,
    survival: SurvivalByGroup,
    case: BusinessCase | None,
    currency: str,
    metric_label: str,
    min_prob_npv_positive: float,
    case_problem: str | None = None,
    study_checks: tuple[Check, ...] = (),
    uplift_is_evidenced: bool = False,
    rejected_share_pct: float | None = None,
    match_rate_pct: float | None = None,
    unreconciled_revenue_pct: float | None = None,
    unplaced_churn_pct: float | None = None,
    suspect_answers_pct: float | None = None,
) -> Verdict:
    """Hold the results against the thresholds and say what may be claimed.

    `case_problem` is the sentence of `business_case.case_problem` where there is no case. `study_checks`: what the
    studies beside the headline found. Data-quality
    numbers are percentages (0…100) and None where unknown. `uplift_is_evidenced`: the uplift was measured by
    a pilot or hold-out.
    """
    checks = (
        *model_checks(retention, survival),
        *case_checks(retention, case, case_problem),
        *study_checks,
        *data_checks(
            rejected_share_pct=rejected_share_pct,
            match_rate_pct=match_rate_pct,
            unreconciled_revenue_pct=unreconciled_revenue_pct,
            unplaced_churn_pct=unplaced_churn_pct,
            suspect_answers_pct=suspect_answers_pct,
        ),
    )
    level = max(check.level for check in checks)
    claim = _claim(level, case, min_prob_npv_positive, uplift_is_evidenced=uplift_is_evidenced)
    sentence = headline_sentence(
        level=level,
        claim=claim,
        checks=checks,
        retention=retention,
        case=case,
        currency=currency,
        metric_label=metric_label,
        min_prob_npv_positive=min_prob_npv_positive,
    )
    return Verdict(level=level, claim=claim, sentence=sentence, checks=checks)


def _claim(
    level: Level, case: BusinessCase | None, min_prob_npv_positive: float, *, uplift_is_evidenced: bool
) -> Claim:
    """Claim only where nothing failed, Δ(H) lies wholly above 0, and a gain is as likely as was asked for."""
    if case is None or level == Level.FAIL or case.gain_low_pp <= 0:
        return Claim.NONE
    if case.prob_npv_positive < min_prob_npv_positive:
        return Claim.NONE
    return Claim.EVIDENCED if uplift_is_evidenced else Claim.CONDITIONAL


def absent_checks(retention: RetentionEffect, survival: SurvivalByGroup) -> tuple[str, ...]:
    """Sentences for the checks that could not be made, so that their absence is not read as a pass."""
    absent = []
    if retention.placebo is None:
        absent.append("placebo outcome: no involuntary churn is recorded, so the placebo check could not be made")
    elif not retention.placebo.is_estimable:
        absent.append(f"placebo outcome: {retention.placebo.problem}")
    if survival.cox_coef is None or survival.cloglog_coef is None:
        absent.append(f"Cox cross-check: {survival.problem or 'no slopes to compare'}")
    return tuple(absent)
