"""The sheet of the response: revenue by uplift as the models computed it, and read off at each case's uplift.

Belongs here: the table (unrounded: cents hang on it), the position of an uplift in it, one pair of columns per case.
Does not belong here: what revenue is worth (`workbook_calculations.py`).

Reading off repeats `roi_models/case/response.py`: a straight line between neighbouring knots; beyond the ends, the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from roi_models.case.assumptions import MONTHS_PER_YEAR
from roi_models.case.response import Response
from roi_models.report.workbook_base import Sheet, safe_text
from roi_models.report.workbook_cases import Case

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook

WIDTHS = (30, 8, 8)
WIDTH = 16
FIRST_CASE = 3
NOTE = (
    "One row per segment and month ahead; money a month, before margin. On the right: revenue that the programme keeps "
    "(and what is grown more) at some uplifts, as the models computed it, unrounded. On the left: the same at the "
    "uplift of each case, read between the two nearest knots along a straight line, nil where the case does not work "
    "on the segment."
)
HEAD_ROWS = ("Uplift", "Left knot, number", "Right knot, number", "Weight of the right knot")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseColumns:
    """Ranges of a case's revenue by row, and the cell of its weight. `parts`: per segment the range of the years and
    that of the revenue kept."""

    kept: str
    grown: str
    weight: str
    parts: tuple[tuple[str, str], ...]


def count_columns(response: Response, count_cases: int) -> int:
    """Columns that the sheet takes."""
    return FIRST_CASE + 2 * count_cases + 2 * len(response.uplifts)


def write_response(
    book: Workbook, sheet: Sheet, response: Response, cases: Sequence[Case]
) -> Mapping[str, CaseColumns]:
    """Write the sheet; returns each case's columns by its key."""
    layout = _Layout(book, sheet, response, cases)
    layout.write_heads()
    for number, case in enumerate(cases):
        layout.write_position(number, case)
    layout.write_rows()
    sheet.sheet.freeze_panes(layout.first, FIRST_CASE)
    sheet.sheet.repeat_rows(layout.head, layout.first - 1)
    # The table itself is too wide for paper.
    sheet.sheet.print_area(0, 0, layout.last, layout.kept_table - 1)
    return {case.key: layout.columns(number) for number, case in enumerate(cases)}


class _Layout:
    """Where things stand on the sheet, and writing them there."""

    def __init__(self, book: Workbook, sheet: Sheet, response: Response, cases: Sequence[Case]) -> None:
        self.book, self.sheet, self.response, self.cases = book, sheet, response, cases
        sheet.line(NOTE, "note", height=64)
        sheet.gap()
        self.head = sheet.row
        self.months = response.kept.shape[-1]
        self.knot_count = len(response.uplifts)
        self.kept_table = FIRST_CASE + 2 * len(cases)
        self.grown_table = self.kept_table + self.knot_count
        self.top = self.head + 1
        self.flags = self.top + len(HEAD_ROWS)
        self.first = self.flags + len(response.segments) + 1
        self.last = self.first + self.months * len(response.segments) - 1

    def write_heads(self) -> None:
        """Titles of the column groups, knots, names of the rows above the table."""
        sheet, knots = self.sheet, self.response.uplifts
        for column, title in (
            (self.kept_table, "Revenue kept at an uplift of"),
            (self.grown_table, "Revenue grown at an uplift of"),
        ):
            sheet.text(column, title, "head")
            for knot, uplift in enumerate(knots):
                sheet.sheet.write_number(self.top, column + knot, float(uplift), sheet.formats["points"])
        for row, name in enumerate(HEAD_ROWS, start=self.top):
            sheet.sheet.write_string(row, 0, name, sheet.formats["text"])
        sheet.row = self.flags
        for segment in self.response.segments:
            sheet.text(0, f"Works on {segment}")
            sheet.row += 1
        sheet.head(("Segment", "Month", "Year"), numbers=(1, 2))
        ends = (self.top, self.kept_table), (self.top, self.kept_table + self.knot_count - 1)
        self.book.define_name("knots", f"={sheet.span(*ends)}")
        for column, name in ((1, "response_month"), (2, "response_year")):
            self.book.define_name(name, f"={sheet.span((self.first, column), (self.last, column))}")

    def write_position(self, number: int, case: Case) -> None:
        """Between which knots a case's uplift lies, and which segments it works on."""
        from xlsxwriter.utility import xl_rowcol_to_cell

        sheet, column = self.sheet, FIRST_CASE + 2 * number
        uplift, left, right = (xl_rowcol_to_cell(self.top + offset, column) for offset in range(3))
        count = self.knot_count
        within = f"MAX(MIN({uplift},INDEX(knots,{count})),INDEX(knots,1))"
        width = f"(INDEX(knots,{right})-INDEX(knots,{left}))"
        position = case.values.knots
        formulas = (
            (f"={case.inputs['uplift']}", case.values.inputs["uplift"], "points"),
            (f"=MIN(MATCH({within},knots,1),{max(count - 1, 1)})", position[0] + 1, "count"),
            (f"=MIN({left}+1,{count})", position[1] + 1, "count"),
            (f"=IF({right}>{left},({within}-INDEX(knots,{left}))/{width},0)", position[2], "factor"),
        )
        sheet.row = self.head
        sheet.text(column, case.title, "head")
        sheet.text(column + 1, "", "head")
        for sheet.row, (formula, value, style) in enumerate(formulas, start=self.top):
            sheet.formula(column, formula, value, style)
        for place, flag in enumerate(case.flags):
            sheet.row = self.flags + place
            sheet.formula(column, f"={flag}", int(case.values.chosen[place]), "count")
        sheet.row = self.first - 1
        sheet.head(("kept", "grown"), first=column, numbers=(column, column + 1))

    def write_rows(self) -> None:
        """The table, segment after segment, and each case's reading of it."""
        sheet, response = self.sheet, self.response
        sheet.row = self.first
        for place, segment in enumerate(response.segments):
            for month in range(self.months):
                sheet.sheet.write_string(sheet.row, 0, safe_text(segment), sheet.formats["text"])
                sheet.number(1, month + 1, "count")
                sheet.number(2, month // MONTHS_PER_YEAR + 1, "count")
                for table, amounts in ((self.kept_table, response.kept), (self.grown_table, response.expanded)):
                    for column, amount in enumerate(amounts[place, :, month], start=table):
                        sheet.number(column, float(amount), "amount")
                for number, case in enumerate(self.cases):
                    self._write_reading(number, case, place, month)
                sheet.row += 1

    def _write_reading(self, number: int, case: Case, place: int, month: int) -> None:
        from xlsxwriter.utility import xl_col_to_name

        column, row = FIRST_CASE + 2 * number, self.sheet.row + 1
        name = xl_col_to_name(column)
        left, right, weight = (f"{name}${self.top + offset + 1}" for offset in (1, 2, 3))
        flag = f"{name}${self.flags + place + 1}"
        for offset, (table, values) in enumerate(
            ((self.kept_table, case.values.kept), (self.grown_table, case.values.grown))
        ):
            ends = xl_col_to_name(table), xl_col_to_name(table + self.knot_count - 1)
            span = f"${ends[0]}{row}:${ends[1]}{row}"
            formula = f"={flag}*(INDEX({span},{left})*(1-{weight})+INDEX({span},{right})*{weight})"
            self.sheet.formula(column + offset, formula, float(values[place, month]), "amount")

    def columns(self, number: int) -> CaseColumns:
        """A case's ranges."""
        column = FIRST_CASE + 2 * number
        kept, grown = (self.sheet.span((self.first, one), (self.last, one)) for one in (column, column + 1))
        starts = range(self.first, self.last + 1, self.months)
        parts = tuple(
            tuple(self.sheet.span((start, one), (start + self.months - 1, one)) for one in (2, column))
            for start in starts
        )
        return CaseColumns(kept=kept, grown=grown, weight=self.sheet.cell(column, row=self.top + 3), parts=parts)
