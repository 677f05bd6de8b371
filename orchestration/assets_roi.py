"""The models and the published run as assets.

Belongs here: asset bodies of the shape read → call a pure function → hand on, with metadata for the UI.
Does not belong here: statistics (`roi_models`), queries (`marts.py`), files (`publish.py`).
"""

from collections.abc import Sequence
from dataclasses import replace

import dagster as dg
import pandas as pd

from orchestration import marts
from orchestration.assets_programme import programme_effects
from orchestration.case_file import assemble_case_file, assumptions_of
from orchestration.publish import publish
from orchestration.run import Run
from roi_models.business_case import build_case, revenue_at_risk
from roi_models.decomposition import decompose
from roi_models.follow_up import follow_up
from roi_models.followed import FollowUp
from roi_models.programme_results import ProgrammeEvidence
from roi_models.report import model_tables
from roi_models.results import BusinessCase, CaseFile, RetentionEffect, SurvivalByGroup, WalletSummary
from roi_models.retention import estimate_retention
from roi_models.survival import survival_by_group
from roi_models.wallet import summarise_wallet

_CELLS = dg.AssetKey(["marts", "agg_hazard_cells"])
_BASELINES = dg.AssetKey(["marts", "agg_baseline_cells"])
_ROLES = dg.AssetKey(["marts", "agg_role_cells"])
_CONTROLS = dg.AssetKey(["marts", "agg_control_levels"])
_LANDMARK = dg.AssetKey(["marts", "fct_landmark_survival"])
_ACCOUNTS = dg.AssetKey(["marts", "dim_accounts"])
_ANSWERS = dg.AssetKey(["marts", "fct_survey_responses"])
_WALLET = dg.AssetKey(["marts", "fct_wallet_share"])
# Results are handed on in memory: a run is one process, and its tables are written by `published`.
_MEMORY = "memory"


@dg.asset(
    key_prefix="roi",
    group_name="roi",
    deps=[_CELLS, _BASELINES, _ROLES, _CONTROLS],
    io_manager_key=_MEMORY,
    required_resource_keys={"run"},
)
def retention_effect(context: dg.AssetExecutionContext) -> dg.Output[RetentionEffect]:
    """How one point of the primary metric goes with monthly churn: grouped cloglog on the hazard cells."""
    run: Run = context.resources.run
    with run.step("retention model") as remarks:
        lag, outcome = run.metrics.headline_lag, marts.churn_outcome(run)
        effect = estimate_retention(
            marts.read_cells(run),
            marts.read_control_levels(run),
            metric=run.metrics.primary.label,
            headline_lag=lag,
            outcome=outcome,
        )
        parts = decompose(marts.read_baseline_cells(run), marts.read_role_cells(run), outcome=outcome, lag=lag)
        effect = replace(effect, parts=parts)
        remarks.append(f"{effect.fit.count_account_months:,} account-months, {effect.fit.count_events:,} events")
    return dg.Output(
        effect,
        metadata={
            "lag_profile": _table(effect.lag_profile),
            "terms": _table(effect.fit.table),
            "parts": _table(effect.parts),
            "reading": effect.text,
        },
    )


@dg.asset(
    key_prefix="roi",
    group_name="roi",
    deps=[_LANDMARK, _CONTROLS],
    io_manager_key=_MEMORY,
    required_resource_keys={"run"},
)
def survival(context: dg.AssetExecutionContext) -> dg.Output[SurvivalByGroup]:
    """Kaplan–Meier curves by the group at the landmark, and a Cox model to check the hazard model against."""
    run: Run = context.resources.run
    with run.step("survival curves") as remarks:
        curves = survival_by_group(marts.read_landmark(run), marts.read_control_levels(run))
        remarks.append(f"{len(curves.groups)} groups from {curves.landmark_month}")
    return dg.Output(curves, metadata={"groups": _table(curves.groups)})


@dg.asset(
    key_prefix="roi",
    group_name="roi",
    deps=[_LANDMARK, _CONTROLS],
    io_manager_key=_MEMORY,
    required_resource_keys={"run"},
)
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
            "notes": _table(followed.notes),
            "slopes": _table(followed.slopes),
            "restricted_means": _table(followed.restricted_means),
            "models": _table(followed.models),
        },
    )


@dg.asset(key_prefix="roi", group_name="roi", deps=[_WALLET], io_manager_key=_MEMORY, required_resource_keys={"run"})
def wallet_summary(context: dg.AssetExecutionContext) -> dg.Output[WalletSummary]:
    """Share of wallet by the Wallet Allocation Rule, beside the measured share."""
    run: Run = context.resources.run
    with run.step("wallet share"):
        summary = summarise_wallet(marts.read_brand_ratings(run))
    return dg.Output(summary, metadata={"responses": summary.count_responses})


@dg.asset(
    key_prefix="roi",
    group_name="roi",
    deps=[_ACCOUNTS, _ANSWERS],
    ins={"retention_effect": dg.AssetIn(["roi", "retention_effect"])},
    io_manager_key=_MEMORY,
    required_resource_keys={"run"},
)
def value_at_stake(context: dg.AssetExecutionContext, retention_effect: RetentionEffect) -> dg.Output[pd.DataFrame]:
    """Revenue that each active account is expected to take away within a year."""
    run: Run = context.resources.run
    with run.step("value at stake") as remarks:
        accounts = marts.read_active_accounts(run)
        risk = revenue_at_risk(retention_effect, accounts, renewal_interval_months=run.metrics.renewal_interval_months)
        columns = ["account_id", "name", "segment", "owner", "mrr_amount", "score", "score_state"]
        table = risk.merge(accounts[columns], on="account_id", how="left", validate="one_to_one")
        remarks.append(f"{len(table):,} active accounts")
    return dg.Output(table, metadata={"top_accounts": _table(table.head(10))})


@dg.asset(
    key_prefix="roi",
    group_name="roi",
    deps=[_ACCOUNTS, _ANSWERS],
    ins={"retention_effect": dg.AssetIn(["roi", "retention_effect"])},
    io_manager_key=_MEMORY,
    required_resource_keys={"run"},
)
def business_case(
    context: dg.AssetExecutionContext, retention_effect: RetentionEffect
) -> dg.Output[BusinessCase | None]:
    """What a programme that lifts the metric is worth, by g-formula over all active accounts, with Monte Carlo."""
    run: Run = context.resources.run
    with run.step("business case"):
        case = build_case(
            retention_effect,
            marts.read_active_accounts(run),
            marts.read_current_answers(run),
            assumptions_of(run.case),
            scale=(float(run.metrics.primary.scale_min), float(run.metrics.primary.scale_max)),
            renewal_interval_months=run.metrics.renewal_interval_months,
        )
    return dg.Output(case, metadata={"years": _table(case.years) if case else "no case can be computed"})


ROI_ASSETS = (
    retention_effect,
    survival,
    survival_follow_up,
    wallet_summary,
    value_at_stake,
    business_case,
    programme_effects,
)


def published_asset(marts: Sequence[dg.AssetKey]) -> dg.AssetsDefinition:
    """The last asset: it stands downstream of every mart and every model, and switches `latest` at its very end."""

    @dg.asset(
        group_name="published",
        deps=list(marts),
        ins={asset.key.path[-1]: dg.AssetIn(asset.key) for asset in ROI_ASSETS},
        required_resource_keys={"run"},
    )
    def published(  # noqa: PLR0917 — Dagster passes upstream results by name
        context: dg.AssetExecutionContext,
        retention_effect: RetentionEffect,
        survival: SurvivalByGroup,
        survival_follow_up: FollowUp,
        wallet_summary: WalletSummary,
        value_at_stake: pd.DataFrame,
        business_case: BusinessCase | None,
        programme_effects: ProgrammeEvidence,
    ) -> dg.MaterializeResult:
        """The published folder of the run: report, workbook, figures, tables, manifest."""
        run: Run = context.resources.run

        def assemble(run_id: str, as_of: str) -> CaseFile:
            return assemble_case_file(
                run,
                run_id=run_id,
                as_of=as_of,
                retention=retention_effect,
                survival=survival,
                follow_up=survival_follow_up,
                wallet=wallet_summary,
                case=business_case,
                value_at_stake=value_at_stake,
                programme=programme_effects,
            )

        result = publish(run, assemble, model_tables)
        return dg.MaterializeResult(
            metadata={
                "run_id": result.run_id,
                "as_of": result.as_of,
                "headline": result.sentence,
                "verdict": result.verdict,
                "claim": result.claim,
                "report": dg.MetadataValue.path(result.folder / "report.html"),
                "workbook": dg.MetadataValue.path(result.folder / "business_case.xlsx"),
                "outputs": _table(result.outputs),
            }
        )

    return published


def _table(frame: pd.DataFrame) -> dg.MarkdownMetadataValue:
    """A small table as Markdown for the UI."""
    header = "| " + " | ".join(map(str, frame.columns)) + " |\n|" + "---|" * len(frame.columns)
    lines = [
        "| " + " | ".join(f"{v:.4g}" if isinstance(v, float) else str(v) for v in row) + " |"
        for row in frame.head(40).itertuples(index=False)
    ]
    return dg.MetadataValue.md("\n".join([header, *lines]))
