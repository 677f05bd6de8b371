"""What the figures of the landmark's accounts are: months stayed, causes, the slope's cross-check, extrapolation.

Belongs here: ids, units, definitions and sources of these estimates.
Does not belong here: Kaplan–Meier by group (`catalogue_model.py`), picking rows (`rows_follow_up.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

from roi_models.report import rows_follow_up, tables
from roi_models.report.catalogue_base import Measure, figures_of_rows
from roi_models.results import CaseFile, Figure

STAY_MEASURES = (
    Measure(
        column="horizon_months",
        unit="months",
        definition="Months after the landmark over which stays are compared: as far as every compared group reaches.",
    ),
    Measure(
        column="mean_months",
        unit="months",
        low="ci_low",
        high="ci_high",
        definition="Mean months stayed of those compared, the month of leaving counted in: landmark group {label}.",
    ),
    Measure(
        column="difference_months",
        unit="months",
        low="difference_low",
        high="difference_high",
        definition="Mean months stayed by group {label}, less those of the lowest scored one that has an estimate.",
    ),
)

CAUSE_MEASURES = (
    Measure(
        column="month",
        unit="months",
        definition="Months since the landmark at which departures by cause are read: {label}.",
    ),
    Measure(
        column="incidence",
        unit="share_pct",
        scale=100,
        low="ci_low",
        high="ci_high",
        definition="Share of all accounts that had left for this cause by then (Aalen–Johansen): {label}.",
    ),
)

SLOPE_MEASURES = (
    Measure(
        column="difference",
        unit="ratio",
        definition="Log hazard ratio per point by the grouped model, less that by Cox regression; time scale {label}.",
    ),
    Measure(
        column="difference_in_std_errors",
        unit="ratio",
        definition="That difference over the Cox slope's standard error; time scale {label}.",
    ),
    Measure(
        column="cox_std_error_robust",
        unit="ratio",
        definition="Standard error of the Cox slope by the sandwich over accounts; time scale {label}.",
    ),
)

BEYOND_MEASURES = (
    Measure(column="month", unit="months", definition="Months since the landmark to which retention is extrapolated."),
    Measure(
        column="retention",
        unit="share_pct",
        scale=100,
        low="ci_low",
        high="ci_high",
        definition="Extrapolated share of accounts still here: observed share carried on by the better of two models.",
    ),
    Measure(
        column="weibull",
        unit="share_pct",
        scale=100,
        definition="Share still here in that month by the Weibull model alone.",
    ),
    Measure(
        column="log_normal",
        unit="share_pct",
        scale=100,
        definition="Share still here in that month by the log-normal model alone.",
    ),
)


def follow_up_figures(case_file: CaseFile) -> Iterator[Figure]:
    """Figures of every estimate that the page's section states."""
    for prefix, found, measures, table in (
        ("stay", rows_follow_up.stay_rows(case_file), STAY_MEASURES, tables.SURVIVAL_MEANS),
        ("cause", rows_follow_up.cause_rows(case_file), CAUSE_MEASURES, tables.SURVIVAL_CAUSES),
        ("slope", rows_follow_up.slope_rows(case_file), SLOPE_MEASURES, tables.SURVIVAL_SLOPES),
        ("beyond", rows_follow_up.beyond_rows(case_file), BEYOND_MEASURES, tables.EXTRAPOLATION_CURVES),
    ):
        yield from figures_of_rows(prefix, found, measures, table)
