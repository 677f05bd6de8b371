"""The sheets of what the warehouse measured: revenue bridge, accounts that ask for attention.

Belongs here: measured money as plain values, in the page's order.
Does not belong here: calculation (`workbook_calculations.py`), what was assumed and counted (`workbook_records.py`).
"""

from __future__ import annotations

from roi_models.report import rows_measures
from roi_models.report.figures import FigureBook
from roi_models.report.workbook_base import Sheet
from roi_models.results import CaseFile

NO_BRIDGE = "There is no month with recurring revenue to build a bridge from."
NO_LEDGER = "No general ledger covers these months."
NO_ACCOUNTS = "No active account asks for attention."
# Words, since a plus sign at the beginning of a cell would have to be quoted.
_SIGNS = {1: "adds", -1: "takes", 0: ""}


def write_bridge(sheet: Sheet, case_file: CaseFile, figures: FigureBook) -> dict[str, str]:
    """From opening to closing monthly recurring revenue, and from billed revenue to the ledger.

    Returns the cell of each figure.
    """
    places: dict[str, str] = {}
    lines = rows_measures.bridge_rows(case_file)
    if not lines:
        sheet.line(NO_BRIDGE)
    else:
        span = case_file.measures.bridge.iloc[0]
        sheet.line(f"Monthly recurring revenue from {span['first_month']} to {span['last_month']}.", "note", height=18)
        sheet.head(("Line", "Amount a month", "Does", "Figure"), numbers=(1,))
        for row in lines:
            places |= _line(sheet, figures, row.label, f"bridge.{row.data['column']}", _SIGNS[row.data["sign"]])
        places |= _line(sheet, figures, "Not accounted for", "bridge.residual_amount")
        places |= _line(sheet, figures, "Annual recurring revenue, opening", "bridge.arr_opening_amount")
        places |= _line(sheet, figures, "Annual recurring revenue, closing", "bridge.arr_closing_amount")
    sheet.gap()
    ledger = rows_measures.ledger_rows(case_file)
    if not ledger:
        sheet.line(NO_LEDGER)
        return places
    sheet.head(("From billed revenue to the ledger", "Amount", "", "Figure"), numbers=(1,))
    for row in ledger:
        places |= _line(sheet, figures, row.label.capitalize(), f"ledger.{row.key}")
    return places


def write_accounts(sheet: Sheet, case_file: CaseFile, figures: FigureBook) -> None:
    """How many accounts ask for what, then those to call first."""
    states = rows_measures.attention_rows(case_file)
    if states:
        sheet.head(("State", "Accounts", "Monthly revenue"), numbers=(1, 2))
        for row in states:
            sheet.text(0, row.label.capitalize())
            sheet.number(1, figures[f"attention.{row.key}.count_accounts"].value, "count")
            sheet.number(2, figures[f"attention.{row.key}.mrr_amount"].value, "money")
            sheet.row += 1
        sheet.gap()
    accounts = rows_measures.account_rows(case_file)
    if not accounts:
        sheet.line(NO_ACCOUNTS)
        return
    sheet.line("The first ones, most urgent first; the table marts.fct_account_360 lists all.", "note", height=18)
    sheet.head(
        ("Account", "Owner", "Monthly revenue", "Renewal in, months", "Score", "State", "Why", "Account id"),
        numbers=(2, 3, 4),
    )
    for row in accounts:
        sheet.text(0, row.data["name"] or row.data["account_id"])
        sheet.text(1, row.data["owner"])
        for column, name, style in (
            (2, "mrr_amount", "money"),
            (3, "months_to_renewal", "count"),
            (4, "score", "number"),
        ):
            sheet.number(column, figures[f"account.{row.key}.{name}"].value, style)
        for column, name in ((5, "attention"), (6, "reason"), (7, "account_id")):
            sheet.text(column, row.data[name])
        sheet.row += 1


def _line(sheet: Sheet, figures: FigureBook, label: str, figure_id: str, sign: str = "") -> dict[str, str]:
    """Write one amount; returns where it stands."""
    place = sheet.cell(1)
    sheet.text(0, label)
    sheet.number(1, figures[figure_id].value, "money")
    sheet.text(2, sign)
    sheet.text(3, figure_id)
    sheet.row += 1
    return {figure_id: place}
