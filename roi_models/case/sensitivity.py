"""What the result hangs on: scenarios, one input at a time, other horizons.

Belongs here: trying inputs out, one set after the other. Does not belong here: appraising a set (`appraisal.py`),
draws (`uncertainty.py`), what better knowledge is worth (`information.py`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from roi_models.case.appraisal import appraise_inputs
from roi_models.case.assumptions import MONTHS_PER_YEAR, SCENARIOS, Assumptions
from roi_models.case.finance import to_cents
from roi_models.case.flows import present_values, tables
from roi_models.case.inputs import INPUTS
from roi_models.case.response import Response, read_at
from roi_models.case.sample import triangular_quantile

COEFFICIENTS, COEFFICIENTS_LABEL = "coefficients", "How strongly the metric goes with staying (the model’s estimates)"
# One-way swings go to the points that an input stays below with these probabilities.
LOW_END, HIGH_END = 0.10, 0.90


def scenarios(response: Response, assumptions: Assumptions) -> pd.DataFrame:
    """The case with every ranged input at its worse end, at its base, at its better end; coefficients as estimated.

    Columns: scenario, uplift, npv, roi_pct, payback_months.
    """
    rows = []
    for scenario in SCENARIOS:
        inputs = assumptions.inputs(scenario)
        result = appraise_inputs(response, assumptions, inputs).result
        rows.append((scenario, inputs["uplift"], result.npv, result.roi_pct, result.payback_months))
    return pd.DataFrame(rows, columns=["scenario", "uplift", "npv", "roi_pct", "payback_months"])


def tornado(response: Response, assumptions: Assumptions) -> pd.DataFrame:
    """NPV with one input at its 10% and its 90% point and all others at base, widest swing first.

    Columns: input, label, low_value, high_value, npv_low, npv_high (of the low and the high value), swing. The model's
    coefficients are one input: their draws, ordered by the NPV each gives; they have no value of their own.
    """
    base = assumptions.inputs()
    rows = []
    for name in assumptions.uncertain:
        ends = triangular_quantile(np.array([LOW_END, HIGH_END]), *assumptions.range(name))
        npv = [appraise_inputs(response, assumptions, base | {name: float(end)}).result.npv for end in ends]
        rows.append((name, INPUTS[name].label, *map(float, ends), *npv))
    rows.append((COEFFICIENTS, COEFFICIENTS_LABEL, np.nan, np.nan, *_coefficient_ends(response, assumptions)))
    table = pd.DataFrame(rows, columns=["input", "label", "low_value", "high_value", "npv_low", "npv_high"])
    table["swing"] = (table["npv_high"] - table["npv_low"]).abs()
    return table.sort_values(["swing", "input"], ascending=[False, True], ignore_index=True)


def _coefficient_ends(response: Response, assumptions: Assumptions) -> list[float]:
    """NPV at the 10% and the 90% point over the draws of the coefficients, inputs at base."""
    given, inputs = tables(response, assumptions, with_draws=True), assumptions.inputs()
    kept = read_at(given.kept_draws, given.knots, inputs["uplift"])
    pv_benefits, pv_costs = present_values(given, inputs, kept=kept)
    return [to_cents(npv) for npv in np.quantile(pv_benefits - pv_costs, [LOW_END, HIGH_END])]


def horizons(response: Response, assumptions: Assumptions) -> pd.DataFrame:
    """The base case over 1, 2, … years, as far as revenue was computed; costs run on.

    Columns: years, npv, roi_pct, payback_months.
    """
    rows = []
    for years in range(1, response.kept.shape[-1] // MONTHS_PER_YEAR + 1):
        months = years * MONTHS_PER_YEAR
        result = appraise_inputs(response, assumptions, assumptions.inputs(), months=months).result
        rows.append((years, result.npv, result.roi_pct, result.payback_months))
    return pd.DataFrame(rows, columns=["years", "npv", "roi_pct", "payback_months"])
