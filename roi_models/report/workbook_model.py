"""The arithmetic of the workbook, in Python: what its formulas must show before anything recalculates them.

Belongs here: which assumptions drive the sheets, and the values cached beside each formula.
Does not belong here: cells and formats (`workbook_sheets.py`), appraisal (`roi_models/case/finance.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from roi_models.report import rows
from roi_models.report.catalogue_case import assumption_unit
from roi_models.report.format import round_for_unit, to_number
from roi_models.results import CaseFile

NEVER = "never"
TOLERANCE = 0.01
REQUIRED_INPUTS = ("margin", "discount_rate", "initial_cost", "annual_cost")
# Factors that a profile may leave out; the models then take them as one, and so does the workbook.
NEUTRAL_INPUTS = ("realisation", "benefit_risk_adjustment", "cost_risk_adjustment")
INPUTS = (
    "margin",
    "realisation",
    "benefit_risk_adjustment",
    "discount_rate",
    *REQUIRED_INPUTS[2:],
    NEUTRAL_INPUTS[2],
)
REVENUE_COLUMN = "retained_revenue_amount"


class WorkbookError(ValueError):
    """The case file cannot be turned into a workbook whose formulas reproduce the published figures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class YearLine:
    """One row of the calculation sheet, as its formulas evaluate."""

    year: int
    revenue: float
    benefit: float
    cost: float
    net: float
    cumulative: float
    factor: float
    pv_benefit: float
    pv_cost: float
    crossing: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Calculation:
    """Every cached value of the calculation and output sheets."""

    inputs: Mapping[str, float]
    lines: tuple[YearLine, ...]
    pv_benefits: float
    pv_costs: float
    npv: float
    roi: float | None
    payback: float | str


def driving_inputs(case_file: CaseFile) -> dict[str, float]:
    """The assumptions that the formulas read, as fractions and money; `WorkbookError` names a missing one."""
    given = {}
    for row in rows.assumption_rows(case_file):
        value = to_number(row.data["base"])
        if value is not None:
            unit, scale = assumption_unit(str(row.data["unit"]), case_file.context.currency)
            is_percentage = unit == "share_pct" and scale == 1
            given[str(row.data["name"])] = value / 100 if is_percentage else value
    absent = [name for name in REQUIRED_INPUTS if name not in given]
    if absent:
        raise WorkbookError(
            f"The assumptions lack {', '.join(absent)}, which the workbook's formulas need: add a row of "
            "that name to the case file's assumptions."
        )
    return {name: float(given.get(name, 1.0)) for name in INPUTS}


def calculate(case_file: CaseFile) -> Calculation:
    """Evaluate the workbook's formulas; `WorkbookError` when they miss the published NPV by over a cent."""
    case, inputs = case_file.case, driving_inputs(case_file)
    if REVENUE_COLUMN not in case.years:
        raise WorkbookError(
            f"The business case's yearly table has no column {REVENUE_COLUMN}, from which the workbook "
            "computes the benefit: publish the revenue kept per year before margin and adjustments."
        )
    lines: list[YearLine] = []
    for row in rows.year_rows(case_file):
        lines.append(_line(row.data["year"], float(row.data[REVENUE_COLUMN]), inputs, lines[-1] if lines else None))
    pv_benefits = round_for_unit(sum(line.pv_benefit for line in lines), "money")
    pv_costs = round_for_unit(sum(line.pv_cost for line in lines), "money")
    npv = round_for_unit(pv_benefits - pv_costs, "money")
    if abs(npv - case.base.npv) > TOLERANCE:
        raise WorkbookError(
            f"The workbook's formulas give a net present value of {npv:,.2f} but the model gives "
            f"{case.base.npv:,.2f}: hand over the assumptions that the business case was computed with."
        )
    return Calculation(
        inputs=inputs,
        lines=tuple(lines),
        pv_benefits=pv_benefits,
        pv_costs=pv_costs,
        npv=npv,
        roi=npv / pv_costs if pv_costs > 0 else None,
        payback=_payback(lines),
    )


def _line(year: int, revenue: float, inputs: Mapping[str, float], before: YearLine | None) -> YearLine:
    factors = inputs["margin"] * inputs["realisation"] * inputs["benefit_risk_adjustment"]
    benefit = round_for_unit(revenue * factors, "money")
    cost = inputs["initial_cost" if year == 0 else "annual_cost"] * inputs["cost_risk_adjustment"]
    net = benefit - cost
    cumulative = net + (before.cumulative if before else 0.0)
    factor = 1 / (1 + inputs["discount_rate"]) ** year
    crosses = before is not None and before.cumulative < 0 <= cumulative
    return YearLine(
        year=year,
        revenue=revenue,
        benefit=benefit,
        cost=cost,
        net=net,
        cumulative=cumulative,
        factor=factor,
        pv_benefit=benefit * factor,
        pv_cost=cost * factor,
        crossing=12 * (before.year - before.cumulative / net) if crosses else 0.0,
    )


def _payback(lines: list[YearLine]) -> float | str:
    if min(line.cumulative for line in lines) >= 0:
        return 0.0
    return NEVER if lines[-1].cumulative < 0 else max(line.crossing for line in lines)
