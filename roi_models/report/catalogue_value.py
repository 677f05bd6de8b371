"""What the figures behind the business case are: benefit lines, views, horizons, swings, initiatives.

Belongs here: ids, units, definitions and sources.
Does not belong here: headline, years, scenarios (`catalogue_case.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

from roi_models.case.inputs import INPUTS
from roi_models.report import rows_value, tables
from roi_models.report.catalogue_base import Measure, figures_of_rows, make_figure
from roi_models.report.rows import exact_sum, shows_case
from roi_models.results import CaseFile, Figure

LINE_MEASURES = (Measure(column="pv_benefit", unit="money", definition="Present value of the benefit: {label}."),)
VIEW_MEASURES = (
    Measure(column="pv_benefit", unit="money", definition="Present value of the benefit that falls to: {label}."),
    Measure(column="share_pct", unit="share_pct", definition="Share of the benefit that falls to: {label}."),
)
HORIZON_MEASURES = (
    Measure(column="years", unit="years", definition="Years over which this row counts."),
    Measure(column="npv", unit="money", definition="Net present value over {label} years, base case, costs run on."),
    Measure(column="roi_pct", unit="share_pct", definition="Return on investment over {label} years, base case."),
    Measure(column="payback_months", unit="months", definition="Months until paid back, counted over {label} years."),
)
INFORMATION_MEASURES = (
    Measure(
        column="evppi_amount",
        unit="money",
        definition="Expected value of knowing in advance: {label}. At most so much is worth spending to find it out.",
    ),
    Measure(column="share_pct", unit="share_pct", definition="The same as a share of the value of knowing everything."),
)
INITIATIVE_MEASURES = (
    Measure(column="uplift", unit="points", definition="{label}: rise of the metric that is assumed."),
    Measure(column="initial_cost", unit="money", definition="{label}: outlay at the start, before risk adjustment."),
    Measure(column="annual_cost", unit="money", definition="{label}: running cost a year, before risk adjustment."),
    Measure(column="pv_benefits", unit="money", definition="{label}: present value of its benefits, on its own."),
    Measure(column="pv_costs", unit="money", definition="{label}: present value of its costs."),
    Measure(
        column="npv",
        unit="money",
        low="npv_p5",
        high="npv_p95",
        definition="{label}: net present value on its own; the range holds the middle of the simulated outcomes.",
    ),
    Measure(column="prob_npv_positive", unit="probability", definition="{label}: simulated outcomes that pay."),
    Measure(column="roi_pct", unit="share_pct", definition="{label}: return on investment, on its own."),
    Measure(column="payback_months", unit="months", definition="{label}: months until it is paid back."),
)
PORTFOLIO_MEASURES = (
    Measure(column="count_initiatives", unit="count", definition="Initiatives in this set."),
    Measure(
        column="pv_benefits", unit="money", definition="Present value of the set's benefits, nothing counted twice."
    ),
    Measure(column="pv_costs", unit="money", definition="Present value of the set's costs."),
    Measure(column="npv", unit="money", definition="Net present value of the set, base case."),
)


def value_figures(case_file: CaseFile) -> Iterator[Figure]:
    """Figures behind the case; none when it is not shown."""
    if not shows_case(case_file):
        return
    yield from _scalar_figures(case_file)
    for prefix, found, measures, table in (
        ("line", rows_value.line_rows(case_file), LINE_MEASURES, tables.CASE_LINES),
        ("view", rows_value.view_rows(case_file), VIEW_MEASURES, tables.CASE_VIEWS),
        ("horizon", rows_value.horizon_rows(case_file), HORIZON_MEASURES, tables.CASE_HORIZONS),
        ("evppi", rows_value.information_rows(case_file), INFORMATION_MEASURES, tables.CASE_INFORMATION),
        ("initiative", rows_value.initiative_rows(case_file), INITIATIVE_MEASURES, tables.CASE_INITIATIVES),
        ("portfolio", rows_value.portfolio_rows(case_file), PORTFOLIO_MEASURES, tables.CASE_PORTFOLIOS),
    ):
        yield from figures_of_rows(prefix, found, measures, table)
    yield from _swings(case_file)
    yield from _register_totals(case_file)


def _register_totals(case_file: CaseFile) -> Iterator[Figure]:
    """What the register's initiatives cost together."""
    found = rows_value.initiative_rows(case_file)
    words = {"initial_cost": "outlay at the start", "annual_cost": "running cost a year"}
    for name, meaning in words.items() if found else ():
        yield make_figure(
            f"initiatives.total.{name}",
            exact_sum(row.data[name] for row in found),
            "money",
            f"All initiatives of the register together: {meaning}, before risk adjustment.",
            f"{tables.CASE_INITIATIVES}.{name}",
        )


def _scalar_figures(case_file: CaseFile) -> Iterator[Figure]:
    case = case_file.case
    if case.other_basis is not None:
        basis = "month" if case.assumptions.discounting == "year_end" else "year"
        yield make_figure(
            "headline.npv_other_basis",
            case.other_basis.npv,
            "money",
            f"Net present value where flows are discounted at each {basis}'s end instead.",
            f"{tables.CASE}.npv_other_basis",
        )
    yield make_figure(
        "headline.payback_by_month",
        case.payback_by_month,
        "months",
        "Months until the undiscounted cumulative net turns positive for good, month by month as benefits come in.",
        f"{tables.CASE}.payback_by_month",
    )
    if case.interpolation_error_pct is not None:
        yield make_figure(
            "headline.interpolation_error_pct",
            case.interpolation_error_pct,
            "share_pct",
            "How far the revenue kept is off, at most, where a what-if reads it between two computed uplifts.",
            f"{tables.CASE}.interpolation_error_pct",
        )


_UNITS = {"points": ("points", 1), "share": ("share_pct", 100), "rate": ("share_pct", 100), "money": ("money", 1)}


def _swings(case_file: CaseFile) -> Iterator[Figure]:
    """The input's two values as a range, and the net present values they give as another."""
    for row in rows_value.swing_rows(case_file):
        data, source = row.data, tables.CASE_TORNADO
        if data["input"] in INPUTS:
            unit, scale = _UNITS.get(INPUTS[data["input"]].kind, ("ratio", 1))
            yield make_figure(
                f"swing.{row.key}.input",
                None,
                unit,
                f"{row.label}: the values below which it stays with chances of 10% and 90%.",
                f"{source}.low_value",
                low=data["low_value"],
                high=data["high_value"],
                scale=scale,
            )
        yield make_figure(
            f"swing.{row.key}.npv",
            data["swing"],
            "money",
            f"{row.label}: how much the net present value swings between its 10% and 90% points, all else at base; "
            "the range is of the value itself.",
            f"{source}.swing",
            low=min(data["npv_low"], data["npv_high"]),
            high=max(data["npv_low"], data["npv_high"]),
        )
