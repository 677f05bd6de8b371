"""Small tools for writing sheets: formats, safe text, headings, tables, input cells.

Belongs here: what every sheet needs.
Does not belong here: the content of any sheet (the other `workbook_*.py`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from math import ceil
from typing import TYPE_CHECKING

import pandas as pd

from roi_models.report.format import to_number
from roi_models.report.rows import shows_case
from roi_models.results import CaseFile

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

NOT_EVIDENCE = "NOT EVIDENCE: {reason}, so no return is stated."
NEVER = "never"
UNDEFINED = "undefined"


class WorkbookError(ValueError):
    """The case file cannot be turned into a workbook whose formulas reproduce the published figures."""


def safe_text(text: object) -> str:
    """Text that no spreadsheet reads as a formula, even after a detour through CSV: signs get a quote."""
    plain = "" if text is None or pd.isna(text) else str(text)
    return f"'{plain}" if plain[:1] in ("=", "+", "-", "@", "\t", "\r") else plain


def evidence_problem(case_file: CaseFile) -> str | None:
    """The line that marks every sheet where no return may be stated, or None."""
    if shows_case(case_file):
        return None
    is_failed = case_file.verdict.level.name == "FAIL"
    return NOT_EVIDENCE.format(reason="a check failed" if is_failed else "no business case could be made")


A4, A3 = 9, 8
# Sheets with more columns are printed on larger paper.
COLUMNS_OF_A4 = 12
LINE_HEIGHT = 15
HEIGHTS = {"title": 24, "warning": 20, "section": 20}
NOTE_COLUMNS = 6
# Letters of a company's name that go into a page footer, which holds 255 in all.
LONGEST_FOOTER = 80
# Widths in characters: a column that sets none, and what an indent takes.
DEFAULT_WIDTH = 8
INDENT_WIDTH = 2
# Letters that go into the width of one digit, by which columns are measured.
LETTERS = 1.08

_TOP = {"valign": "top"}
_INPUT = {"font_color": "#0B3D91", "bg_color": "#FFF8DC", "border": 1, "border_color": "#BFB48F", "locked": False}


_RIGHT = {"align": "right", **_TOP}
_WRAPPED = {"text_wrap": True, "align": "left", **_TOP}
_HEAD = {"bold": True, "bottom": 1, "bg_color": "#EFEDE6", "text_wrap": True, **_TOP}
_AMOUNT = {"num_format": "#,##0.00;-#,##0.00;-", **_RIGHT}
_TITLE = {"bold": True, "font_color": "#12324A"}
# `truth` spells the word out, since some programs show a true formula as 1.
_STYLES = {
    "text_input": {"align": "right", **_INPUT},
    "text": {"indent": 1, **_WRAPPED},
    "truth": {"num_format": '"TRUE";"TRUE";"FALSE"', "align": "center", **_TOP},
    "title": _TITLE | {"font_size": 15},
    "section": _TITLE | {"font_size": 12, "bottom": 2, "bottom_color": "#12324A"},
    "head": _HEAD | {"align": "left", "indent": 1},
    "number_head": _HEAD | {"align": "right"},
    "note": {"italic": True, "font_color": "#555555", **_WRAPPED},
    "note_plain": {"italic": True, "font_color": "#555555"},
    "warning": {"bold": True, "font_color": "#9C2A10", "font_size": 12},
    "headline": {"bold": True, "font_size": 12, **_WRAPPED},
    "amount": _AMOUNT,
    "amount_linked": _AMOUNT | {"font_color": "#14532D"},
    "rate": {"num_format": "0.0000", **_RIGHT},
    "number": {"num_format": "#,##0.00", **_RIGHT},
    "good": {"bg_color": "#DDEFE3", "font_color": "#14532D"},
    "bad": {"bg_color": "#F8DAD2", "font_color": "#7A1E0B"},
    "changed": {"bg_color": "#F6C17A", "bold": True},
    "faded": {"font_color": "#A8A8A8"},
}


def number_formats(currency: str) -> dict[str, dict[str, object]]:
    """Cell formats by name. The currency stands in the number format, so that the cells stay numbers.

    `*_input`: cells made to be changed.
    """
    code = re.sub(r"[^A-Za-z]", "", currency)
    kinds = {
        "money": {"num_format": f'"{code}" #,##0.00;-"{code}" #,##0.00', **_RIGHT},
        "share": {"num_format": "0.0##%", **_RIGHT},
        "count": {"num_format": "#,##0", **_RIGHT},
        "points": {"num_format": "#,##0.0##", **_RIGHT},
        "factor": {"num_format": "0.00####", **_RIGHT},
    }
    inputs = {f"{name}_input": style | _INPUT for name, style in kinds.items()}
    return kinds | inputs | _STYLES | {"money_strong": kinds["money"] | {"bold": True, "top": 1}}


def shown(value: object, instead: str) -> object:
    """A result as its cell shows it: the word where it does not exist."""
    return instead if value is None else value


class Sheet:
    """A worksheet with a cursor: things are written below one another."""

    def __init__(self, book: Workbook, formats: dict[str, Format], name: str, widths: Sequence[int]) -> None:
        self.sheet: Worksheet = book.add_worksheet(name)
        self.formats = formats
        self.name = name
        self.row = 0
        self._widths = widths
        self._lines: dict[int, int] = {}
        # Printed, a sheet is one page wide: a table cut between pages cannot be read.
        self.sheet.set_landscape()
        self.sheet.set_paper(A4 if len(widths) <= COLUMNS_OF_A4 else A3)
        self.sheet.fit_to_pages(1, 0)
        self.sheet.hide_gridlines(2)
        self.sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
        for column, width in enumerate(widths):
            self.sheet.set_column(column, column, width)

    def open(self, case_file: CaseFile, title: str) -> None:
        """Write the sheet's title, above it the warning that belongs on every sheet of a run without evidence."""
        problem = evidence_problem(case_file)
        if problem:
            self.line(problem, "warning")
        self.line(title, "title")
        left = f"{case_file.context.company[:LONGEST_FOOTER]} · {case_file.context.run_id}"
        self.sheet.set_footer(f"&L{_plain(left)}&C&A&RPage &P of &N")

    def line(self, text: object, style: str = "text", height: int | None = None) -> None:
        """One line of text in the first column; a long one is given a height and spans six columns."""
        if height:
            self.sheet.merge_range(self.row, 0, self.row, NOTE_COLUMNS - 1, safe_text(text), self.formats[style])
            self.sheet.set_row(self.row, height)
        else:
            self.sheet.write_string(self.row, 0, safe_text(text), self.formats[style] if style != "text" else None)
            if style in HEIGHTS:
                self.sheet.set_row(self.row, HEIGHTS[style])
        self.row += 1

    def gap(self) -> None:
        """Leave a line empty."""
        self.row += 1

    def section(self, text: str, columns: int = NOTE_COLUMNS) -> None:
        """A heading above a table, underlined over the table's columns."""
        for column in range(columns):
            self.sheet.write_blank(self.row, column, None, self.formats["section"])
        self.sheet.write_string(self.row, 0, safe_text(text), self.formats["section"])
        self.sheet.set_row(self.row, HEIGHTS["section"])
        self.row += 1

    def head(self, names: Iterable[str], *, first: int = 0, numbers: Collection[int] = ()) -> None:
        """A table head; the columns of `numbers` are aligned as numbers are."""
        for column, name in enumerate(names, start=first):
            style = "number_head" if column in numbers else "head"
            self.sheet.write_string(self.row, column, safe_text(name), self.formats[style])
            self._make_room(column, name)
        self.row += 1

    def text(self, column: int, text: object, style: str = "text") -> None:
        """A text cell in the current row."""
        self.sheet.write_string(self.row, column, safe_text(text), self.formats[style])
        self._make_room(column, safe_text(text))

    def _make_room(self, column: int, text: str) -> None:
        """Make the current row high enough for a wrapped text: not every program does so on opening."""
        width = self._widths[column] if column < len(self._widths) else DEFAULT_WIDTH
        lines = max(self._lines.get(self.row, 1), ceil(len(text) / max((width - INDENT_WIDTH) * LETTERS, 1)))
        if lines > 1:
            self._lines[self.row] = lines
            self.sheet.set_row(self.row, LINE_HEIGHT * lines)

    def number(self, column: int, value: object, style: str) -> None:
        """A number cell in the current row; a missing value leaves the cell empty."""
        number = to_number(value)
        if number is not None:
            self.sheet.write_number(self.row, column, number, self.formats[style])

    def formula(self, column: int, formula: str, value: object, style: str) -> None:
        """A formula in the current row with the value that viewers show before they recalculate."""
        self.sheet.write_formula(self.row, column, formula, self.formats[style], value)

    def allow(self, column: int, rule: Mapping[str, object]) -> None:
        """What may be typed into a cell of the current row."""
        self.sheet.data_validation(self.row, column, self.row, column, dict(rule))

    def cell(self, column: int, *, row: int | None = None) -> str:
        """Absolute reference of a cell, of the current row unless another is given, for use on any sheet."""
        from xlsxwriter.utility import xl_rowcol_to_cell

        place = xl_rowcol_to_cell(self.row if row is None else row, column, row_abs=True, col_abs=True)
        return f"{self.quoted}!{place}"

    def span(self, first: tuple[int, int], last: tuple[int, int]) -> str:
        """Absolute reference of a range, from and to (row, column), for use on any sheet."""
        from xlsxwriter.utility import xl_range_abs

        return f"{self.quoted}!{xl_range_abs(*first, *last)}"

    @property
    def quoted(self) -> str:
        """The sheet's name as formulas write it."""
        return f"'{self.name}'" if " " in self.name else self.name

    def colour_truth(self, first_row: int, last_row: int, column: int) -> None:
        """Colour TRUE and FALSE in a column of checks."""
        for value, style in (("TRUE", "good"), ("FALSE", "bad")):
            rule = {"type": "cell", "criteria": "==", "value": value, "format": self.formats[style]}
            self.sheet.conditional_format(first_row, column, last_row, column, rule)


def _plain(text: str) -> str:
    """Text for a page's footer, where an ampersand would begin a command."""
    return text.replace("&", "&&")
