"""The tables that figures point at: written by the publisher, every source in figures.json can be opened.

Belongs here: names of the published tables and the frames behind them, taken from the case file.
Does not belong here: writing them (`orchestration/publish.py`), choosing rows for the page (`rows.py`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
import pandas as pd

from roi_models.case.inputs import INPUTS
from roi_models.case.response import Response
from roi_models.durations.followed import Proportionality
from roi_models.report import what_if_tables
from roi_models.report.rows_waterfall import npv_steps
from roi_models.results import BusinessCase, CaseFile
from roi_models.verdicts.robustness_card import by_question

# What the models compute, published in the schema `roi`.
CASE = "roi.business_case"
CASE_YEARS = "roi.business_case_years"
CASE_SCENARIOS = "roi.business_case_scenarios"
CASE_SEGMENTS = "roi.business_case_segments"
CASE_DRAWS = "roi.business_case_draws"
CASE_WATERFALL = "roi.business_case_waterfall"
CASE_INPUTS = "roi.business_case_inputs"
CASE_RESPONSE = "roi.business_case_response"
CASE_REPLICATES = "roi.business_case_replicates"
CASE_RANKS = "roi.business_case_ranks"
CASE_LINES = "roi.business_case_lines"
CASE_VIEWS = "roi.business_case_views"
CASE_HORIZONS = "roi.business_case_horizons"
CASE_TORNADO = "roi.business_case_tornado"
CASE_INFORMATION = "roi.business_case_information"
CASE_INITIATIVES = "roi.initiatives"
CASE_PORTFOLIOS = "roi.initiative_portfolios"
RETENTION = "roi.retention_effect"
RETENTION_TERMS = "roi.retention_terms"
RETENTION_PLACEBO = "roi.retention_placebo_terms"
RETENTION_LAGS = "roi.retention_lag_profile"
RETENTION_PARTS = "roi.retention_parts"
RETENTION_CALIBRATION = "roi.retention_calibration"
RETENTION_BY_SCORE = "roi.retention_by_score"
SURVIVAL = "roi.survival"
SURVIVAL_CURVES = "roi.survival_curves"
SURVIVAL_GROUPS = "roi.survival_groups"
SURVIVAL_CAUSES = "roi.survival_causes"
SURVIVAL_MEANS = "roi.survival_restricted_means"
SURVIVAL_TENURE = "roi.survival_tenure"
SURVIVAL_SLOPES = "roi.survival_slopes"
SURVIVAL_PROPORTIONALITY = "roi.survival_proportionality"
SURVIVAL_NOTES = "roi.survival_notes"
EXTRAPOLATION_MODELS = "roi.extrapolation_models"
EXTRAPOLATION_CURVES = "roi.extrapolation_curves"
WALLET = "roi.wallet_summary"
CHECKS = "roi.verdict_checks"
VERDICT = "roi.verdict"
ACCOUNT_PREDICTIONS = "roi.account_predictions"
PROGRAMME = "roi.programme"
PROGRAMME_EFFECTS = "roi.programme_effects"
PROGRAMME_BALANCE = "roi.programme_balance"
NEXT_HOLDOUT = "roi.next_holdout"
STUDIES = "roi.studies"
ASSUMPTIONS = "roi.assumptions"
CONVENTIONS = "roi.conventions"
# What the warehouse counted; handed to the report as frames of the case file.
SCORES = "roi.metric_scores"
ROW_ACCOUNTING = "roi.row_accounting"
REJECTIONS = "roi.rejections"
FLAGS = "roi.flags"
RECONCILIATION = "roi.revenue_reconciliation"
# Marts of measures, published by the warehouse itself.
METRIC_SCORES = "marts.agg_metric_scores"
SCORE_CHANGES = "marts.agg_score_changes"
MRR_BRIDGE = "marts.agg_mrr_bridge"
REVENUE_RETENTION = "marts.agg_revenue_retention"
LEDGER_BRIDGE = "marts.agg_ledger_bridge"
CHURN_RATES = "marts.agg_churn_rates"
ACCOUNT_360 = "marts.fct_account_360"
RESPONSE_RATES = "marts.agg_response_rates"
MATCH_RATES = "marts.agg_match_rates"
CLOSED_LOOP = "marts.agg_closed_loop"
COVERAGE = "marts.agg_sampling_coverage"
INSTRUMENT_LINT = "marts.agg_instrument_lint"
GAMING_SIGNALS = "marts.agg_gaming_signals"
COMPETITIVE_TREND = "marts.agg_competitive_trend"
REPERTOIRE_LINT = "marts.agg_repertoire_lint"

# Constants of the method that the text states: figures too, so that no number on the page is untraced.
CONVENTION_VALUES = (
    ("no_effect_ratio", 1, "ratio", "Hazard ratio that means no effect."),
    (
        "interval_level_pct",
        95,
        "share_pct",
        "Level of the confidence intervals of model coefficients and curves.",
    ),
    ("draw_low_pct", 5, "share_pct", "Share of simulated outcomes below the low end of a money range (P5)."),
    (
        "draw_high_pct",
        95,
        "share_pct",
        "Share of simulated outcomes below the high end of a money range (P95).",
    ),
    ("stake_months", 12, "months", "Months ahead over which revenue at risk is counted."),
)


def _scalars(result: object) -> pd.DataFrame:
    """One row holding the fields of a result that are single values."""
    values = {field.name: getattr(result, field.name) for field in dataclasses.fields(result)}
    plain = {name: value for name, value in values.items() if value is None or isinstance(value, str | int | float)}
    return pd.DataFrame([plain])


def _retention(case_file: CaseFile) -> pd.DataFrame:
    retention, fit = case_file.retention, case_file.retention.fit
    counts = {
        "outcome": fit.outcome,
        "count_account_months": fit.count_account_months,
        "count_events": fit.count_events,
        "count_groups": fit.count_groups,
        "loglik": fit.loglik,
        "problem": fit.problem,
        "score_centre": fit.encoding.score_centre if fit.encoding is not None else None,
        "reliability": retention.latent.reliability,
    }
    return _scalars(retention).assign(**counts)


def _checks(case_file: CaseFile) -> pd.DataFrame:
    columns = ["id", "question", "label", "value", "threshold", "level", "sentence", "recommendation"]
    rows = [
        dataclasses.asdict(check) | {"level": check.level.name, "question": question}
        for question, checks in by_question(case_file.verdict.checks)
        for check in checks
    ]
    return pd.DataFrame(rows, columns=columns)


def _verdict(case_file: CaseFile) -> pd.DataFrame:
    verdict = case_file.verdict
    return pd.DataFrame([{"level": verdict.level.name, "claim": verdict.claim.value, "sentence": verdict.sentence}])


def _follow_up(case_file: CaseFile) -> dict[str, pd.DataFrame]:
    followed = case_file.follow_up
    names = [field.name for field in dataclasses.fields(Proportionality)]
    tested = pd.DataFrame(columns=names) if followed.proportionality is None else _scalars(followed.proportionality)
    return {
        SURVIVAL_CAUSES: followed.incidence,
        SURVIVAL_MEANS: followed.restricted_means,
        SURVIVAL_TENURE: followed.by_tenure,
        SURVIVAL_SLOPES: followed.slopes,
        SURVIVAL_PROPORTIONALITY: tested,
        SURVIVAL_NOTES: followed.notes,
        EXTRAPOLATION_MODELS: followed.models,
        EXTRAPOLATION_CURVES: followed.curves,
    }


def _programme(case_file: CaseFile) -> dict[str, pd.DataFrame]:
    programme = case_file.programme
    return {
        PROGRAMME: _scalars(programme),
        PROGRAMME_EFFECTS: programme.effects,
        PROGRAMME_BALANCE: programme.balance,
        NEXT_HOLDOUT: programme.next_holdout,
    }


def _studies(case_file: CaseFile) -> dict[str, pd.DataFrame]:
    """What each study says, and the tables it brings."""
    said = [
        (study.id, study.title, number, sentence)
        for study in case_file.studies
        for number, sentence in enumerate(study.sentences, start=1)
    ]
    told = pd.DataFrame(said, columns=["study", "title", "number", "sentence"])
    brought = {f"roi.{table.name}": table.frame for study in case_file.studies for table in study.tables}
    return {
        STUDIES: told.astype({"study": "string", "title": "string", "number": "int64", "sentence": "string"})
    } | brought


def model_tables(case_file: CaseFile) -> Mapping[str, pd.DataFrame]:
    """Every table that a figure's `source` may name, by `schema.table`, as frames ready to be written.

    Tables of the business case are left out when the models made none; the others are present, if empty.
    """
    retention, survival = case_file.retention, case_file.survival
    tables = {
        VERDICT: _verdict(case_file),
        CHECKS: _checks(case_file),
        RETENTION: _retention(case_file),
        RETENTION_TERMS: retention.fit.table,
        RETENTION_LAGS: retention.lag_profile,
        RETENTION_CALIBRATION: retention.calibration,
        SURVIVAL: _scalars(survival),
        SURVIVAL_CURVES: survival.curves,
        SURVIVAL_GROUPS: survival.groups,
        WALLET: _scalars(case_file.wallet),
        SCORES: case_file.scores,
        ACCOUNT_PREDICTIONS: case_file.account_predictions,
        **_programme(case_file),
        **_studies(case_file),
        ASSUMPTIONS: case_file.assumptions,
        CONVENTIONS: pd.DataFrame(CONVENTION_VALUES, columns=["name", "value", "unit", "definition"]),
        ROW_ACCOUNTING: case_file.row_accounting,
        REJECTIONS: case_file.rejections,
        FLAGS: case_file.flags,
        RECONCILIATION: case_file.reconciliation,
        **_follow_up(case_file),
    }
    if not retention.parts.empty:
        tables[RETENTION_PARTS] = retention.parts
    if not retention.by_score.empty:
        tables[RETENTION_BY_SCORE] = retention.by_score
    if retention.placebo is not None:
        tables[RETENTION_PLACEBO] = retention.placebo.table
    if case_file.case is not None:
        tables |= _case(case_file.case)
    return tables


def _case(case: BusinessCase) -> dict[str, pd.DataFrame]:
    terms = case.assumptions
    set_as = {name: getattr(terms, name) for name in ("uplift_path", "ramp_months", "monthly_decay", "discounting")}
    further = {"npv_other_basis": case.other_basis.npv, "segments": ",".join(terms.segments)} | set_as
    inputs = [(name, *terms.range(name)) for name in INPUTS]
    return {
        CASE: pd.concat([_scalars(case), _scalars(case.base)], axis=1).assign(**further),
        CASE_INPUTS: pd.DataFrame(inputs, columns=["input", "low", "base", "high"]),
        CASE_YEARS: case.years,
        CASE_SCENARIOS: case.scenarios,
        CASE_SEGMENTS: case.by_segment,
        CASE_DRAWS: case.draws,
        CASE_WATERFALL: npv_steps(case),
        CASE_RESPONSE: _response(case.response),
        CASE_REPLICATES: what_if_tables.replicates(case),
        CASE_RANKS: what_if_tables.ranks(case),
        CASE_LINES: case.lines,
        CASE_VIEWS: case.views,
        CASE_HORIZONS: case.horizons,
        CASE_TORNADO: case.tornado,
        CASE_INFORMATION: case.information,
        CASE_INITIATIVES: case.initiatives,
        CASE_PORTFOLIOS: case.portfolio,
    }


def _response(response: Response) -> pd.DataFrame:
    """One row per segment, uplift and month, of the best estimate: unrounded, for the case is computed from it."""
    shape = response.kept.shape
    segment, knot, month = (axis.ravel() for axis in np.indices(shape))
    return pd.DataFrame(
        {
            "segment": np.array(response.segments, dtype=object)[segment],
            "uplift": response.uplifts[knot],
            "month": month + 1,
            "retained_revenue_amount": response.kept.ravel(),
            "expanded_revenue_amount": response.expanded.ravel(),
        }
    )
