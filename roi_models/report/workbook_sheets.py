"""The sheets that calculate: inputs, calculation, outputs, checks.

Belongs here: cells, formulas and the values cached beside them.
Does not belong here: the arithmetic of cached values (`workbook_model.py`), records (`workbook_records.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from roi_models.report import rows
from roi_models.report.figures import FigureBook
from roi_models.report.workbook_base import Sheet
from roi_models.report.workbook_model import NEUTRAL_INPUTS, NEVER, TOLERANCE, Calculation
from roi_models.results import CaseFile

MONEY_INPUTS = ("initial_cost", "annual_cost")
UNDEFINED = "undefined"
NO_CASE = "No business case is shown: there is nothing to calculate."
WHAT_IF_NOTE = (
    "Change a shaded cell and everything follows. The revenue kept is a result of the retention model: it "
    "is not linear in the uplift, so that cannot be changed here; for that the models have to be run again."
)
PUBLISHED_NOTE = (
    "Each line compares a formula of this workbook with the figure published in figures.json. As "
    "published, all are TRUE; after an input is changed, FALSE says that a result is not the published one."
)
CALCULATION_HEADS = (
    "Year",
    "Revenue kept",
    "Benefit",
    "Cost",
    "Net",
    "Running sum",
    "Discount factor",
    "Benefit today",
    "Cost today",
    "Crosses zero after, months",
)
SIMULATED = (
    ("headline.prob_npv_positive", "Probability that it pays"),
    ("headline.npv", "Net present value, range of simulated outcomes"),
    ("headline.npv_p50", "Net present value, median of simulated outcomes"),
    ("headline.roi_pct", "Return on investment in per cent, range of simulated outcomes"),
    ("headline.gain_pp", "Retention gain, percentage points"),
    ("headline.break_even_uplift", "Break-even uplift"),
    ("headline.evpi_amount", "Value of perfect information"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """A formula cell and the figure it ties to; `value` is cached, `scale` takes it to the figure's unit."""

    figure_id: str
    cell: str
    value: float | str | None
    scale: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where the calculation stands, so that other sheets can point at it."""

    first_row: int
    last_row: int


def write_inputs(sheet: Sheet, case_file: CaseFile, calculation: Calculation) -> tuple[int, dict[str, str]]:
    """The input cells and the model's yearly revenue.

    Returns the row (counted from 1) of year 0's revenue, and the reference of each input by its name.
    """
    sheet.line(WHAT_IF_NOTE, "note", height=34)
    sheet.gap()
    sheet.head(("Input", "Value", "Unit", "Low", "High", "Source"))
    given = {row.data["name"]: row.data for row in rows.assumption_rows(case_file)}
    names = {}
    for name, value in calculation.inputs.items():
        neutral = {"label": name.replace("_", " "), "unit": "factor", "source": "not set: taken as one"}
        _write_input(sheet, name, value, given.get(name, neutral))
        names[name] = f"=Inputs!$B${sheet.row}"
    sheet.gap()
    sheet.head(("Year", "Revenue kept, before margin (model result)"))
    first = sheet.row + 1
    for line in calculation.lines:
        sheet.number(0, line.year, "count")
        sheet.number(1, line.revenue, "money")
        sheet.row += 1
    return first, names


def _write_input(sheet: Sheet, name: str, value: float, data: Mapping[str, object]) -> None:
    is_money = name in MONEY_INPUTS
    sheet.text(0, data["label"])
    sheet.number(1, value, "money_input" if is_money else "share_input")
    sheet.text(2, data["unit"])
    for column, end in ((3, "low"), (4, "high")):
        sheet.number(column, data.get(end), "money" if is_money else "share")
    sheet.text(5, data["source"])
    limits: dict[str, object] = {"validate": "decimal", "criteria": ">=", "value": 0}
    message = "Give a number of nought or more."
    if not is_money and name not in NEUTRAL_INPUTS:
        limits = {"validate": "decimal", "criteria": "between", "minimum": 0, "maximum": 1}
        message = "Give a share, as in 10%."
    sheet.sheet.data_validation(sheet.row, 1, sheet.row, 1, limits | {"error_message": message})
    sheet.row += 1


def write_calculation(sheet: Sheet, calculation: Calculation, revenue_row: int) -> Places:
    """One line per year with live formulas."""
    sheet.line("Costs and benefits fall at year end; the start is not discounted.", "note", height=18)
    sheet.gap()
    sheet.head(CALCULATION_HEADS)
    first = sheet.row + 1
    for line in calculation.lines:
        row = sheet.row + 1
        sheet.number(0, line.year, "count")
        formulas = _year_formulas(row, first, line.year, f"Inputs!B{revenue_row + line.year}")
        for column, (field, formula, style) in enumerate(formulas, start=1):
            sheet.formula(column, formula, getattr(line, field), style)
        sheet.row += 1
    return Places(first_row=first, last_row=sheet.row)


def _year_formulas(row: int, first: int, year: int, revenue: str) -> tuple[tuple[str, str, str], ...]:
    """Field of the year's line, formula and style of each column from B on."""
    cost = "initial_cost" if year == 0 else "annual_cost"
    running, crossing = f"=E{row}", "=0"
    if row > first:
        before = f"F{row - 1}"
        running = f"={before}+E{row}"
        crossing = f"=IF(AND({before}<0,F{row}>=0),12*(A{row - 1}-{before}/E{row}),0)"
    return (
        ("revenue", f"={revenue}", "money"),
        ("benefit", f"=ROUND(B{row}*margin*realisation*benefit_risk_adjustment,2)", "money"),
        ("cost", f"={cost}*cost_risk_adjustment", "money"),
        ("net", f"=C{row}-D{row}", "money"),
        ("cumulative", running, "money"),
        ("factor", f"=1/(1+discount_rate)^A{row}", "factor"),
        ("pv_benefit", f"=C{row}*G{row}", "money"),
        ("pv_cost", f"=D{row}*G{row}", "money"),
        ("crossing", crossing, "number"),
    )


def write_outputs(sheet: Sheet, figures: FigureBook, calculation: Calculation, places: Places) -> tuple[Output, ...]:
    """Formulas for the results, then simulated results as published; returns the former."""
    sheet.head(("Output", "Value", "Figure"))
    outputs = []
    for label, output, formula, style in _live_outputs(calculation, places, first=sheet.row + 1):
        sheet.text(0, label)
        sheet.formula(1, formula, UNDEFINED if output.value is None else output.value, style)
        sheet.text(2, output.figure_id)
        outputs.append(output)
        sheet.row += 1
    _write_simulated(sheet, figures)
    return tuple(outputs)


def _live_outputs(calculation: Calculation, places: Places, *, first: int) -> Iterator[tuple[str, Output, str, str]]:
    def span(column: str) -> str:
        return f"Calculations!{column}{places.first_row}:{column}{places.last_row}"

    benefits, costs, npv = (f"B{first + offset}" for offset in range(3))
    ends_below = f"Calculations!F{places.last_row}<0"
    # The last crossing counts: a running sum that falls below zero again has not paid back yet.
    payback = f'=IF(MIN({span("F")})>=0,0,IF({ends_below},"{NEVER}",MAX({span("J")})))'
    live = (
        ("Present value of benefits", "pv_benefits", "pv_benefits", f"=ROUND(SUM({span('H')}),2)", "money"),
        ("Present value of costs", "pv_costs", "pv_costs", f"=ROUND(SUM({span('I')}),2)", "money"),
        ("Net present value", "npv", "npv", f"=ROUND({benefits}-{costs},2)", "money"),
        ("Return on investment", "roi_pct", "roi", f'=IF({costs}>0,{npv}/{costs},"{UNDEFINED}")', "share"),
        ("Paid back after, months", "payback_months", "payback", payback, "number"),
    )
    for offset, (label, name, field, formula, style) in enumerate(live):
        output = Output(
            figure_id=f"headline.{name}",
            cell=f"Outputs!B{first + offset}",
            value=getattr(calculation, field),
            scale=100 if style == "share" else 1,
        )
        yield label, output, formula, style


def _write_simulated(sheet: Sheet, figures: FigureBook) -> None:
    sheet.gap()
    sheet.line("Simulated by the models; these do not follow the inputs.", "note", height=18)
    sheet.head(("Output", "Value", "Figure", "Low", "High"))
    styles = {"money": "money", "probability": "share"}
    for figure_id, label in SIMULATED:
        figure = figures[figure_id]
        style = styles.get(figure.unit, "number")
        sheet.text(0, label)
        sheet.number(1, figure.value, style)
        sheet.text(2, figure_id)
        sheet.number(3, figure.low, style)
        sheet.number(4, figure.high, style)
        sheet.row += 1


def write_checks(sheet: Sheet, figures: FigureBook, ties: Iterable[Output]) -> str:
    """One line per tie between a formula and a figure; returns the cell that says whether all hold."""
    sheet.line(PUBLISHED_NOTE, "note", height=34)
    sheet.gap()
    total_row = sheet.row
    sheet.row += 2
    sheet.head(("Tie", "Workbook", "Published", "Difference", "Ties"))
    first = sheet.row + 1
    holds = [_write_tie(sheet, figures, tie) for tie in ties]
    end, sheet.row = sheet.row, total_row
    sheet.text(0, "Everything ties to the published figures")
    sheet.formula(4, f"=AND(E{first}:E{end})", all(holds), "truth")
    sheet.colour_truth(total_row, total_row, 4)
    sheet.colour_truth(first - 1, end - 1, 4)
    sheet.row = end
    return f"Checks!E{total_row + 1}"


def yearly_ties(case_file: CaseFile, calculation: Calculation, places: Places) -> Iterator[Output]:
    """Benefit and cost of each year, to be held against their figures."""
    for line, row in zip(calculation.lines, rows.year_rows(case_file), strict=True):
        for column, name in (("C", "benefit"), ("D", "cost")):
            yield Output(
                figure_id=f"cash.{row.key}.{name}",
                cell=f"Calculations!{column}{places.first_row + line.year}",
                value=getattr(line, name),
            )


def _write_tie(sheet: Sheet, figures: FigureBook, tie: Output) -> bool:
    """Numbers tie within a cent; a word (never, undefined) ties to a figure that has no value.

    The formulas hold for both kinds, since a changed input may turn one into the other.
    """
    figure, row = figures[tie.figure_id], sheet.row + 1
    style = "money" if figure.unit == "money" else "number"
    shown: float | str = UNDEFINED if tie.value is None else tie.value
    difference: float | str = ""
    holds = isinstance(shown, str) and figure.value is None
    if not isinstance(shown, str):
        shown *= tie.scale
        if figure.value is not None:
            difference = shown - figure.value
            holds = abs(difference) <= TOLERANCE
    both = f"AND(ISNUMBER(B{row}),ISNUMBER(C{row}))"
    sheet.text(0, tie.figure_id)
    sheet.formula(1, f"=IF(ISNUMBER({tie.cell}),{tie.cell}*{tie.scale},{tie.cell})", shown, style)
    sheet.number(2, figure.value, style)
    sheet.formula(3, f'=IF({both},B{row}-C{row},"")', difference, style)
    tied = f"IF({both},ABS(B{row}-C{row})<={TOLERANCE},AND(ISTEXT(B{row}),ISBLANK(C{row})))"
    sheet.formula(4, f"={tied}", holds, "truth")
    sheet.row += 1
    return holds
