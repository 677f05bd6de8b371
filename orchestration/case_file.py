"""From the models' results and the profile to the case file that reports are made of.

Belongs here: handing over, and the notes of what a report leaves out.
Does not belong here: queries (`marts.py`, `measures.py`, `data_quality.py`), statistics and the verdict (`roi_models`).
"""

from __future__ import annotations

from orchestration.case_terms import assumption_rows, terms_of
from orchestration.data_quality import read_data_quality
from orchestration.marts import read_active_accounts, read_current_answers, read_scores
from orchestration.measures import read_measures
from orchestration.run import Run
from roi_models.case.business_case import case_problem
from roi_models.durations.followed import FollowUp
from roi_models.predictions.account_predictions import AccountPredictions
from roi_models.programmes.programme_results import ProgrammeEvidence
from roi_models.results import (
    BusinessCase,
    CaseFile,
    RetentionEffect,
    RunContext,
    SurvivalByGroup,
    WalletSummary,
)
from roi_models.study import Study
from roi_models.verdicts.verdict import absent_checks, judge


def _model_notes(retention: RetentionEffect) -> dict[str, str]:
    """What the model merged or left out for want of events."""
    encoding = retention.fit.encoding
    return {"model": " ".join(encoding.notes)} if encoding is not None and encoding.notes else {}


def assemble_case_file(
    run: Run,
    *,
    run_id: str,
    as_of: str,
    retention_effect: RetentionEffect,
    survival: SurvivalByGroup,
    survival_follow_up: FollowUp,
    wallet_summary: WalletSummary,
    business_case: BusinessCase | None,
    account_predictions: AccountPredictions,
    programme_effects: ProgrammeEvidence,
    studies: tuple[Study, ...] = (),
) -> CaseFile:
    """Judge the results and gather everything a report says; results come under the names of their assets."""
    quality = read_data_quality(run)
    terms = terms_of(run.case, programme_effects)
    assumptions = terms.assumptions
    scale = (float(run.metrics.primary.scale_min), float(run.metrics.primary.scale_max))
    problem = case_problem(
        retention_effect, read_active_accounts(run), read_current_answers(run), assumptions, scale=scale
    )
    verdict = judge(
        retention=retention_effect,
        survival=survival,
        case=business_case,
        case_problem=problem,
        study_checks=tuple(check for study in studies for check in study.checks),
        currency=run.case.currency,
        metric_label=run.metrics.primary.label,
        min_prob_npv_positive=assumptions.min_prob_npv_positive,
        uplift_is_evidenced=terms.is_pilot,
        rejected_share_pct=quality.rejected_share_pct,
        match_rate_pct=quality.match_rate_pct,
        unreconciled_revenue_pct=quality.unreconciled_revenue_pct,
        unplaced_churn_pct=quality.unplaced_churn_pct,
        suspect_answers_pct=quality.suspect_answers_pct,
    )
    return CaseFile(
        context=RunContext(
            company=run.sources.company,
            run_id=run_id,
            as_of=as_of,
            currency=run.case.currency,
            churn_policy=run.metrics.churn.sentence,
            metric_label=run.metrics.primary.label,
            absent=(*quality.absent, *absent_checks(retention_effect, survival)),
        ),
        verdict=verdict,
        retention=retention_effect,
        survival=survival,
        wallet=wallet_summary,
        case=business_case,
        row_accounting=quality.row_accounting,
        rejections=quality.rejections,
        flags=quality.flags,
        scores=read_scores(run),
        account_predictions=account_predictions.table,
        reconciliation=quality.reconciliation,
        assumptions=assumption_rows(run.case, terms),
        measures=read_measures(run),
        follow_up=survival_follow_up,
        programme=programme_effects,
        studies=studies,
        notes={"programme": run.case.programme} | _model_notes(retention_effect),
    )
