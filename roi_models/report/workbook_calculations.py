"""The sheet that calculates: one block per case, from revenue to flows by year, present values and the appraisal.

Belongs here: the formulas, which repeat `roi_models/case/flows.py` and `appraisal.py`, and the engine's values beside
them. Does not belong here: revenue by uplift (`workbook_response.py`), what is shown of it (`workbook_outputs.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from roi_models.case.assumptions import MONTHS_PER_YEAR
from roi_models.report.workbook_base import NEVER, UNDEFINED, Sheet, shown
from roi_models.report.workbook_cases import Case, CaseValues
from roi_models.report.workbook_response import CaseColumns
from roi_models.report.workbook_years import PLACES, YEAR_COLUMNS, year_table
from roi_models.results import CaseFile

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook

WIDTHS = (8, 8, 18, 18, 18, 18, 18, 18, 18, 18, 18, 18, 18, 18, 18, 10, 18, 18, 12, 8)
NOTE = (
    "One block per case. Money is rounded half-even to the cent per benefit line and year, and those amounts are "
    "discounted; with month_end each month is discounted by itself, unrounded. The outlay falls at time 0. Years "
    "beyond the horizon are faded and count for nothing. Internal rate of return: only where the flows begin with an "
    "outlay and change sign exactly once."
)
RATE_HEADS = (
    *("Worth of 1 of revenue", "Service saved a month", "Outlay", "Running cost a year", "Discount rate"),
    *("Benefits today", "Costs today", "Net present value", "Return on investment", "Paid back, months"),
    "Internal rate of return",
)
RATES = 2
# Where IRR starts its search: no single start finds every root, and some end at a root below a loss of everything.
GUESSES = ("0.1", "-0.5", "1", "-0.9", "10", "-0.99", "100")


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """Cells of a case's appraisal, and where its years stand (rows from 0)."""

    pv_benefits: str
    pv_costs: str
    npv: str
    roi: str
    payback: str
    irr: str
    sheet: Sheet
    first: int
    last: int

    def year(self, column: str, year: int) -> str:
        """Cell of a year's amount."""
        return self.sheet.cell(PLACES[column], row=self.first + year)

    def end(self, column: str) -> str:
        """Cell of the last year."""
        return self.year(column, self.last - self.first)

    def years(self, column: str, *, first: int = 0, short: int = 0) -> str:
        """A column of the years from `first` (0: the outlay's) to the last one, or `short` of it."""
        place = PLACES[column]
        return self.sheet.span((self.first + first, place), (self.last - short, place))


def half_even(amount: str) -> str:
    """Formula for an amount rounded to the cent, a half to the even cent, as the engine does."""
    return f"IF(ABS(ABS({amount}*100-TRUNC({amount}*100))-0.5)<0.0000001,2*ROUND({amount}*50,0)/100,ROUND({amount},2))"


def write_ramp(book: Workbook, sheet: Sheet, weights: np.ndarray) -> None:
    """How much of the full effect is at work in each month: what the service line is spread by."""
    sheet.section("Ramp and decay by month", 5)
    sheet.head(("Month", "Year", "At work"), numbers=range(3))
    first = sheet.row
    for month, weight in enumerate(weights, start=1):
        row = sheet.row + 1
        sheet.number(0, month, "count")
        sheet.number(1, (month - 1) // MONTHS_PER_YEAR + 1, "count")
        reached = f"IF(ramp_months>0,MIN(A{row}/ramp_months,1),1)"
        formula = f"={reached}*(1-monthly_decay)^MAX(A{row}-MAX(ramp_months,1),0)"
        sheet.formula(2, formula, float(weight), "factor")
        sheet.row += 1
    for column, name in enumerate(("ramp_month", "ramp_year", "ramp_weight")):
        book.define_name(name, f"={sheet.span((first, column), (sheet.row - 1, column))}")
    sheet.gap()


def write_segments(sheet: Sheet, case_file: CaseFile, live: Case, columns: CaseColumns) -> tuple[str, dict[str, str]]:
    """Revenue kept of the live case by segment, over the horizon; returns the range of it, and each segment's cell."""
    sheet.section("Revenue kept by segment over the horizon, live", 5)
    sheet.head(("", "", "Revenue kept", "Segment", ""), numbers=(2,))
    first, cells = sheet.row, {}
    for place, segment in enumerate(case_file.case.response.segments):
        years, kept = columns.parts[place]
        value = float(live.values.kept[place, : case_file.case.horizon_months].sum())
        sheet.formula(2, f'=SUMIFS({kept},{years},"<="&horizon_years)', value, "amount_linked")
        sheet.text(3, segment)
        cells[segment] = sheet.cell(2)
        sheet.row += 1
    span = sheet.span((first, 2), (sheet.row - 1, 2))
    sheet.gap()
    return span, cells


def write_block(sheet: Sheet, case: Case, columns: CaseColumns, weights: np.ndarray) -> Results:
    """One case: its rates and results, then its years."""
    years = len(weights) // MONTHS_PER_YEAR
    sheet.section(case.title, len(YEAR_COLUMNS))
    sheet.head(RATE_HEADS, first=RATES, numbers=range(RATES, RATES + len(RATE_HEADS)))
    rates_row = sheet.row
    first = rates_row + 2
    results = _results(sheet, rates_row, first, first + years)
    _write_rates(sheet, case)
    _write_results(sheet, case.values, results)
    sheet.row += 1
    sheet.head(YEAR_COLUMNS.values(), numbers=range(len(YEAR_COLUMNS)))
    table = year_table(case.values, weights)
    for year in range(years + 1):
        formulas = _year_formulas(sheet.row + 1, year, f"${rates_row + 1}", columns)
        for column, (formula, style) in enumerate(formulas):
            value = table.iat[year, column]
            if formula:
                sheet.formula(column, formula, value, style)
            else:
                sheet.number(column, value, style)
        sheet.row += 1
    faded = {"type": "formula", "criteria": f"=$B{first + 1}=0", "format": sheet.formats["faded"]}
    sheet.sheet.conditional_format(first, 0, first + years, len(YEAR_COLUMNS) - 1, faded)
    sheet.gap()
    return results


def _results(sheet: Sheet, row: int, first: int, last: int) -> Results:
    cells = [sheet.cell(column, row=row) for column in range(RATES + 5, RATES + 11)]
    names = ("pv_benefits", "pv_costs", "npv", "roi", "payback", "irr")
    return Results(**dict(zip(names, cells, strict=True)), sheet=sheet, first=first, last=last)


def _write_rates(sheet: Sheet, case: Case) -> None:
    """What each year's formulas share."""
    cell, value = case.inputs, case.values.inputs
    after_tax = 1 - value["tax_rate"]
    risk, risk_cell = value["benefit_risk_adjustment"] * after_tax, f"{cell['benefit_risk_adjustment']}*(1-"
    risk_cell += f"{cell['tax_rate']})"
    saved = ("contacts_per_year", "contact_reduction", "cost_per_contact", "cashable_share")
    cost_cell = f"*{cell['cost_risk_adjustment']}*(1-{cell['tax_rate']})"
    cost = value["cost_risk_adjustment"] * after_tax
    rates = (
        (f"={cell['margin']}*{cell['realisation']}*{risk_cell}", value["margin"] * value["realisation"] * risk, "rate"),
        (
            f"={'*'.join(cell[name] for name in saved)}/12*{risk_cell}",
            float(np.prod([value[name] for name in saved])) / MONTHS_PER_YEAR * risk,
            "amount",
        ),
        (f"={cell['initial_cost']}{cost_cell}", value["initial_cost"] * cost, "amount"),
        (f"={cell['annual_cost']}{cost_cell}", value["annual_cost"] * cost, "amount"),
        (f"={cell['discount_rate']}", value["discount_rate"], "share"),
    )
    for column, (formula, amount, style) in enumerate(rates, start=RATES):
        sheet.formula(column, formula, amount, style)


def _write_results(sheet: Sheet, values: CaseValues, at: Results) -> None:
    result = values.appraised.result
    net, running, crossing = (at.years(column) for column in ("net", "cumulative_net", "crossing"))
    ends_below = f"{at.end('cumulative_net')}<0"
    before, after = at.years("sign", short=1), at.years("sign", first=1)
    # One change of sign that ends above zero began with an outlay.
    once = f"AND(SUMPRODUCT(({after}<>{before})*({before}<>0))=1,{at.end('sign')}=1)"
    search = f'"{UNDEFINED}"'
    for guess in reversed(GUESSES):
        search = f"IFERROR(IF(IRR({net},{guess})>-1,IRR({net},{guess}),NA()),{search})"
    roi = None if result.roi_pct is None else result.roi_pct / 100
    formulas = (
        (f"=ROUND(SUM({at.years('pv_benefit')}),2)", result.pv_benefits, "money"),
        (f"=ROUND(SUM({at.years('pv_cost')}),2)", result.pv_costs, "money"),
        (f"=ROUND({at.pv_benefits}-{at.pv_costs},2)", result.npv, "money"),
        (f'=IF({at.pv_costs}>0,ROUND({at.npv}/{at.pv_costs},6),"{UNDEFINED}")', shown(roi, UNDEFINED), "share"),
        (
            f'=IF(MIN({running})>=0,0,IF({ends_below},"{NEVER}",ROUND(MAX({crossing}),4)))',
            shown(result.payback_months, NEVER),
            "number",
        ),
        (f'=IF({once},{search},"{UNDEFINED}")', shown(result.irr, UNDEFINED), "share"),
    )
    for column, (formula, value, style) in enumerate(formulas, start=RATES + 5):
        at.sheet.formula(column, formula, value, style)


def _year_formulas(row: int, year: int, rates: str, columns: CaseColumns) -> Sequence[tuple[str, str]]:
    """Formula (empty: a constant) and style of every column of a year's row. `rates`: "$" and the rates' row."""
    worth, service, outlay, running, rate = (f"${column}{rates}" for column in "CDEFG")
    if year == 0:
        cost = half_even(outlay)
        return tuple(_outlay_formulas(row, f"={cost}", rate))
    months = f"(1+{rate})^(response_month/12)"
    ramp = f"(1+{rate})^(ramp_month/12)"
    monthly = (
        f"B{row}*({worth}*SUMPRODUCT((response_year=A{row})*({columns.kept}+{columns.grown})/{months})"
        f"+{service}*SUMPRODUCT((ramp_year=A{row})*ramp_weight/{ramp}))"
    )
    spent = f"B{row}*{running}/12*SUMPRODUCT((ramp_year=A{row})/{ramp})"
    return (
        ("", "count"),
        (f"=IF(A{row}<=horizon_years,1,0)", "count"),
        (f"=B{row}*SUMIFS({columns.kept},response_year,A{row})", "amount_linked"),
        (f"=B{row}*SUMIFS({columns.grown},response_year,A{row})", "amount_linked"),
        (f"=B{row}*SUMIFS(ramp_weight,ramp_year,A{row})", "number"),
        (f"=C{row}*{worth}", "amount"),
        (f"=D{row}*{worth}", "amount"),
        (f"=E{row}*{service}", "amount"),
        *((f"={half_even(f'{column}{row}')}", "amount") for column in "FGH"),
        (f"=ROUND(SUM(I{row}:K{row}),2)", "amount"),
        (f"=B{row}*{half_even(running)}", "amount"),
        (f"=ROUND(L{row}-M{row},2)", "amount"),
        (f"=ROUND(O{row - 1}+N{row},2)", "amount"),
        (f"=1/(1+{rate})^A{row}", "rate"),
        (f'=IF(discounting="month_end",{monthly},L{row}*P{row})', "amount"),
        (f'=IF(discounting="month_end",{spent},M{row}*P{row})', "amount"),
        (f"=IF(AND(O{row - 1}<0,O{row}>=0),12*(A{row - 1}-O{row - 1}/N{row}),0)", "number"),
        (f"=IF(N{row}=0,T{row - 1},SIGN(N{row}))", "count"),
    )


def _outlay_formulas(row: int, cost: str, rate: str) -> Iterator[tuple[str, str]]:
    """The row of time 0, where nothing but the outlay falls."""
    yield from (("", "count"), ("", "count"), *[("", "amount")] * 2, ("", "number"), *[("", "amount")] * 7)
    yield cost, "amount"
    yield f"=ROUND(L{row}-M{row},2)", "amount"
    yield f"=N{row}", "amount"
    yield f"=1/(1+{rate})^A{row}", "rate"
    yield f"=L{row}*P{row}", "amount"
    yield f"=M{row}*P{row}", "amount"
    yield "", "number"
    yield f"=SIGN(N{row})", "count"
