"""The business case as a spreadsheet with live formulas.

Belongs here: the order of sheets, names of input cells, properties of the file.
Does not belong here: the content of a sheet (`workbook_sheets.py`, `workbook_records.py`,
`workbook_measures.py`), arithmetic (`workbook_model.py`).
"""

from __future__ import annotations

import io
from datetime import datetime
from typing import TYPE_CHECKING

from roi_models.report import rows
from roi_models.report import workbook_measures as measures
from roi_models.report import workbook_records as records
from roi_models.report import workbook_sheets as sheets
from roi_models.report.figures import FigureBook
from roi_models.report.workbook_base import Sheet, number_formats
from roi_models.report.workbook_model import Calculation, calculate
from roi_models.results import CaseFile

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook

# The zip format's own epoch: a file date of now would make equal content differ.
CREATED = datetime(1980, 1, 1)
SHEETS = {
    "Summary": (30, 26, 14, 26, 48, 40),
    "Inputs": (44, 22, 16, 12, 12, 40),
    "Calculations": (8, 20, 18, 18, 18, 18, 14, 18, 18, 16),
    "Outputs": (52, 22, 28, 20, 20),
    "Checks": (40, 22, 22, 16, 10),
    "Revenue bridge": (40, 24, 10, 30),
    "Accounts": (36, 22, 22, 12, 10, 12, 48, 26),
    "Data quality": (40, 22, 22, 12, 26, 26, 12, 12, 10),
    "Assumptions": (44, 26, 18, 12, 16, 12, 44),
}


def render_workbook(case_file: CaseFile, figures: FigureBook) -> bytes:
    """The workbook as bytes of an .xlsx file; formulas carry the values they evaluate to.

    The same sheets always: on a verdict of FAIL, or without a case, those that would calculate say that there is
    nothing. Raises `WorkbookError` when the formulas could not reproduce the published figures.
    """
    import xlsxwriter

    calculation = calculate(case_file) if rows.shows_case(case_file) else None
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        company = case_file.context.company
        book.set_properties({"title": "Business case", "company": company, "created": CREATED})
        styles = number_formats(case_file.context.currency)
        formats = {name: book.add_format(style) for name, style in styles.items()}
        pages = {name: Sheet(book, formats, name, widths) for name, widths in SHEETS.items()}
        for name, page in pages.items():
            page.open(case_file, f"{name} · {company}" if name == "Summary" else name)
        results: tuple[records.Result, ...] = ()
        if calculation is None:
            for name in ("Inputs", "Calculations", "Outputs", "Checks"):
                pages[name].line(sheets.NO_CASE)
        else:
            results = _write_case(book, pages, case_file, figures, calculation)
        records.write_summary(pages["Summary"], case_file, results)
        measures.write_bridge(pages["Revenue bridge"], case_file, figures)
        measures.write_accounts(pages["Accounts"], case_file, figures)
        records.write_quality(pages["Data quality"], case_file, figures)
        records.write_assumptions(pages["Assumptions"], case_file)
    return buffer.getvalue()


def _write_case(
    book: Workbook,
    pages: dict[str, Sheet],
    case_file: CaseFile,
    figures: FigureBook,
    calculation: Calculation,
) -> tuple[records.Result, ...]:
    """Write the four calculating sheets and name the inputs; returns what the summary points at."""
    revenue_row, names = sheets.write_inputs(pages["Inputs"], case_file, calculation)
    for name, reference in names.items():
        book.define_name(name, reference)
    places = sheets.write_calculation(pages["Calculations"], calculation, revenue_row)
    outputs = sheets.write_outputs(pages["Outputs"], figures, calculation, places)
    ties = (*outputs, *sheets.yearly_ties(case_file, calculation, places))
    all_ties = sheets.write_checks(pages["Checks"], figures, ties)
    cells = {output.figure_id: output.cell for output in outputs}
    return (
        ("Return on investment", cells["headline.roi_pct"], calculation.roi, "share"),
        ("Net present value", cells["headline.npv"], calculation.npv, "money"),
        ("Paid back after, months", cells["headline.payback_months"], calculation.payback, "number"),
        ("Ties to the published figures", all_ties, True, "truth"),
    )
