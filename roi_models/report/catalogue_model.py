"""What the figures of the models are: retention effect, lag profile, placebo, survival, wallet share, checks.

Belongs here: ids, units, definitions and sources of estimates.
Does not belong here: money from the business case (`catalogue_case.py`), data counts (`catalogue_data.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from roi_models.hazards.retention import OUTCOME_WORDS
from roi_models.report import rows, tables
from roi_models.report.catalogue_base import Measure, field_row, figures_of_rows, make_figure
from roi_models.results import CaseFile, Figure, HazardFit

SCORE_TERM = "score"

_HIDDEN_CAUSE = "Strength, as a risk ratio, that an unmeasured cause would need with both score and churn to explain"
EFFECT_MEASURES = (
    Measure(
        column="headline_lag",
        unit="months",
        definition="Lag of the score in the headline, the month of leaving counted in.",
    ),
    Measure(
        column="count_account_months",
        unit="count",
        definition="Account-months the headline model has seen.",
    ),
    Measure(column="count_events", unit="count", definition="Churn events the headline model has seen."),
    Measure(
        column="count_groups",
        unit="count",
        definition="Account groups that the standard errors are clustered on.",
    ),
    Measure(column="e_value", unit="ratio", definition=f"{_HIDDEN_CAUSE} the effect away."),
    Measure(column="e_value_limit", unit="ratio", definition=f"{_HIDDEN_CAUSE} its interval away."),
)

LAG_MEASURES = (
    Measure(
        column="hazard_ratio",
        unit="ratio",
        low="ci_low",
        high="ci_high",
        definition="Hazard ratio of churn per point of the score known at {label}.",
    ),
    Measure(column="count_events", unit="count", definition="Churn events behind the estimate at {label}."),
)

PART_MEASURES = (
    Measure(
        column="hazard_ratio",
        unit="ratio",
        low="ci_low",
        high="ci_high",
        definition="Hazard ratio of churn per point: {label}.",
    ),
    Measure(column="count_events", unit="count", definition="Churn events behind the estimate: {label}."),
)

TERM_MEASURES = (
    Measure(
        column="hazard_ratio",
        unit="ratio",
        low="ci_low",
        high="ci_high",
        definition="Hazard ratio of the term {label} in the headline model.",
    ),
)

CALIBRATION_MEASURES = (
    Measure(column="count_account_months", unit="count", definition="Account-months in {label}."),
    Measure(column="predicted_events", unit="ratio", definition="Churn events the model expects in {label}."),
    Measure(
        column="observed_events",
        unit="count",
        low="observed_low",
        high="observed_high",
        definition="Churn events seen in {label}, with exact 95% Poisson limits of the number to be expected.",
    ),
)

BY_SCORE_MEASURES = (
    Measure(column="score_mean", unit="score", definition="Mean score of the account-months with {label}."),
    Measure(column="count_account_months", unit="count", definition="Account-months with {label}."),
    Measure(column="observed_events", unit="count", definition="Churn events seen with {label}."),
    Measure(column="predicted_events", unit="ratio", definition="Churn events the model expects with {label}."),
    Measure(
        column="observed_pct",
        unit="share_pct",
        low="observed_low_pct",
        high="observed_high_pct",
        definition=(
            "Share that leaves within twelve months at the monthly rate seen with {label}; exact 95% Poisson limits, "
            "departures taken as independent."
        ),
    ),
    Measure(
        column="predicted_pct",
        unit="share_pct",
        definition="Share that leaves within twelve months at the monthly rate the model expects with {label}.",
    ),
)

SURVIVAL_GROUP_MEASURES = (
    Measure(column="count_accounts", unit="count", definition="Accounts that were {label} at the landmark."),
    Measure(
        column="count_churned",
        unit="count",
        definition="Accounts that were {label} at the landmark and left after it.",
    ),
)

SURVIVAL_MARK_MEASURES = (
    Measure(
        column="survival",
        id="",
        unit="share_pct",
        scale=100,
        low="ci_low",
        high="ci_high",
        definition="Share of accounts still here: landmark group and months since the landmark {label}.",
    ),
)


SLOPE_MEASURES = (
    Measure(
        column="cox_coef",
        unit="ratio",
        definition="Log hazard ratio per point of the landmark score by Cox regression.",
    ),
    Measure(column="cox_std_error", unit="ratio", definition="Standard error of the Cox slope."),
    Measure(
        column="cloglog_coef",
        unit="ratio",
        definition="Log hazard ratio per point of the landmark score by the grouped model, same accounts.",
    ),
)

WALLET_MEASURES = (
    Measure(column="count_responses", unit="count", definition="Responses that rated brands."),
    Measure(column="count_accounts", unit="count", definition="Accounts with such a response."),
    Measure(
        column="war_share_mean",
        id="war_share_pct",
        unit="share_pct",
        scale=100,
        definition="Mean share of wallet by the Wallet Allocation Rule.",
    ),
    Measure(
        column="measured_share_mean",
        id="measured_share_pct",
        unit="share_pct",
        scale=100,
        definition="Mean share of spend as stated or measured.",
    ),
    Measure(
        column="multi_brand_pct",
        unit="share_pct",
        definition="Share of responses that name more than one brand.",
    ),
    Measure(column="mean_set_size", unit="ratio", definition="Mean number of brands in use."),
)


def _term(fit: HazardFit | None, term: str) -> dict | None:
    if fit is None or fit.table.empty:
        return None
    found = fit.table[fit.table["term"] == term]
    return None if found.empty else found.iloc[0].to_dict()


def _effect(fit: HazardFit | None, prefix: str, what: str, table: str) -> Iterator[Figure]:
    score = _term(fit, SCORE_TERM)
    if score is None:
        return
    interval = {"low": score["ci_low"], "high": score["ci_high"]}
    yield make_figure(
        f"{prefix}.hazard_ratio",
        score["hazard_ratio"],
        "ratio",
        f"Factor on the monthly hazard of {what} per point of the score; below one: fewer leave.",
        f"{table}.hazard_ratio",
        **interval,
    )
    yield make_figure(
        f"{prefix}.hazard_change_pct",
        (score["hazard_ratio"] - 1) * 100,
        "share_pct",
        f"Change of the monthly hazard of {what} per point of the score.",
        f"{table}.hazard_ratio",
        low=(score["ci_low"] - 1) * 100,
        high=(score["ci_high"] - 1) * 100,
    )
    for name, column, unit, words in (
        ("slope", "coef", "ratio", "Log hazard ratio per point of the score"),
        ("std_error", "std_error", "ratio", "Standard error of the slope, clustered by account group"),
        ("z_score", "z_score", "z_score", "Slope over its standard error"),
        (
            "p_value",
            "p_value",
            "ratio",
            "Probability of a slope at least as far from zero if there were none",
        ),
    ):
        yield make_figure(f"{prefix}.{name}", score[column], unit, f"{words}, for {what}.", f"{table}.{column}")


def retention_figures(case_file: CaseFile) -> Iterator[Figure]:
    """The effect, its placebo, its lag profile, its calibration and the whole model."""
    retention, fit = case_file.retention, case_file.retention.fit
    yield from _effect(fit, "retention", OUTCOME_WORDS[fit.outcome], tables.RETENTION_TERMS)
    yield from _effect(retention.placebo, "retention.placebo", "involuntary churn", tables.RETENTION_PLACEBO)
    row = field_row(
        retention,
        count_account_months=fit.count_account_months,
        count_events=fit.count_events,
        count_groups=fit.count_groups,
    )
    yield from figures_of_rows("retention", [row], EFFECT_MEASURES, tables.RETENTION)
    yield make_figure(
        "retention.months_before",
        retention.headline_lag - 1,
        "months",
        "Months between the last answer the headline model may use and the beginning of the month at risk.",
        f"{tables.RETENTION}.headline_lag",
    )
    for prefix, found, measures, table in (
        ("retention.lag", rows.lag_rows(case_file), LAG_MEASURES, tables.RETENTION_LAGS),
        ("retention.part", rows.part_rows(case_file), PART_MEASURES, tables.RETENTION_PARTS),
        ("retention.term", rows.term_rows(case_file), TERM_MEASURES, tables.RETENTION_TERMS),
        (
            "retention.calibration",
            rows.calibration_rows(case_file),
            CALIBRATION_MEASURES,
            tables.RETENTION_CALIBRATION,
        ),
        ("retention.by_score", rows.by_score_rows(case_file), BY_SCORE_MEASURES, tables.RETENTION_BY_SCORE),
    ):
        yield from figures_of_rows(prefix, found, measures, table)


def survival_figures(case_file: CaseFile) -> Iterator[Figure]:
    """Survival at whole years by landmark group, and the slopes of the two estimators."""
    yield from figures_of_rows("survival", rows.group_rows(case_file), SURVIVAL_GROUP_MEASURES, tables.SURVIVAL_GROUPS)
    yield from figures_of_rows(
        "survival", rows.survival_mark_rows(case_file), SURVIVAL_MARK_MEASURES, tables.SURVIVAL_CURVES
    )
    for month in rows.survival_mark_months(case_file):
        yield make_figure(
            f"survival.mark.m{month}",
            month,
            "months",
            "Months since the landmark at which the curves are read.",
            f"{tables.SURVIVAL_CURVES}.month",
        )
    yield from figures_of_rows("survival", [field_row(case_file.survival)], SLOPE_MEASURES, tables.SURVIVAL)


def wallet_figures(case_file: CaseFile) -> Iterator[Figure]:
    """The Wallet Allocation Rule and the measured share beside it."""
    yield from figures_of_rows("wallet", [field_row(case_file.wallet)], WALLET_MEASURES, tables.WALLET)


def check_figures(case_file: CaseFile) -> Iterator[Figure]:
    """The value that each check held against its threshold, and the constants of the method."""
    for check in case_file.verdict.checks:
        yield make_figure(
            f"check.{check.id}.value",
            check.value,
            "ratio",
            f"Value held by the check: {check.label}.",
            f"{tables.CHECKS}.value",
        )
    levels = pd.Series([check.level.name for check in case_file.verdict.checks], dtype=object)
    for level in ("PASS", "REVIEW", "FAIL"):
        yield make_figure(
            f"checks.count_{level.lower()}",
            int((levels == level).sum()),
            "count",
            f"Checks whose level is {level}.",
            f"{tables.CHECKS}.level",
        )


def convention_figures(case_file: CaseFile) -> Iterator[Figure]:
    """Constants of the method that the page states, the same for every case file."""
    del case_file
    for name, value, unit, definition in tables.CONVENTION_VALUES:
        yield make_figure(f"method.{name}", value, unit, definition, f"{tables.CONVENTIONS}.value")
