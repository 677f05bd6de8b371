"""The cases that the workbook computes, and what the engine says of each: the values that its formulas must show.

Belongs here: which cases there are (chosen, low, base, high, one per initiative), their inputs as cells, and the values
that stand beside the formulas until something recalculates them.
Does not belong here: arithmetic (`roi_models/case`), cells and formulas (the other `workbook_*.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from roi_models.case.appraisal import Appraised, appraise_inputs
from roi_models.case.assumptions import MONTHS_PER_YEAR, SCENARIOS, Assumptions
from roi_models.case.case_results import BusinessCase
from roi_models.case.flows import LINES, benefits, factors, running_cost, tables
from roi_models.case.projection import ramp_weights
from roi_models.case.response import Response, between, by_year, read_at
from roi_models.report.rows import Row
from roi_models.report.workbook_base import WorkbookError

TOLERANCE = 0.01
LIVE = "live"
EXACT = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseValues:
    """The engine's answer for one case.

    By year of the horizon: `exact`, the benefit by line before rounding; `pv_benefit`, `pv_cost` before rounding.
    `kept`, `grown`: revenue per segment and month at the case's uplift, nil where the programme does not work on the
    segment; `chosen`: per segment, whether it does. `knots`: position of the left and the right knot (from 0) and the
    weight of the right one.
    """

    inputs: Mapping[str, float]
    appraised: Appraised
    exact: Mapping[str, np.ndarray]
    pv_benefit: np.ndarray
    pv_cost: np.ndarray
    kept: np.ndarray
    grown: np.ndarray
    chosen: tuple[bool, ...]
    knots: tuple[int, int, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case: what its formulas read and what they must give.

    `inputs`: input → reference of its cell (or a number that never changes); `flags`: per segment the reference of the
    cell that says whether the programme works on it (1 or 0).
    """

    key: str
    title: str
    inputs: Mapping[str, str]
    flags: tuple[str, ...]
    values: CaseValues


def checked_case(case: BusinessCase) -> tuple[Response, Assumptions]:
    """The parts of the case that formulas need. Raises WorkbookError where they are absent or belong to another."""
    if case.response is None or case.assumptions is None:
        raise WorkbookError(
            "The business case came without its response or its assumptions, from which the workbook computes: hand "
            "over a case made by build_case."
        )
    found = appraise_inputs(case.response, case.assumptions, case.assumptions.inputs()).result
    if abs(found.npv - case.base.npv) > EXACT:
        raise WorkbookError(
            f"The workbook's formulas give a net present value of {found.npv:,.2f} but the case says "
            f"{case.base.npv:,.2f}: hand over the response and the assumptions that it was computed with."
        )
    return case.response, case.assumptions


def value_case(
    response: Response, assumptions: Assumptions, inputs: Mapping[str, float], segments: tuple[str, ...]
) -> CaseValues:
    """What the engine says of these inputs."""
    chosen = response.chosen(segments)
    given = tables(response, assumptions, segments=segments)
    lines = benefits(given, inputs, kept=read_at(given.kept, given.knots, inputs["uplift"]))
    left, right, weight = between(response.uplifts, inputs["uplift"])
    on = chosen[:, None]
    appraised = appraise_inputs(response, assumptions, inputs, segments=segments)
    factor, years = factors(given, inputs), appraised.years.iloc[1:]
    if given.years == 1:
        pv_benefit, pv_cost = (years[name].to_numpy() * factor for name in ("benefit", "cost"))
    else:
        pv_benefit, pv_cost = by_year(sum(lines.values()) * factor), by_year(running_cost(given, inputs) * factor)
    return CaseValues(
        inputs=inputs,
        appraised=appraised,
        pv_benefit=pv_benefit,
        pv_cost=pv_cost,
        exact={line: lines[line] if given.years == 1 else by_year(lines[line]) for line in LINES},
        kept=np.where(on, read_at(response.kept, response.uplifts, inputs["uplift"]), 0.0),
        grown=np.where(on, read_at(response.expanded, response.uplifts, inputs["uplift"]), 0.0),
        chosen=tuple(bool(is_on) for is_on in chosen),
        knots=(int(left), int(right), float(weight[0])),
    )


def scenario_values(response: Response, assumptions: Assumptions) -> dict[str, CaseValues]:
    """The case at every scenario: low, base, high."""
    return {
        scenario: value_case(response, assumptions, assumptions.inputs(scenario), assumptions.segments)
        for scenario in SCENARIOS
    }


def initiative_values(response: Response, assumptions: Assumptions, row: Row) -> CaseValues:
    """An initiative's own case, from its row of the register; the service line is the programme's alone."""
    own = {name: float(row.data[name]) for name in ("uplift", "initial_cost", "annual_cost")}
    inputs = assumptions.inputs() | own | {"contact_reduction": 0.0}
    return value_case(response, assumptions, inputs, initiative_segments(row, response.segments))


def initiative_segments(row: Row, known: tuple[str, ...]) -> tuple[str, ...]:
    """Segments that an initiative works on, all of them by name where it works on all."""
    named = str(row.data["segments"])
    return known if named == "all" else tuple(segment for segment in known if segment in named.split(", "))


def years_ahead(response: Response) -> int:
    """Whole years for which revenue was computed: the longest horizon that can be looked at."""
    return response.kept.shape[-1] // MONTHS_PER_YEAR


def ramp(response: Response, assumptions: Assumptions) -> np.ndarray:
    """Share of the full effect at work in each month for which revenue was computed."""
    return ramp_weights(response.kept.shape[-1], assumptions.ramp_months, assumptions.monthly_decay)
