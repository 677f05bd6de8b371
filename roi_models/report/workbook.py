"""The business case as a spreadsheet with live formulas.

Belongs here: the order of sheets, which case is computed where, properties of the file.
Does not belong here: the content of a sheet (the other `workbook_*.py`).
"""

from __future__ import annotations

import io
from datetime import datetime
from typing import TYPE_CHECKING

from roi_models.case.assumptions import SCENARIOS
from roi_models.report import rows, workbook_initiatives
from roi_models.report import workbook_calculations as calculations
from roi_models.report import workbook_checks as checks
from roi_models.report import workbook_measures as measures
from roi_models.report import workbook_outputs as outputs
from roi_models.report import workbook_records as records
from roi_models.report.figures import FigureBook
from roi_models.report.workbook_base import Sheet, number_formats
from roi_models.report.workbook_cases import LIVE, Case, checked_case, ramp, scenario_values
from roi_models.report.workbook_inputs import WIDTHS as INPUT_WIDTHS
from roi_models.report.workbook_inputs import InputCells, write_inputs
from roi_models.report.workbook_response import WIDTH, count_columns, write_response
from roi_models.report.workbook_response import WIDTHS as RESPONSE_WIDTHS
from roi_models.results import CaseFile

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook

# The zip format's own epoch: a file date of now would make equal content differ.
CREATED = datetime(1980, 1, 1)
NO_CASE = "No business case is shown: there is nothing to calculate."
CASE_SHEETS = ("Inputs", "Response", "Calculations", "Outputs", "Scenarios", "Initiatives", "Checks")
RECORD_WIDTHS = {
    "Revenue bridge": (40, 24, 10, 30),
    "Accounts": (36, 22, 22, 12, 10, 12, 48, 26),
    "Data quality": (40, 22, 22, 12, 26, 26, 12, 12, 10),
    "Assumptions": (44, 26, 18, 16, 16, 16, 60),
}
SHEETS = ("Summary", *CASE_SHEETS, *RECORD_WIDTHS)
TAB_COLOURS = dict.fromkeys(("Inputs", "Initiatives"), "#E8C547") | dict.fromkeys(
    ("Summary", "Outputs", "Scenarios", "Checks"), "#2E8B57"
)
RECORD_COLOUR = "#8899A6"
TITLES = {LIVE: "The case, live", "low": "Scenario low", "base": "Scenario base", "high": "Scenario high"}


def render_workbook(case_file: CaseFile, figures: FigureBook) -> bytes:
    """The workbook as bytes of an .xlsx file; formulas carry the values they evaluate to.

    The same sheets always: on a verdict of FAIL, or without a case, those that would calculate say that there is
    nothing. Raises `WorkbookError` when the formulas could not reproduce the published figures.
    """
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        company = case_file.context.company
        book.set_properties({"title": "Business case", "company": company, "created": CREATED})
        styles = number_formats(case_file.context.currency)
        formats = {name: book.add_format(style) for name, style in styles.items()}
        pages = {name: Sheet(book, formats, name, widths) for name, widths in _widths(case_file).items()}
        for name, page in pages.items():
            page.sheet.set_tab_color(TAB_COLOURS.get(name, RECORD_COLOUR))
            page.open(case_file, f"Business case · {company}" if name == "Summary" else name)
        places = measures.write_bridge(pages["Revenue bridge"], case_file, figures)
        places |= records.write_quality(pages["Data quality"], case_file, figures)
        measures.write_accounts(pages["Accounts"], case_file, figures)
        records.write_assumptions(pages["Assumptions"], case_file)
        results: tuple[records.Result, ...] = ()
        if rows.shows_case(case_file):
            results = _write_case(book, pages, case_file, figures, places)
        else:
            for name in CASE_SHEETS:
                pages[name].line(NO_CASE)
        records.write_summary(pages["Summary"], case_file, figures, results)
    return buffer.getvalue()


def _widths(case_file: CaseFile) -> dict[str, tuple[int, ...]]:
    """Sheets in their order, with the widths of their columns."""
    columns = 0
    if rows.shows_case(case_file) and case_file.case.response is not None:
        columns = count_columns(case_file.case.response, 1 + len(SCENARIOS) + len(case_file.case.initiatives))
    response = (*RESPONSE_WIDTHS, *[WIDTH] * (columns - len(RESPONSE_WIDTHS)))
    return {
        "Summary": (40, 26, 14, 26, 48, 40),
        "Inputs": INPUT_WIDTHS,
        "Response": response,
        "Calculations": calculations.WIDTHS,
        "Outputs": outputs.OUTPUT_WIDTHS,
        "Scenarios": outputs.SCENARIO_WIDTHS,
        "Initiatives": workbook_initiatives.widths(case_file),
        "Checks": checks.WIDTHS,
        **RECORD_WIDTHS,
    }


def _write_case(
    book: Workbook, pages: dict[str, Sheet], case_file: CaseFile, figures: FigureBook, places: dict[str, str]
) -> tuple[records.Result, ...]:
    """Write the calculating sheets; returns what the summary points at. `places`: cells of measured figures."""
    response, assumptions = checked_case(case_file.case)
    cells = write_inputs(book, pages["Inputs"], case_file)
    cases = _programme_cases(case_file, cells)
    register = workbook_initiatives.write_register(pages["Initiatives"], case_file, cases[LIVE].inputs)
    cases |= {case.key: case for case in register.cases}
    columns = write_response(book, pages["Response"], response, tuple(cases.values()))
    sheet, weights = pages["Calculations"], ramp(response, assumptions)
    sheet.line(calculations.NOTE, "note", height=64)
    sheet.gap()
    found = {key: calculations.write_block(sheet, case, columns[key], weights) for key, case in cases.items()}
    by_segment, segments = calculations.write_segments(sheet, case_file, cases[LIVE], columns[LIVE])
    calculations.write_ramp(book, sheet, weights)
    live, at = cases[LIVE], found[LIVE]
    ties, views = outputs.write_outputs(pages["Outputs"], case_file, figures, live, at)
    every_tie = (
        *ties,
        *checks.year_ties(case_file, live, at),
        *checks.segment_ties(case_file, live, segments),
        *outputs.write_scenarios(book, pages["Scenarios"], case_file, cells=cells, cases=cases, results=found),
        *workbook_initiatives.write_results(pages["Initiatives"], case_file, figures, register, found),
    )
    rules = (
        *checks.case_rules(cells, cases, found, columns, by_segment=by_segment),
        *checks.view_rules(case_file, figures, views),
        *checks.ledger_rules(case_file, places),
    )
    summed = checks.write_checks(pages["Checks"], figures, every_tie, rules)
    shown = zip(outputs.RESULT_LINES, ties, strict=True)
    return (
        *(records.Result(label, tie.cell, tie.value, style) for (_, _, label, style, _), tie in shown),
        *(records.Result(label, cell, value, "truth") for label, cell, value in summed),
    )


def _programme_cases(case_file: CaseFile, cells: InputCells) -> dict[str, Case]:
    """The chosen case, computed with the named live inputs, and one per scenario."""
    values = scenario_values(case_file.case.response, case_file.case.assumptions)
    inputs = {LIVE: {name: name for name in cells.ends}} | {name: cells.scenario(name) for name in SCENARIOS}
    return {
        key: Case(key=key, title=TITLES[key], inputs=given, flags=cells.flags, values=values.get(key, values["base"]))
        for key, given in inputs.items()
    }
