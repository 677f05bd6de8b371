"""The sheets that record: summary, assumptions, data quality.

Belongs here: what was said, assumed and counted, as cells.
Does not belong here: calculation (`workbook_calculations.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from roi_models.report import rows
from roi_models.report.catalogue_data import reconciliation_unit
from roi_models.report.figures import FigureBook
from roi_models.report.format import to_number
from roi_models.report.sentences import as_shown
from roi_models.report.workbook_base import Sheet
from roi_models.report.workbook_checks import ALL_TIE
from roi_models.results import CaseFile
from roi_models.verdicts.robustness_card import by_question

NOT_CLAIMED = (
    "No return is claimed: the data do not show that one exists. What follows is what the assumptions would give."
)
AS_PUBLISHED = "The results are the published ones."
CHANGED = "Inputs were changed: the results are not the published ones (see the sheet Checks)."


@dataclass(frozen=True, slots=True)
class Result:
    """What the summary shows of the calculation: a reference to its cell, and the value there."""

    label: str
    cell: str
    value: object
    style: str


def write_summary(sheet: Sheet, case_file: CaseFile, figures: FigureBook, results: Sequence[Result] = ()) -> None:
    """Headline, verdict, key results as references to their cells, checks."""
    context, verdict = case_file.context, case_file.verdict
    if results and verdict.claim.value == "none":
        sheet.line(NOT_CLAIMED, "warning")
    sheet.line(as_shown(verdict.sentence), "headline", height=80)
    sheet.gap()
    if results:
        _write_results(sheet, results)
    sheet.section("About this run")
    for label, value in (
        ("Verdict", verdict.level.name),
        ("Claim", verdict.claim.value),
        ("As of", context.as_of),
        ("Run", context.run_id),
        ("Currency", context.currency),
        ("Churn policy", context.churn_policy),
        ("Metric", context.metric_label),
    ):
        sheet.text(0, label)
        sheet.text(1, value)
        sheet.row += 1
    _write_verdict_checks(sheet, case_file, figures)


def _write_results(sheet: Sheet, results: Sequence[Result]) -> None:
    sheet.section("Results, live")
    first = sheet.row
    for result in results:
        sheet.text(0, result.label)
        sheet.formula(1, f"={result.cell}", result.value, result.style)
        sheet.row += 1
    sheet.colour_truth(first, sheet.row - 1, 1)
    ties = next(result for result in results if result.label == ALL_TIE)
    words = AS_PUBLISHED if ties.value else CHANGED
    sheet.formula(0, f'=IF({ties.cell},"{AS_PUBLISHED}","{CHANGED}")', words, "note_plain")
    sheet.row += 1
    sheet.gap()


def _write_verdict_checks(sheet: Sheet, case_file: CaseFile, figures: FigureBook) -> None:
    sheet.gap()
    sheet.section("Checks of data and models")
    sheet.head(("Check", "Level", "Value", "Threshold", "Finding", "What to do"), numbers=(2,))
    for check in (check for _, checks in by_question(case_file.verdict.checks) for check in checks):
        sheet.text(0, check.label)
        sheet.text(1, check.level.name)
        sheet.number(2, figures[f"check.{check.id}.value"].value, "number")
        for column, text in enumerate((check.threshold, check.sentence, check.recommendation), start=3):
            sheet.text(column, as_shown(text))
        sheet.row += 1


def write_assumptions(sheet: Sheet, case_file: CaseFile) -> None:
    """Every assumption as it was set, with its source."""
    sheet.head(("Assumption", "Name", "Unit", "Least", "Base", "Most", "Source"), numbers=(3, 4, 5))
    for row in rows.assumption_rows(case_file):
        for column, name in enumerate(("label", "name", "unit", "low", "base", "high", "source")):
            number = to_number(row.data[name])
            if number is None:
                sheet.text(column, row.data[name])
            else:
                sheet.number(column, number, "number")
        sheet.row += 1


def write_quality(sheet: Sheet, case_file: CaseFile, figures: FigureBook) -> dict[str, str]:
    """Where every row went (the row equation as a formula), rejections, flags, reconciliation, absences.

    Returns the cells of the reconciliation by figure.
    """
    places: dict[str, str] = {}
    _write_accounting(sheet, case_file, figures)
    sheet.gap()
    sheet.head(("Rule broken", "Table", "Column", "Rows", "Example value", "File", "Row"), numbers=(3, 6))
    for row in rows.rejection_rows(case_file):
        for column, name in enumerate(("rule", "table_name", "column_name")):
            sheet.text(column, row.data[name])
        sheet.number(3, row.data["count_rows"], "count")
        sheet.text(4, row.data["example_raw_value"])
        sheet.text(5, row.data["example_file"])
        sheet.number(6, row.data["example_row"], "count")
        sheet.row += 1
    sheet.gap()
    sheet.head(("Kept, but flagged", "Rows"), numbers=(1,))
    for row in rows.flag_rows(case_file):
        sheet.text(0, row.data["label"])
        sheet.number(1, row.data["count_rows"], "count")
        sheet.row += 1
    sheet.gap()
    sheet.head(("Revenue reconciliation", "Amount"), numbers=(1,))
    styles = {"money": "money", "count": "count", "share_pct": "number"}
    for row in rows.reconciliation_rows(case_file):
        sheet.text(0, row.data["item"].replace("_", " "))
        places[f"quality.reconciliation.{row.key}"] = sheet.cell(1)
        sheet.number(1, row.data["amount"], styles[reconciliation_unit(row.data["item"])])
        sheet.row += 1
    sheet.gap()
    sheet.head(("Absent",))
    for item in case_file.context.absent:
        sheet.line(item)
    return places


def _write_accounting(sheet: Sheet, case_file: CaseFile, figures: FigureBook) -> None:
    sheet.head(("File", "Table", *(bucket.capitalize() for bucket in rows.BUCKETS), "Adds up"), numbers=range(2, 8))
    first = sheet.row
    for row in rows.accounting_rows(case_file):
        sheet.text(0, row.data["source_file"])
        sheet.text(1, row.data["table_name"])
        counts = [figures[f"quality.{row.key}.{bucket}"].value for bucket in rows.BUCKETS]
        for column, count in enumerate(counts, start=2):
            sheet.number(column, count, "count")
        line = sheet.row + 1
        sheet.formula(8, f"=C{line}=SUM(D{line}:H{line})", counts[0] == sum(counts[1:]), "truth")
        sheet.row += 1
    sheet.colour_truth(first, max(first, sheet.row - 1), 8)
