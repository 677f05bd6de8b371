"""What the figures of the business case are: headline, yearly flows, scenarios, segments, assumptions.

Belongs here: ids, units, definitions and sources of money figures that come from the business case.
Does not belong here: the retention effect (`catalogue_model.py`), what the data held (`catalogue_data.py`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pandas as pd

from roi_models.report import rows, tables
from roi_models.report.catalogue_base import Measure, field_row, figures_of_rows, make_figure
from roi_models.results import BusinessCase, CaseFile, Figure

UNIT_LABELS = {
    "net_nps_points": "net NPS points",
    "nps_points": "net NPS points",
    "answer_points": "answer points",
}

HEADLINE_MEASURES = (
    Measure(
        column="roi_pct",
        unit="share_pct",
        low="roi_pct_p5",
        high="roi_pct_p95",
        definition="Return on investment: present value of benefits less costs, over present value of costs, "
        "base scenario; the range holds the middle of the simulated outcomes.",
    ),
    Measure(
        column="npv",
        unit="money",
        low="npv_p5",
        high="npv_p95",
        definition="Net present value: benefits less costs in today's money, base scenario; the range holds "
        "the middle of the simulated outcomes.",
    ),
    Measure(
        column="payback_months",
        unit="months",
        definition="Months until undiscounted benefits have covered costs, each year's net spread evenly over it.",
    ),
    Measure(
        column="prob_npv_positive",
        unit="probability",
        definition="Share of simulated outcomes with a net present value above zero.",
    ),
    Measure(column="npv_p50", unit="money", definition="Median of the simulated net present values."),
    Measure(column="pv_benefits", unit="money", definition="Present value of all benefits, base scenario."),
    Measure(column="pv_costs", unit="money", definition="Present value of all costs, base scenario."),
    Measure(
        column="break_even_uplift",
        unit="points",
        definition="Uplift at which the net present value is zero.",
    ),
    Measure(column="uplift", unit="points", definition="Uplift of the metric assumed in the base scenario."),
    Measure(
        column="mean_shift_points",
        unit="points",
        definition="Mean move of an account's score under the uplift.",
    ),
    Measure(
        column="gain_pp",
        unit="pct_points",
        low="gain_low_pp",
        high="gain_high_pp",
        definition="Change of revenue-weighted retention over the horizon under the programme, all accounts.",
    ),
    Measure(
        column="observed_gain_pp",
        unit="pct_points",
        low="observed_gain_low_pp",
        high="observed_gain_high_pp",
        definition="The same with the slope as observed, not corrected for the noise of answers.",
    ),
    Measure(
        column="observed_npv",
        unit="money",
        definition="Net present value with the slope as observed, not corrected for the noise of answers.",
    ),
    Measure(
        column="retention_base",
        id="retention_base_pct",
        unit="share_pct",
        scale=100,
        definition="Revenue-weighted retention over the horizon without the programme.",
    ),
    Measure(
        column="retention_programme",
        id="retention_programme_pct",
        unit="share_pct",
        scale=100,
        definition="Revenue-weighted retention over the horizon with the programme.",
    ),
    Measure(column="horizon_months", unit="months", definition="Months over which the case is counted."),
    Measure(column="count_accounts", unit="count", definition="Active accounts that the case covers."),
    Measure(
        column="count_silent_accounts",
        unit="count",
        definition="Covered accounts with no recent answer.",
    ),
    Measure(
        column="mrr_amount",
        unit="money",
        definition="Monthly recurring revenue of the covered accounts.",
    ),
    Measure(
        column="evpi_amount",
        unit="money",
        definition="Expected value of perfect information: the most that knowing every uncertain input in "
        "advance is worth.",
    ),
    Measure(
        column="irr",
        id="irr_pct",
        unit="share_pct",
        scale=100,
        definition="Internal rate of return, where one exists.",
    ),
)

YEAR_MEASURES = (
    Measure(
        column="retained_revenue_amount",
        unit="money",
        definition="Recurring revenue the programme keeps in {label}, before margin and adjustments.",
    ),
    Measure(column="benefit_retention", unit="money", definition="Benefit in {label}: margin on revenue kept."),
    Measure(column="benefit_expansion", unit="money", definition="Benefit in {label}: margin on revenue grown."),
    Measure(column="benefit_service", unit="money", definition="Benefit in {label}: service contacts saved."),
    Measure(column="benefit", unit="money", definition="Benefit in {label}, all lines, risk-adjusted."),
    Measure(column="cost", unit="money", definition="Programme cost in {label}, risk-adjusted."),
    Measure(column="net", unit="money", definition="Benefit less cost in {label}."),
    Measure(
        column="cumulative_net",
        unit="money",
        definition="Undiscounted benefit less cost up to and including {label}.",
    ),
    Measure(
        column="discount_factor",
        unit="ratio",
        definition="What one unit of money at the end of {label} is worth today.",
    ),
    Measure(column="pv_benefit", unit="money", definition="Present value of the benefit in {label}."),
    Measure(column="pv_cost", unit="money", definition="Present value of the cost in {label}."),
)

SCENARIO_MEASURES = (
    Measure(column="uplift", unit="points", definition="Uplift of the metric assumed in the {label} scenario."),
    Measure(column="npv", unit="money", definition="Net present value in the {label} scenario."),
    Measure(column="roi_pct", unit="share_pct", definition="Return on investment in the {label} scenario."),
    Measure(column="payback_months", unit="months", definition="Months until paid back in the {label} scenario."),
)

SEGMENT_MEASURES = (
    Measure(column="count_accounts", unit="count", definition="Active accounts in segment {label}."),
    Measure(column="mrr_amount", unit="money", definition="Monthly recurring revenue of segment {label}."),
    Measure(
        column="retention_base",
        id="retention_base_pct",
        unit="share_pct",
        scale=100,
        definition="Revenue-weighted retention of segment {label} over the horizon without the programme.",
    ),
    Measure(
        column="retention_programme",
        id="retention_programme_pct",
        unit="share_pct",
        scale=100,
        definition="Revenue-weighted retention of segment {label} over the horizon with the programme.",
    ),
    Measure(
        column="retained_revenue_amount",
        unit="money",
        definition="Recurring revenue of segment {label} kept over the horizon because of the programme.",
    ),
)

_FRACTIONS = ("fraction", "share", "rate", "probability", "proportion")
_DIRECT = {
    "%": "share_pct",
    "pct": "share_pct",
    "percent": "share_pct",
    "share_pct": "share_pct",
    "months": "months",
    "month": "months",
    "years": "years",
    "count": "count",
    "draws": "draws",
}


def uplift_unit_label(unit: str) -> str:
    """The uplift's unit in words, e.g. `net NPS points`."""
    return UNIT_LABELS.get(unit, unit.replace("_", " "))


def assumption_unit(unit: str, currency: str) -> tuple[str, int]:
    """Figure unit and scale for the unit an assumption declares: `fraction` → per cent, `USD` → money."""
    name = unit.strip().lower()
    if name in _FRACTIONS or name.startswith(tuple(f"{word} " for word in _FRACTIONS)):
        return "share_pct", 100
    if name.startswith(("money", "amount", currency.lower())):
        return "money", 1
    if "points" in name:
        return "points", 1
    return _DIRECT.get(name, "ratio"), 1


def _draw_range(draws: pd.DataFrame, column: str) -> tuple[float | None, float | None]:
    if column not in draws or draws[column].dropna().empty:
        return None, None
    low, high = draws[column].astype(float).dropna().quantile([0.05, 0.95])
    return low, high


def _headline(case: BusinessCase) -> Iterator[Figure]:
    low, high = _draw_range(case.draws, "roi_pct")
    appraisal = dataclasses.asdict(case.base)
    row = field_row(case, **appraisal, roi_pct_p5=low, roi_pct_p95=high)
    yield from figures_of_rows("headline", [row], HEADLINE_MEASURES, tables.CASE)
    yield make_figure(
        "headline.horizon_years",
        case.horizon_months / 12,
        "years",
        "Years over which the case is counted.",
        f"{tables.CASE}.horizon_months",
    )
    yield make_figure(
        "headline.count_draws",
        len(case.draws),
        "draws",
        "Simulated outcomes behind the ranges.",
        f"{tables.CASE_DRAWS}.npv",
    )


def case_figures(case_file: CaseFile) -> Iterator[Figure]:
    """Figures of the business case; none when the verdict is FAIL or no case could be made."""
    if rows.shows_case(case_file):
        yield from _headline(case_file.case)
        yield from figures_of_rows("cash", rows.year_rows(case_file), YEAR_MEASURES, tables.CASE_YEARS)
        yield from figures_of_rows("scenario", rows.scenario_rows(case_file), SCENARIO_MEASURES, tables.CASE_SCENARIOS)
        yield from figures_of_rows("segment", rows.segment_rows(case_file), SEGMENT_MEASURES, tables.CASE_SEGMENTS)


def assumption_figures(case_file: CaseFile) -> Iterator[Figure]:
    """One figure per assumption with low and high where given; texts (a method's name) are no figures."""
    for row in rows.assumption_rows(case_file):
        unit, scale = assumption_unit(str(row.data["unit"]), case_file.context.currency)
        figure = make_figure(
            f"assumption.{row.key}",
            row.data["base"],
            unit,
            f"Assumption: {row.data['label']}.",
            f"{tables.ASSUMPTIONS}.base",
            low=row.data["low"],
            high=row.data["high"],
            scale=scale,
        )
        if figure.value is not None:
            yield figure
