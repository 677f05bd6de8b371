"""The sheet of inputs: switches, values with their ranges and sources, segments, what is fixed.

Belongs here: cells that people change, what may be typed into them, their names.
Does not belong here: formulas that use them (`workbook_calculations.py`), initiatives' own (`workbook_initiatives.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from roi_models.case.assumptions import SCENARIOS, Assumptions
from roi_models.case.inputs import INPUTS, Input
from roi_models.case.response import Response
from roi_models.report import rows
from roi_models.report.catalogue_case import uplift_unit_label
from roi_models.report.workbook_base import Sheet
from roi_models.report.workbook_cases import years_ahead
from roi_models.results import CaseFile

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook

WIDTHS = (54, 20, 20, 18, 18, 18, 18, 58, 26)
STYLES = {"points": "points", "share": "share", "rate": "share", "money": "money", "factor": "factor", "count": "count"}
BASES = ("year_end", "month_end")
NOTE = (
    "Change a shaded cell and every sheet follows: Response, Calculations, Outputs, Scenarios, Initiatives. The column "
    "Live holds what is computed with: the end of each range that makes the case worse (scenario low), the base, or "
    "the end that makes it better (high)."
)
FIXED_NOTE = (
    "Fixed: the revenue on the sheet Response was computed with these. To change one, change business_case.yml and run "
    "the models again."
)
LEGEND = (
    ("text_input", "input: change it"),
    ("amount_linked", "from Response"),
    ("amount", "computed"),
)
MOST_MESSAGE = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class InputCells:
    """References of the input cells: `ends` by input (low, base, high), `flags` by segment."""

    ends: Mapping[str, tuple[str, str, str]]
    flags: tuple[str, ...]

    def scenario(self, name: str) -> dict[str, str]:
        """Every input's cell in a scenario; the low one holds the ends that make the case worse."""
        return {key: self.worse_to_better(key)[SCENARIOS.index(name)] for key in self.ends}

    def worse_to_better(self, name: str) -> tuple[str, str, str]:
        """An input's cells from the end that makes the case worse to the one that makes it better."""
        low, base, high = self.ends[name]
        return (high, base, low) if INPUTS[name].lowers_value else (low, base, high)


def write_inputs(book: Workbook, sheet: Sheet, case_file: CaseFile) -> InputCells:
    """Write the sheet and name its live values; returns where everything stands."""
    response, assumptions = case_file.case.response, case_file.case.assumptions
    sheet.line(NOTE, "note", height=48)
    _write_legend(sheet)
    _write_switches(book, sheet, response, assumptions)
    sheet.section("Inputs", len(WIDTHS))
    heads = ("Input", "Live", "Unit", "Least", "Base", "Most", "Published base", "Source", "Name in formulas")
    sheet.head(heads, numbers=(1, 3, 4, 5, 6))
    given = {row.data["name"]: row.data for row in rows.assumption_rows(case_file)}
    ends = {}
    for name, declared in INPUTS.items():
        limits = response.reach if name == "uplift" else (declared.least, declared.most)
        ends[name] = _write_input(
            book,
            sheet,
            declared,
            values=assumptions.range(name),
            limits=limits,
            source=given.get(name, {}).get("source"),
            unit=_unit(declared, case_file.context.currency, assumptions),
        )
    sheet.gap()
    flags = _write_segments(sheet, response, assumptions)
    _write_fixed(book, sheet, assumptions)
    return InputCells(ends=ends, flags=flags)


def _write_legend(sheet: Sheet) -> None:
    sheet.text(0, "Colours")
    for column, (style, meaning) in enumerate(LEGEND, start=1):
        sheet.sheet.write_string(sheet.row, column, meaning, sheet.formats[style])
    sheet.sheet.write_string(sheet.row, 1 + len(LEGEND), "a base that was changed", sheet.formats["changed"])
    sheet.row += 1
    sheet.gap()


def _write_switches(book: Workbook, sheet: Sheet, response: Response, assumptions: Assumptions) -> None:
    most = years_ahead(response)
    sheet.section("Switches", len(WIDTHS))
    words = (
        ("scenario", "Scenario", "base", SCENARIOS, "low: every range at its worse end; high: at its better end"),
        ("discounting", "Discounting", assumptions.discounting, BASES, "year_end: each year; month_end: each month"),
    )
    for name, label, value, choices, meaning in words:
        sheet.text(0, label)
        sheet.sheet.write_string(sheet.row, 1, value, sheet.formats["text_input"])
        message = f"Choose one of: {', '.join(choices)}."
        sheet.allow(1, {"validate": "list", "source": list(choices), "error_message": message})
        sheet.text(7, meaning)
        book.define_name(name, f"={sheet.cell(1)}")
        sheet.row += 1
    sheet.text(0, "Horizon")
    sheet.number(1, assumptions.years, "count_input")
    sheet.text(2, "years")
    sheet.text(7, f"whole years, 1 to {most}: so far ahead revenue was computed")
    whole = {"validate": "integer", "criteria": "between", "minimum": 1, "maximum": most}
    sheet.allow(1, whole | {"error_message": f"Give whole years from 1 to {most}."})
    book.define_name("horizon_years", f"={sheet.cell(1)}")
    sheet.row += 1
    sheet.text(0, "Scenario as a number")
    sheet.formula(1, '=IF(scenario="low",1,IF(scenario="high",3,2))', 2, "count")
    book.define_name("scenario_number", f"={sheet.cell(1)}")
    sheet.row += 1
    sheet.gap()


def _write_input(
    book: Workbook,
    sheet: Sheet,
    declared: Input,
    *,
    values: tuple[float, float, float],
    limits: tuple[float, float],
    source: object,
    unit: str,
) -> tuple[str, str, str]:
    """One input's row; an end that is not given follows the base until it is typed over."""
    style, row = STYLES[declared.kind], sheet.row + 1
    places = tuple(sheet.cell(column) for column in (3, 4, 5))
    order = ("F", "E", "D") if declared.lowers_value else ("D", "E", "F")
    sheet.text(0, declared.label)
    chosen = ",".join(f"{column}{row}" for column in order)
    sheet.formula(1, f"=CHOOSE(scenario_number,{chosen})", values[1], style)
    sheet.text(2, unit)
    for column, value in zip((3, 4, 5), values, strict=True):
        if column != 4 and values[0] == values[2]:
            sheet.formula(column, f"=E{row}", value, f"{style}_input")
        else:
            sheet.number(column, value, f"{style}_input")
        sheet.allow(column, limit_rule(declared.label, style, limits))
    sheet.number(6, values[1], style)
    changed = {"type": "formula", "criteria": f"=$E${row}<>$G${row}", "format": sheet.formats["changed"]}
    sheet.sheet.conditional_format(sheet.row, 4, sheet.row, 4, changed)
    sheet.text(7, source or "not set: taken as the value that leaves the case as it is")
    sheet.text(8, declared.name)
    book.define_name(declared.name, f"={sheet.cell(1)}")
    sheet.row += 1
    return places


def limit_rule(label: str, style: str, limits: tuple[float, float]) -> dict[str, object]:
    """Numbers between the limits, and a sentence for any other."""
    least, most = limits
    words = [f"{limit:.0%}" if style == "share" else f"{limit:,.10g}" for limit in limits]
    return {
        "validate": "decimal",
        "criteria": "between",
        "minimum": least,
        "maximum": most,
        "error_title": "Out of range",
        "error_message": f"{label}: give a value from {words[0]} to {words[1]}."[:MOST_MESSAGE],
    }


def _unit(declared: Input, currency: str, assumptions: Assumptions) -> str:
    words = {
        "points": uplift_unit_label(assumptions.uplift_unit),
        "share": "share",
        "rate": "a year",
        "money": currency,
        "factor": "factor",
        "count": "a year",
    }
    return words[declared.kind]


def _write_segments(sheet: Sheet, response: Response, assumptions: Assumptions) -> tuple[str, ...]:
    sheet.section("Segments that the programme works on", len(WIDTHS))
    sheet.head(("Segment", "1 yes, 0 no"), numbers=(1,))
    flags = []
    for segment, is_chosen in zip(response.segments, response.chosen(assumptions.segments), strict=True):
        sheet.text(0, segment)
        sheet.number(1, int(is_chosen), "count_input")
        sheet.allow(1, FLAG_RULE)
        flags.append(sheet.cell(1))
        sheet.row += 1
    sheet.gap()
    return tuple(flags)


FLAG_RULE = {
    "validate": "integer",
    "criteria": "between",
    "minimum": 0,
    "maximum": 1,
    "error_message": "Give 1 where the programme works on the segment, 0 where it does not.",
}


def _write_fixed(book: Workbook, sheet: Sheet, assumptions: Assumptions) -> None:
    sheet.section("Fixed by the models", len(WIDTHS))
    sheet.line(FIXED_NOTE, "note", height=34)
    for name, label, value, style, unit in (
        ("ramp_months", "Months until the uplift is reached in full", assumptions.ramp_months, "count", "months"),
        ("monthly_decay", "Part of it lost each month from then on", assumptions.monthly_decay, "share", "a month"),
    ):
        sheet.text(0, label)
        sheet.number(1, value, style)
        sheet.text(2, unit)
        book.define_name(name, f"={sheet.cell(1)}")
        sheet.row += 1
    sheet.text(0, "How the uplift acts on answers")
    sheet.text(1, assumptions.uplift_path.replace("_", " "))
    sheet.row += 1
