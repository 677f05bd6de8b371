"""The sheets of results: the chosen case, what the models simulated, and the case by scenario.

Belongs here: live results beside their figures, and published values marked as such.
Does not belong here: formulas of the case (`workbook_calculations.py`), whether they tie (`workbook_checks.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from roi_models.case.assumptions import SCENARIOS
from roi_models.case.inputs import INPUTS
from roi_models.report import rows, rows_value
from roi_models.report.figures import FigureBook
from roi_models.report.workbook_base import NEVER, UNDEFINED, Sheet, shown
from roi_models.report.workbook_calculations import Results
from roi_models.report.workbook_cases import Case
from roi_models.report.workbook_inputs import STYLES, InputCells
from roi_models.results import CaseFile

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook

OUTPUT_WIDTHS = (60, 22, 22, 22, 4, 52)
SCENARIO_WIDTHS = (54, 22, 22, 22, 34, 16)
LIVE_NOTE = (
    "The case at the inputs of the sheet Inputs. The column Published holds what was published with this workbook; the "
    "two agree until an input is changed."
)
PUBLISHED_NOTE = "Published with this workbook: simulated or computed by the models; does not follow the inputs."
SCENARIO_NOTE = (
    "Live: every input with a range at its worse end (low), at its base, at its better end (high). Horizon and "
    "discounting are those of the sheet Inputs."
)
# Field of the results, of the engine's appraisal, label, style, and what takes the cell to the figure's unit.
RESULT_LINES = (
    ("npv", "npv", "Net present value", "money", 1),
    ("roi", "roi_pct", "Return on investment", "share", 100),
    ("payback", "payback_months", "Paid back after, months (each year's net spread evenly)", "number", 1),
    ("irr", "irr_pct", "Internal rate of return a year", "share", 100),
    ("pv_benefits", "pv_benefits", "Present value of benefits", "money", 1),
    ("pv_costs", "pv_costs", "Present value of costs", "money", 1),
)
WORDS = {"payback": NEVER}
SIMULATED = (
    ("headline.prob_npv_positive", "Probability that it pays"),
    ("headline.npv", "Net present value, range of simulated outcomes"),
    ("headline.npv_p50", "Net present value, median of simulated outcomes"),
    ("headline.roi_pct", "Return on investment, range of simulated outcomes"),
    ("headline.gain_pp", "Retention gain, percentage points"),
    ("headline.break_even_uplift", "Break-even uplift"),
    ("headline.evpi_amount", "Value of perfect information"),
    ("headline.npv_other_basis", "Net present value on the other basis of discounting"),
    ("headline.interpolation_error_pct", "Revenue kept, error of reading between uplifts at most"),
)
# Worse, base, better; told apart in print as well.
COLOURS = ("#9C2A10", "#12324A", "#2E8B57")
FIGURE_STYLES = {"money": "money", "share_pct": "share", "probability": "share", "count": "count"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """A formula cell and the figure it must equal as published; `value` stands in the cell, `scale` takes it to the
    figure's unit."""

    figure_id: str
    cell: str
    value: object
    scale: int = 1


def result_value(case: Case, name: str) -> object:
    """A result as its cell shows it."""
    result = case.values.appraised.result
    found = {"roi": result.roi_pct, "payback": result.payback_months}.get(name, getattr(result, name, None))
    found = found / 100 if name == "roi" and found is not None else found
    return shown(found, WORDS.get(name, UNDEFINED))


def write_outputs(
    sheet: Sheet, case_file: CaseFile, figures: FigureBook, live: Case, at: Results
) -> tuple[tuple[Tie, ...], dict[str, str]]:
    """The live case, then what was published with it; returns the ties of the former, and where the views stand."""
    sheet.line(LIVE_NOTE, "note", height=34)
    sheet.section("Live results")
    sheet.head(("Result", "Live", "Published", "", "", "Figure"), numbers=(1, 2))
    ties = []
    for name, figure, label, style, scale in RESULT_LINES:
        value = result_value(live, name)
        sheet.text(0, label)
        sheet.formula(1, f"={getattr(at, name)}", value, style)
        figure_value(sheet, 2, figures, f"headline.{figure}")
        sheet.text(5, f"headline.{figure}")
        ties.append(Tie(figure_id=f"headline.{figure}", cell=sheet.cell(1), value=value, scale=scale))
        sheet.row += 1
    sheet.gap()
    return tuple(ties), _write_published(sheet, case_file, figures)


def figure_value(sheet: Sheet, column: int, figures: FigureBook, figure_id: str, part: str = "value") -> None:
    """A figure as published, in the current row; nothing where the book holds none."""
    if figure_id not in figures:
        return
    figure = figures[figure_id]
    number = getattr(figure, part)
    if figure.unit == "share_pct" and number is not None:
        number = number / 100
    sheet.number(column, number, FIGURE_STYLES.get(figure.unit, "number"))


def _write_published(sheet: Sheet, case_file: CaseFile, figures: FigureBook) -> dict[str, str]:
    sheet.line(PUBLISHED_NOTE, "warning")
    sheet.section("Simulated outcomes")
    sheet.head(("Result", "Value", "Range from", "Range to", "", "Figure"), numbers=(1, 2, 3))
    for figure_id, label in SIMULATED:
        if figure_id in figures:
            _write_figures(sheet, figures, label, figure_id, ("value", "low", "high"))
    sheet.gap()
    tables = (
        ("What the net present value hangs on (one input at its 10% and 90% point)", _swings, "Swing"),
        ("What knowing an input in advance is worth", _information, "Value"),
        ("Other horizons, base case", _horizons, "Net present value"),
        ("Where the benefit comes from", _lines, "Present value"),
    )
    for title, lines, head in tables:
        found = tuple(lines(case_file))
        if found:
            sheet.section(title)
            further = ("At its 10% point", "At its 90% point") if lines is _swings else ("", "")
            sheet.head(("", head, *further, "", "Figure"), numbers=(1, 2, 3))
            for label, figure_id in found:
                _write_figures(sheet, figures, label, figure_id, ("value", "low", "high"))
            sheet.gap()
    return _write_views(sheet, case_file, figures)


def _write_figures(sheet: Sheet, figures: FigureBook, label: str, figure_id: str, parts: Sequence[str]) -> None:
    sheet.text(0, label)
    for column, part in enumerate(parts, start=1):
        figure_value(sheet, column, figures, figure_id, part)
    sheet.text(5, figure_id)
    sheet.row += 1


def _swings(case_file: CaseFile) -> Iterator[tuple[str, str]]:
    return ((row.label, f"swing.{row.key}.npv") for row in rows_value.swing_rows(case_file))


def _information(case_file: CaseFile) -> Iterator[tuple[str, str]]:
    return ((row.label, f"evppi.{row.key}.evppi_amount") for row in rows_value.information_rows(case_file))


def _horizons(case_file: CaseFile) -> Iterator[tuple[str, str]]:
    for row in rows_value.horizon_rows(case_file):
        words = "1 year" if row.label == "1" else f"{row.label} years"
        yield words, f"horizon.{row.key}.npv"


def _lines(case_file: CaseFile) -> Iterator[tuple[str, str]]:
    for row in rows_value.line_rows(case_file):
        words = row.label if row.data["is_counted"] else f"{row.label}: not counted. {row.data['reason']}"
        yield words, f"line.{row.key}.pv_benefit"


def _write_views(sheet: Sheet, case_file: CaseFile, figures: FigureBook) -> dict[str, str]:
    """The same benefit as different people look at it; the sheet Checks holds that every view has the same total."""
    found, places = rows_value.view_rows(case_file), {}
    if not found:
        return places
    sheet.section("The benefit as different people look at it")
    sheet.head(("Part", "Present value", "Share", "View", "", "Figure"), numbers=(1, 2))
    for row in found:
        sheet.text(0, row.label)
        figure_value(sheet, 1, figures, f"view.{row.key}.pv_benefit")
        places[f"view.{row.key}.pv_benefit"] = sheet.cell(1)
        figure_value(sheet, 2, figures, f"view.{row.key}.share_pct")
        sheet.text(3, row.data["view"])
        sheet.text(5, f"view.{row.key}.pv_benefit")
        sheet.row += 1
    return places


def write_scenarios(
    book: Workbook,
    sheet: Sheet,
    case_file: CaseFile,
    *,
    cells: InputCells,
    cases: Mapping[str, Case],
    results: Mapping[str, Results],
) -> tuple[Tie, ...]:
    """The inputs that differ and the results, a column per scenario; returns the ties of the results."""
    sheet.line(SCENARIO_NOTE, "note", height=34)
    sheet.section("Inputs with a range", 5)
    sheet.head(("Input", *(name.capitalize() for name in SCENARIOS), "Name"), numbers=(1, 2, 3))
    assumptions = case_file.case.assumptions
    for name in assumptions.uncertain:
        sheet.text(0, INPUTS[name].label)
        for column, scenario in enumerate(SCENARIOS, start=1):
            value = cases[scenario].values.inputs[name]
            sheet.formula(column, f"={cells.scenario(scenario)[name]}", value, STYLES[INPUTS[name].kind])
        sheet.text(4, name)
        sheet.row += 1
    sheet.gap()
    sheet.section("Results", 5)
    sheet.head(("Result", *(name.capitalize() for name in SCENARIOS), "Figures"), numbers=(1, 2, 3))
    ties = []
    for name, figure, label, style, scale in RESULT_LINES[:3]:
        sheet.text(0, label)
        for column, row in enumerate(rows.scenario_rows(case_file), start=1):
            scenario = row.data["scenario"]
            value, figure_id = result_value(cases[scenario], name), f"scenario.{row.key}.{figure}"
            sheet.formula(column, f"={getattr(results[scenario], name)}", value, style)
            ties.append(Tie(figure_id=figure_id, cell=sheet.cell(column), value=value, scale=scale))
        sheet.text(4, f"scenario.<name>.{figure}")
        sheet.row += 1
    sheet.gap()
    _draw_running_sums(book, sheet, results)
    return tuple(ties)


def _draw_running_sums(book: Workbook, sheet: Sheet, results: Mapping[str, Results]) -> None:
    """Undiscounted benefit less cost up to each year, a line per scenario: where a line crosses zero, it has paid."""
    chart = book.add_chart({"type": "line"})
    for scenario, colour in zip(SCENARIOS, COLOURS, strict=True):
        at = results[scenario]
        chart.add_series(
            {
                "name": scenario.capitalize(),
                "categories": f"={at.years('year')}",
                "values": f"={at.years('cumulative_net')}",
                "line": {"color": colour, "width": 2.25},
            }
        )
    chart.set_title({"name": "Running sum of benefits less costs, undiscounted", "name_font": {"size": 12}})
    chart.set_x_axis({"name": "Year", "label_position": "low"})
    chart.set_y_axis({"num_format": "#,##0", "major_gridlines": {"visible": True, "line": {"color": "#E4E1D8"}}})
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": 860, "height": 320})
    sheet.sheet.insert_chart(sheet.row, 0, chart, {"x_offset": 8, "y_offset": 8})
