"""Small tools for writing sheets: formats, safe text, headings, tables.

Belongs here: what every sheet needs.
Does not belong here: the content of any sheet (`workbook_sheets.py`, `workbook_records.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from math import ceil
from typing import TYPE_CHECKING

import pandas as pd

from roi_models.report.format import to_number
from roi_models.results import CaseFile

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

NOT_EVIDENCE = "NOT EVIDENCE: a check failed, so no return is stated."


def safe_text(text: object) -> str:
    """Text that no spreadsheet reads as a formula, even after a detour through CSV: signs get a quote."""
    plain = "" if text is None or pd.isna(text) else str(text)
    return f"'{plain}" if plain[:1] in ("=", "+", "-", "@", "\t", "\r") else plain


A4 = 9
LINE_HEIGHT = 15
# Widths in characters: a column that sets none, and what an indent takes.
DEFAULT_WIDTH = 8
INDENT_WIDTH = 3

_TOP = {"valign": "top"}
_INPUT = {"font_color": "#0B3D91", "bg_color": "#FFF8DC", "border": 1}


def number_formats(currency: str) -> dict[str, dict[str, object]]:
    """Cell formats by name. The currency stands in the number format, so that the cells stay numbers.

    `truth` spells the word out, since some programs show a true formula as 1.
    """
    code = re.sub(r"[^A-Za-z]", "", currency)
    money = {"num_format": f'"{code}" #,##0.00;-"{code}" #,##0.00', **_TOP}
    share = {"num_format": "0.0%", **_TOP}
    wrapped = {"text_wrap": True, **_TOP}
    return {
        "text": {"indent": 1, **wrapped},
        "truth": {"num_format": '"TRUE";"TRUE";"FALSE"', "align": "center", **_TOP},
        "title": {"bold": True, "font_size": 15},
        "head": {"bold": True, "bottom": 1, "bg_color": "#EFEDE6", "indent": 1, **wrapped},
        "note": {"italic": True, "font_color": "#555555", **wrapped},
        "warning": {"bold": True, "font_color": "#9C2A10"},
        "money": money,
        "money_input": money | _INPUT,
        "share": share,
        "share_input": share | _INPUT,
        "factor": {"num_format": "0.0000", **_TOP},
        "number": {"num_format": "#,##0.00", **_TOP},
        "count": {"num_format": "#,##0", **_TOP},
        "good": {"bg_color": "#DDEFE3", "font_color": "#14532D"},
        "bad": {"bg_color": "#F8DAD2", "font_color": "#7A1E0B"},
    }


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
        self.sheet.set_paper(A4)
        self.sheet.fit_to_pages(1, 0)
        for column, width in enumerate(widths):
            self.sheet.set_column(column, column, width)

    def open(self, case_file: CaseFile, title: str) -> None:
        """Write the sheet's title, and the warning that belongs on every sheet of a failed run."""
        self.line(title, "title")
        if case_file.verdict.level.name == "FAIL":
            self.line(NOT_EVIDENCE, "warning")

    def line(self, text: object, style: str = "text", height: int | None = None) -> None:
        """One line of text in the first column; a long one is given a height and spans six columns."""
        if height:
            self.sheet.merge_range(self.row, 0, self.row, 5, safe_text(text), self.formats[style])
            self.sheet.set_row(self.row, height)
        else:
            self.sheet.write_string(self.row, 0, safe_text(text), self.formats[style] if style != "text" else None)
        self.row += 1

    def gap(self) -> None:
        """Leave a line empty."""
        self.row += 1

    def head(self, names: Iterable[str]) -> None:
        """A table head."""
        for column, name in enumerate(names):
            self.sheet.write_string(self.row, column, name, self.formats["head"])
            self._make_room(column, name)
        self.row += 1

    def text(self, column: int, text: object) -> None:
        """A text cell in the current row."""
        self.sheet.write_string(self.row, column, safe_text(text), self.formats["text"])
        self._make_room(column, safe_text(text))

    def _make_room(self, column: int, text: str) -> None:
        """Make the current row high enough for a wrapped text: not every program does so on opening."""
        width = self._widths[column] if column < len(self._widths) else DEFAULT_WIDTH
        lines = max(self._lines.get(self.row, 1), ceil(len(text) / max(width - INDENT_WIDTH, 1)))
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

    def colour_truth(self, first_row: int, last_row: int, column: int) -> None:
        """Colour TRUE and FALSE in a column of checks."""
        for value, style in (("TRUE", "good"), ("FALSE", "bad")):
            rule = {"type": "cell", "criteria": "==", "value": value, "format": self.formats[style]}
            self.sheet.conditional_format(first_row, column, last_row, column, rule)
