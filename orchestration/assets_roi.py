"""The models behind the headline as assets.

Belongs here: asset bodies of the shape read → call a pure function → hand on, with metadata for the UI.
Does not belong here: what stands beside the headline (`studies`), statistics (`roi_models`), queries (`marts.py`).
"""

from dataclasses import replace

import dagster as dg

from orchestration import marts
from orchestration.assets_programme import programme_effects
from orchestration.case_setting import case_setting
from orchestration.case_terms import initiatives_of, require_segments, terms_of
from orchestration.roi_asset import as_markdown, roi_asset
from orchestration.run import Run
from orchestration.studies import growth
from roi_models.case.business_case import build_case
from roi_models.durations.follow_up import follow_up
from roi_models.durations.followed import FollowUp
from roi_models.durations.survival import survival_by_group
from roi_models.hazards.decomposition import decompose
from roi_models.hazards.retention import estimate_retention
from roi_models.predictions.account_predictions import AccountPredictions, predict_accounts
from roi_models.predictions.prediction_reasons import AgeWords
from roi_models.programmes.programme_results import ProgrammeEvidence
from roi_models.results import BusinessCase, RetentionEffect, SurvivalByGroup, WalletSummary
from roi_models.revenue.expansion import ExpansionEvidence, expansion_evidence
from roi_models.revenue.growth import GrowthFit
from roi_models.satisfaction.latent_score import correct_slope
from roi_models.wallets.wallet import summarise_wallet


@roi_asset(
    "agg_hazard_cells",
    "agg_baseline_cells",
    "agg_role_cells",
    "agg_control_levels",
    "fct_account_months",
    "fct_survey_responses",
)
def retention_effect(context: dg.AssetExecutionContext) -> dg.Output[RetentionEffect]:
    """How one point of the primary metric goes with monthly churn: grouped cloglog on the hazard cells."""
    run: Run = context.resources.run
    with run.step("retention model") as remarks:
        lag, outcome = run.metrics.headline_lag, marts.churn_outcome(run)
        cells = marts.read_cells(run)
        effect = estimate_retention(
            cells,
            marts.read_control_levels(run),
            metric=run.metrics.primary.label,
            headline_lag=lag,
            outcome=outcome,
        )
        parts = decompose(marts.read_baseline_cells(run), marts.read_role_cells(run), outcome=outcome, lag=lag)
        latent = correct_slope(
            effect.fit,
            cells,
            marts.read_answer_history(run),
            fresh_days=run.metrics.fresh_days,
            stale_days=run.metrics.primary.horizon_days or run.metrics.stale_days,
        )
        effect = replace(effect, parts=parts, latent=latent)
        remarks.append(f"{effect.fit.count_account_months:,} account-months, {effect.fit.count_events:,} events")
    return dg.Output(
        effect,
        metadata={
            "lag_profile": as_markdown(effect.lag_profile),
            "terms": as_markdown(effect.fit.table),
            "parts": as_markdown(effect.parts),
            "reading": effect.text,
        },
    )


@roi_asset("fct_landmark_survival", "agg_control_levels")
def survival(context: dg.AssetExecutionContext) -> dg.Output[SurvivalByGroup]:
    """Kaplan–Meier curves by the group at the landmark, and a Cox model to check the hazard model against."""
    run: Run = context.resources.run
    with run.step("survival curves") as remarks:
        curves = survival_by_group(marts.read_landmark(run), marts.read_control_levels(run))
        remarks.append(f"{len(curves.groups)} groups from {curves.landmark_month}")
    return dg.Output(curves, metadata={"groups": as_markdown(curves.groups)})


@roi_asset("fct_landmark_survival", "agg_control_levels")
def survival_follow_up(context: dg.AssetExecutionContext) -> dg.Output[FollowUp]:
    """The landmark's accounts followed on: causes, months stayed, slopes checked, retention beyond the data."""
    run: Run = context.resources.run
    with run.step("survival follow-up") as remarks:
        followed = follow_up(
            marts.read_landmark(run),
            marts.read_control_levels(run),
            horizon_months=run.case.horizon_months,
            outcome=marts.churn_outcome(run),
        )
        remarks.append(f"{len(followed.notes)} sentences")
    return dg.Output(
        followed,
        metadata={
            "notes": as_markdown(followed.notes),
            "slopes": as_markdown(followed.slopes),
            "restricted_means": as_markdown(followed.restricted_means),
            "models": as_markdown(followed.models),
        },
    )


@roi_asset("fct_wallet_share")
def wallet_summary(context: dg.AssetExecutionContext) -> dg.Output[WalletSummary]:
    """Share of wallet by the Wallet Allocation Rule, beside the measured share."""
    run: Run = context.resources.run
    with run.step("wallet share"):
        summary = summarise_wallet(marts.read_brand_ratings(run))
    return dg.Output(summary, metadata={"responses": summary.count_responses})


@roi_asset("dim_accounts", "fct_survey_responses", upstream=("retention_effect",))
def account_predictions(
    context: dg.AssetExecutionContext, retention_effect: RetentionEffect
) -> dg.Output[AccountPredictions]:
    """Each active account's chance of leaving, the revenue at risk with its interval, and the reasons."""
    run: Run = context.resources.run
    with run.step("account predictions") as remarks:
        predictions = predict_accounts(
            retention_effect,
            marts.read_active_accounts(run),
            marts.read_current_answers(run),
            scale=(float(run.metrics.primary.scale_min), float(run.metrics.primary.scale_max)),
            ages=AgeWords(fresh_days=run.metrics.fresh_days, stale_days=run.metrics.stale_days),
            renewal_interval_months=run.metrics.renewal_interval_months,
        )
        remarks.append(f"{len(predictions.table):,} active accounts")
    return dg.Output(predictions, metadata={"top_accounts": as_markdown(predictions.table.head(10))})


@roi_asset(*growth.GROWTH_MARTS, upstream=("retention_effect",))
def growth_fit(context: dg.AssetExecutionContext, retention_effect: RetentionEffect) -> dg.Output[GrowthFit]:
    """Departures, contraction and expansion on the score, for the study of growth and the case's expansion line."""
    run: Run = context.resources.run
    with run.step("movements of revenue"):
        fit = growth.fit(run, retention_effect)
    return dg.Output(fit, metadata={"reading": fit.problem or "estimated"})


@roi_asset(upstream=("growth_fit",))
def expansion(context: dg.AssetExecutionContext, growth_fit: GrowthFit) -> dg.Output[ExpansionEvidence]:
    """Whether customers who score higher buy more: only then the case counts expansion."""
    run: Run = context.resources.run
    with run.step("expansion") as remarks:
        evidence = expansion_evidence(growth_fit)
        remarks.append("evidenced" if evidence.is_evidenced else "not evidenced")
    return dg.Output(evidence, metadata={"reading": evidence.why_not if not evidence.is_evidenced else "evidenced"})


@roi_asset("dim_accounts", "fct_survey_responses", upstream=("retention_effect", "programme_effects", "expansion"))
def business_case(
    context: dg.AssetExecutionContext,
    retention_effect: RetentionEffect,
    programme_effects: ProgrammeEvidence,
    expansion: ExpansionEvidence,
) -> dg.Output[BusinessCase | None]:
    """What a programme that lifts the metric is worth, by g-formula over all active accounts, with Monte Carlo."""
    run: Run = context.resources.run
    with run.step("business case"):
        accounts = marts.read_active_accounts(run)
        require_segments(run.case, accounts["segment"].dropna())
        case = build_case(
            retention_effect,
            accounts,
            marts.read_current_answers(run),
            terms_of(run.case, programme_effects).assumptions,
            expansion=expansion,
            initiatives=initiatives_of(run.case),
            budget=None if run.case.budget is None else float(run.case.budget),
            **case_setting(run),
        )
    return dg.Output(case, metadata={"years": as_markdown(case.years) if case else "no case can be computed"})


ROI_ASSETS = (
    retention_effect,
    survival,
    survival_follow_up,
    wallet_summary,
    account_predictions,
    business_case,
    programme_effects,
)
# What other results are made from, and no report prints by itself.
SUPPORTING_ASSETS = (growth_fit, expansion)
