"""The sheet of checks: does the workbook still show what was published, and does everything add up?

Belongs here: ties of formulas to figures, ties to the ledger, rules that hold whatever the inputs.
Does not belong here: the formulas that are checked, the models' own checks (`workbook_records.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from roi_models.case.assumptions import SCENARIOS
from roi_models.case.flows import LINES
from roi_models.report import rows, rows_measures, rows_value
from roi_models.report.figures import FigureBook
from roi_models.report.workbook_base import Sheet
from roi_models.report.workbook_calculations import Results
from roi_models.report.workbook_cases import LIVE, TOLERANCE, Case
from roi_models.report.workbook_inputs import InputCells
from roi_models.report.workbook_outputs import Tie
from roi_models.report.workbook_response import CaseColumns
from roi_models.results import CaseFile

WIDTHS = (58, 24, 24, 14, 10, 86)
NOTE = (
    "First the ties to the figures of figures.json, then rules that hold whatever the inputs. As published, every line "
    "is TRUE."
)
AFTER_A_CHANGE = "After an input is changed, FALSE says that the result is not the published one."
ALWAYS = "Must hold always; FALSE is an error of the workbook or of an input."
ALL_TIE, ALL_HOLD = "Everything ties to the published figures", "Every rule holds"
YEAR_TIES = (
    *("retained_revenue_amount", "benefit", "cost", "net", "cumulative_net", "discount_factor"),
    *("pv_benefit", "pv_cost"),
)
# A weight computed as 1 may come out a hair above it.
ROUNDING = 1e-9
# Digits of a difference: below them lies the noise of adding up.
DIGITS = 4


@dataclass(frozen=True, slots=True)
class Rule:
    """Two numbers that must be equal, or at most as large (`is_limit`), as formulas with their values."""

    label: str
    left: str
    right: str
    values: tuple[float, float]
    is_limit: bool = False


def year_ties(case_file: CaseFile, live: Case, at: Results) -> Iterator[Tie]:
    """Every column of the live case's years against its figures."""
    for row in rows.year_rows(case_file):
        year = row.data["year"]
        for name in YEAR_TIES:
            value = _unrounded(live, name, year, row.data[name])
            yield Tie(figure_id=f"cash.{row.key}.{name}", cell=at.year(name, year), value=value)


def _unrounded(live: Case, name: str, year: int, published: float) -> float:
    """Present values stand unrounded in the calculation."""
    amounts = {"pv_benefit": live.values.pv_benefit, "pv_cost": live.values.pv_cost}.get(name)
    return published if amounts is None or year == 0 else float(amounts[year - 1])


def segment_ties(case_file: CaseFile, live: Case, places: Mapping[str, str]) -> Iterator[Tie]:
    """Revenue kept per segment over the horizon. `places`: each segment's cell."""
    months = case_file.case.horizon_months
    published = {row.data["segment"]: row.key for row in rows.segment_rows(case_file)}
    for place, segment in enumerate(case_file.case.response.segments):
        if segment in published:
            yield Tie(
                figure_id=f"segment.{published[segment]}.retained_revenue_amount",
                cell=places[segment],
                value=float(live.values.kept[place, :months].sum()),
            )


def case_rules(
    cells: InputCells,
    cases: Mapping[str, Case],
    results: Mapping[str, Results],
    columns: Mapping[str, CaseColumns],
    *,
    by_segment: str,
) -> Iterator[Rule]:
    """What holds of the calculation at any inputs. `by_segment`: range of the live revenue kept by segment."""
    live, at = cases[LIVE], results[LIVE]
    years = live.values.appraised.years
    lines = [at.years(f"benefit_{line}") for line in LINES]
    benefit, cost = float(years["benefit"].sum()), float(years["cost"].sum())
    yield Rule(
        "Benefit lines add up to the benefit", f"SUM({','.join(lines)})", f"SUM({at.years('benefit')})", (benefit,) * 2
    )
    kept = float(years["retained_revenue_amount"].sum())
    yield Rule(
        "Revenue kept: the segments add up to the total",
        f"SUM({by_segment})",
        f"SUM({at.years('retained_revenue_amount')})",
        (kept, kept),
    )
    last = at.end("cumulative_net")
    yield Rule("Net of all years is the last running sum", f"SUM({at.years('net')})", last, (benefit - cost,) * 2)
    npv = live.values.appraised.result.npv
    yield Rule("Net present value is benefits less costs", at.npv, f"{at.pv_benefits}-{at.pv_costs}", (npv, npv))
    scenarios = ",".join(results[name].npv for name in SCENARIOS)
    chosen = f"CHOOSE(scenario_number,{scenarios})"
    yield Rule("The chosen scenario gives the live result", chosen, at.npv, (npv, npv))
    weights = [cases[key].values.knots[2] for key in cases]
    spots = ",".join(columns[key].weight for key in cases)
    yield Rule("Weights between knots: none above 1", f"MAX({spots})", "1", (max(weights), 1.0), is_limit=True)
    yield Rule("Weights between knots: none below 0", "0", f"MIN({spots})", (0.0, min(weights)), is_limit=True)
    broken = "+".join(f"({low}>{base})+({base}>{high})" for low, base, high in cells.ends.values())
    yield Rule("Inputs whose low, base and high are out of order", broken, "0", (0.0, 0.0))


def view_rules(case_file: CaseFile, figures: FigureBook, places: Mapping[str, str]) -> Iterator[Rule]:
    """Every view of the benefit has the same total, the published present value of the benefits."""
    total = figures["headline.pv_benefits"].value
    for name, parts in groupby(rows_value.view_rows(case_file), key=lambda row: row.data["view"]):
        found = [f"view.{row.key}.pv_benefit" for row in parts]
        amount = sum(figures[figure_id].value for figure_id in found)
        summed = f"SUM({','.join(places[figure_id] for figure_id in found)})"
        # Nothing is shared out where every weight is nil.
        if amount or not total:
            yield Rule(f"View by {name}: the parts add up to the benefit", summed, repr(total), (amount, total))


def ledger_rules(case_file: CaseFile, places: Mapping[str, str]) -> Iterator[Rule]:
    """The revenue bridge, and the way from billed revenue to the general ledger, from the sheets that show them."""
    bridge = {row.data["column"]: row for row in rows_measures.bridge_rows(case_file)}
    if bridge:
        amount = {column: float(row.data["amount"]) for column, row in bridge.items()}
        sign = {column: row.data["sign"] for column, row in bridge.items()}
        sign |= {"opening_amount": 1, "closing_amount": 0}
        residual = float(case_file.measures.bridge.iloc[0]["residual_amount"])
        total = sum(sign[column] * amount[column] for column in bridge)
        steps = "+".join(f"{sign[column]}*{places[f'bridge.{column}']}" for column in bridge if sign[column])
        closing = f"{places['bridge.closing_amount']}-{places['bridge.residual_amount']}"
        values = (total, amount["closing_amount"] - residual)
        yield Rule("Revenue bridge: opening and movements give the closing", steps, closing, values)
    ledger = {row.data["item"]: row for row in rows_measures.ledger_rows(case_file)}
    if {"billed", "unexplained", "ledger"} <= set(ledger):
        amount = {item: float(row.data["amount"]) for item, row in ledger.items()}
        cell = {item: places[f"ledger.{row.key}"] for item, row in ledger.items()}
        parts = [item for item, row in ledger.items() if row.data["item_role"] == "component"]
        values = (sum(amount[item] for item in parts), amount["billed"])
        yield Rule("Ledger: items add up to billed", "+".join(cell[item] for item in parts), cell["billed"], values)
        values = (amount["billed"] + amount["unexplained"], amount["ledger"])
        together = f"{cell['billed']}+{cell['unexplained']}"
        yield Rule("Ledger: billed and unexplained give the ledger", together, cell["ledger"], values)
    items = {row.data["item"]: row for row in rows.reconciliation_rows(case_file)}
    if {"billing_revenue", "ledger_revenue", "difference"} <= set(items):
        billed, booked, apart = (
            (float(items[item].data["amount"]), places[f"quality.reconciliation.{items[item].key}"])
            for item in ("billing_revenue", "ledger_revenue", "difference")
        )
        values = (abs(billed[0] - booked[0]), abs(apart[0]))
        words = "Reconciliation: billed less ledger is the difference"
        yield Rule(words, f"ABS({billed[1]}-{booked[1]})", f"ABS({apart[1]})", values)


def write_checks(
    sheet: Sheet, figures: FigureBook, ties: Iterable[Tie], rules: Iterable[Rule]
) -> Sequence[tuple[str, str, bool]]:
    """One line per tie and per rule; returns label, cell and value of the two lines that sum them up."""
    sheet.line(NOTE, "note", height=34)
    sheet.gap()
    top = sheet.row
    sheet.row += 3
    sheet.section("Ties to the published figures")
    sheet.head(("Figure", "Workbook", "Published", "Difference", "Ties", "Meaning"), numbers=(1, 2, 3))
    first_tie = sheet.row
    tied = [_write_tie(sheet, figures, tie) for tie in ties]
    last_tie = sheet.row - 1
    sheet.gap()
    sheet.section("Rules that always hold")
    sheet.head(("Rule", "One side", "Other side", "Difference", "Holds", "Meaning"), numbers=(1, 2, 3))
    first_rule = sheet.row
    held = [_write_rule(sheet, rule) for rule in rules]
    last_rule = sheet.row - 1
    end, summed = sheet.row, []
    for sheet.row, label, first, last, values, meaning in (
        (top, ALL_TIE, first_tie, last_tie, tied, AFTER_A_CHANGE),
        (top + 1, ALL_HOLD, first_rule, last_rule, held, ALWAYS),
    ):
        sheet.text(0, label)
        sheet.formula(4, f"=AND(E{first + 1}:E{last + 1})", all(values), "truth")
        sheet.text(5, meaning)
        summed.append((label, sheet.cell(4), all(values)))
        sheet.colour_truth(sheet.row, sheet.row, 4)
        sheet.colour_truth(first, last, 4)
    sheet.row = end
    return tuple(summed)


def _write_tie(sheet: Sheet, figures: FigureBook, tie: Tie) -> bool:
    """Numbers tie within a cent; a word (never, undefined) ties to a figure that has no value.

    The formulas hold for both kinds, since a changed input may turn one into the other.
    """
    figure, row = figures[tie.figure_id], sheet.row + 1
    style = "money" if figure.unit == "money" else "number"
    is_number = not isinstance(tie.value, str)
    value = tie.value * tie.scale if is_number else tie.value
    difference: float | str = ""
    holds = not is_number and figure.value is None
    if is_number and figure.value is not None:
        holds = abs(value - figure.value) <= TOLERANCE
        difference = round(value - figure.value, DIGITS)
    both = f"AND(ISNUMBER(B{row}),ISNUMBER(C{row}))"
    sheet.text(0, tie.figure_id)
    scaled = f"=IF(ISNUMBER({tie.cell}),{tie.cell}*{tie.scale},{tie.cell})" if tie.scale != 1 else f"={tie.cell}"
    sheet.formula(1, scaled, value, style)
    sheet.number(2, figure.value, style)
    sheet.formula(3, f'=IF({both},ROUND(B{row}-C{row},{DIGITS}),"")', difference, "amount")
    sheet.formula(4, f"=IF({both},ABS(B{row}-C{row})<={TOLERANCE},AND(ISTEXT(B{row}),ISBLANK(C{row})))", holds, "truth")
    sheet.text(5, AFTER_A_CHANGE)
    sheet.row += 1
    return holds


def _write_rule(sheet: Sheet, rule: Rule) -> bool:
    left, right = rule.values
    row = sheet.row + 1
    holds = left <= right + ROUNDING if rule.is_limit else abs(left - right) <= TOLERANCE
    sheet.text(0, rule.label)
    sheet.formula(1, f"={rule.left}", left, "amount")
    sheet.formula(2, f"={rule.right}", right, "amount")
    sheet.formula(3, f"=ROUND(B{row}-C{row},{DIGITS})", round(left - right, DIGITS), "amount")
    formula = f"=B{row}<=C{row}+{ROUNDING}" if rule.is_limit else f"=ABS(D{row})<={TOLERANCE}"
    sheet.formula(4, formula, holds, "truth")
    sheet.text(5, ALWAYS)
    sheet.row += 1
    return holds
