"""The sheet of initiatives: the register with each one's own live case, totals, and the best sets as published.

Belongs here: the register's cells and what is shown of each case.
Does not belong here: the formulas of a case (`workbook_calculations.py`), choosing sets (`roi_models/case`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from roi_models.case.inputs import INPUTS
from roi_models.report import rows_value
from roi_models.report.figures import FigureBook
from roi_models.report.rows import Row
from roi_models.report.workbook_base import Sheet
from roi_models.report.workbook_calculations import Results
from roi_models.report.workbook_cases import Case, initiative_segments, initiative_values
from roi_models.report.workbook_inputs import FLAG_RULE, STYLES, limit_rule
from roi_models.report.workbook_outputs import RESULT_LINES as ALL_LINES
from roi_models.report.workbook_outputs import Tie, figure_value, result_value
from roi_models.results import CaseFile

WIDTHS = (36, 22, 22, 20, 20, 20, 20)
FLAG_WIDTH, SOURCE_WIDTH = 18, 34
NO_REGISTER = "No initiatives are registered in business_case.yml."
NOTE = (
    "Each initiative on its own, live: change its uplift, costs or segments. Margin, discount rate, horizon and all "
    "else are the live ones of the sheet Inputs; the service line is the programme's and is not counted here."
)
SIMULATED_NOTE = "The last three columns are simulated by the models, as published; they do not follow the inputs."
TOTAL_NOTE = "Benefits are not added up: two initiatives that work on the same customers are worth less than their sum."
PORTFOLIO_NOTE = (
    "Sets of open initiatives that the budget affords, best first. Published with this workbook: chosen by the models "
    "at the published inputs; does not follow the inputs. Nothing is counted twice in them."
)
HEADS = ("Initiative", "Owner", "Approver", "Status", "Uplift", "Outlay", "Cost a year")
# A rate of return is published for the programme alone.
RESULT_LINES = tuple(line for line in ALL_LINES if line[0] != "irr")
OWN_INPUTS = ("uplift", "initial_cost", "annual_cost")
FIRST_INPUT = 4
RESULT_HEADS = (
    "Initiative",
    *(label for _, _, label, _, _ in RESULT_LINES),
    *("Chance to pay, simulated", "5% of outcomes below", "95% of outcomes below"),
)
# The register's totals: column and figure.
TOTALS = ("initial_cost", "annual_cost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """Rows of the register, and each one's case; `first_row` is where they stand on the sheet."""

    rows: tuple[Row, ...]
    cases: tuple[Case, ...]
    first_row: int


def widths(case_file: CaseFile) -> tuple[int, ...]:
    """Widths of the sheet's columns: one per segment between inputs and source; at least those of the results."""
    case = case_file.case
    segments = 0 if case is None or case.response is None else len(case.response.segments)
    register = (*WIDTHS, *[FLAG_WIDTH] * segments, SOURCE_WIDTH)
    return (*register, *[FLAG_WIDTH] * (len(RESULT_HEADS) - len(register)))


def write_register(sheet: Sheet, case_file: CaseFile, live: Mapping[str, str]) -> Register:
    """Names and input cells; results follow with `write_results`, once the cases are calculated."""
    found = rows_value.initiative_rows(case_file)
    if not found:
        sheet.line(NO_REGISTER)
        return Register(rows=(), cases=(), first_row=sheet.row)
    response, assumptions = case_file.case.response, case_file.case.assumptions
    sheet.line(NOTE, "note", height=34)
    sheet.section("Register", len(HEADS) + len(response.segments) + 1)
    flags = [f"Works on {segment}" for segment in response.segments]
    sheet.head((*HEADS, *flags, "Source"), numbers=range(FIRST_INPUT, len(HEADS) + len(flags)))
    first, cases = sheet.row, []
    for row in found:
        for column, name in enumerate(("name", "owner", "approver", "status")):
            sheet.text(column, row.data[name])
        cells = {}
        for column, name in enumerate(OWN_INPUTS, start=FIRST_INPUT):
            declared = INPUTS[name]
            limits = response.reach if name == "uplift" else (declared.least, declared.most)
            sheet.number(column, row.data[name], f"{STYLES[declared.kind]}_input")
            sheet.allow(column, limit_rule(declared.label, STYLES[declared.kind], limits))
            cells[name] = sheet.cell(column)
        works_on, places = initiative_segments(row, response.segments), []
        for column, segment in enumerate(response.segments, start=len(HEADS)):
            sheet.number(column, int(segment in works_on), "count_input")
            sheet.allow(column, FLAG_RULE)
            places.append(sheet.cell(column))
        sheet.text(len(HEADS) + len(response.segments), row.data["source"])
        cases.append(
            Case(
                key=f"initiative.{row.key}",
                title=f"Initiative: {row.label}",
                inputs={**live, **cells, "contact_reduction": "0"},
                flags=tuple(places),
                values=initiative_values(response, assumptions, row),
            )
        )
        sheet.row += 1
    return Register(rows=found, cases=tuple(cases), first_row=first)


def write_results(
    sheet: Sheet, case_file: CaseFile, figures: FigureBook, register: Register, results: Mapping[str, Results]
) -> tuple[Tie, ...]:
    """What each initiative is worth, totals, and the best sets; returns the ties."""
    if not register.rows:
        return ()
    ties = list(_write_totals(sheet, figures, register))
    sheet.section("Each on its own", len(RESULT_HEADS))
    sheet.head(RESULT_HEADS, numbers=range(1, len(RESULT_HEADS)))
    for row, case in zip(register.rows, register.cases, strict=True):
        sheet.text(0, row.label)
        for column, (name, figure, _, style, scale) in enumerate(RESULT_LINES, start=1):
            value, figure_id = result_value(case, name), f"initiative.{row.key}.{figure}"
            sheet.formula(column, f"={getattr(results[case.key], name)}", value, style)
            ties.append(Tie(figure_id=figure_id, cell=sheet.cell(column), value=value, scale=scale))
        column = 1 + len(RESULT_LINES)
        figure_value(sheet, column, figures, f"initiative.{row.key}.prob_npv_positive")
        for offset, part in ((1, "low"), (2, "high")):
            figure_value(sheet, column + offset, figures, f"initiative.{row.key}.npv", part)
        sheet.row += 1
    sheet.line(SIMULATED_NOTE, "note_plain")
    sheet.line(TOTAL_NOTE, "note_plain")
    sheet.gap()
    _write_portfolios(sheet, figures, case_file)
    return tuple(ties)


def _write_totals(sheet: Sheet, figures: FigureBook, register: Register) -> Sequence[Tie]:
    from xlsxwriter.utility import xl_col_to_name

    ties = []
    sheet.row = register.first_row + len(register.rows)
    sheet.text(0, "Total")
    for name in TOTALS:
        column = FIRST_INPUT + OWN_INPUTS.index(name)
        letter, figure_id = xl_col_to_name(column), f"initiatives.total.{name}"
        value = figures[figure_id].value
        span = f"{letter}{register.first_row + 1}:{letter}{sheet.row}"
        sheet.formula(column, f"=SUM({span})", value, "money_strong")
        ties.append(Tie(figure_id=figure_id, cell=sheet.cell(column), value=value))
    sheet.row += 1
    sheet.gap()
    return ties


def _write_portfolios(sheet: Sheet, figures: FigureBook, case_file: CaseFile) -> None:
    sheet.section("Best sets under the budget, as published")
    sheet.line(PORTFOLIO_NOTE, "note", height=48)
    heads = ("Initiatives", "Net present value", "Benefits today", "Costs today", "Initiatives in it", "Figures")
    sheet.head(heads, numbers=range(1, 5))
    for row in rows_value.portfolio_rows(case_file):
        sheet.text(0, ", ".join(row.data["names"]) or "none of them")
        for column, name in ((1, "npv"), (2, "pv_benefits"), (3, "pv_costs"), (4, "count_initiatives")):
            figure_value(sheet, column, figures, f"portfolio.{row.key}.{name}")
        sheet.text(5, f"portfolio.{row.key}.*")
        sheet.row += 1
