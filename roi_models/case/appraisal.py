"""One set of inputs appraised: flows by year and line, and the result.

Belongs here: rounding flows to the cent and putting them before the rules of `finance.py`.
Does not belong here: the arithmetic of flows (`flows.py`), which inputs (`assumptions.py`, `sensitivity.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from roi_models.case.assumptions import MONTHS_PER_YEAR, Assumptions, Discounting
from roi_models.case.case_results import CashFlowResult
from roi_models.case.finance import appraise, discount_factors, payback_months, to_cents
from roi_models.case.flows import LINES, Inputs, Tables, benefits, factors, outlay, running_cost, tables
from roi_models.case.response import Response, read_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Appraised:
    """The appraisal, and its yearly lines: year (0 holds the outlay), retained_revenue_amount,
    expanded_revenue_amount, benefit_retention, benefit_expansion, benefit_service, benefit, cost, net, cumulative_net,
    discount_factor, pv_benefit, pv_cost."""

    result: CashFlowResult
    years: pd.DataFrame


def appraise_inputs(
    response: Response,
    assumptions: Assumptions,
    inputs: Inputs,
    *,
    segments: tuple[str, ...] | None = None,
    months: int | None = None,
    discounting: Discounting | None = None,
) -> Appraised:
    """Appraise the best estimate of the coefficients with these inputs (one number each).

    Segments, horizon and basis are the assumptions' unless others are given. Flows are rounded to the cent per line
    and year, so that what the tables show is what is appraised. With `month_end` each month is discounted by itself;
    payback and internal rate of return are of yearly flows on either basis.
    """
    given = tables(response, assumptions, segments=segments, months=months, discounting=discounting)
    kept = read_at(given.kept, given.knots, inputs["uplift"])
    flows = benefits(given, inputs, kept=kept)
    by_line = _rounded(given, flows)
    benefit = [to_cents(sum(parts)) for parts in zip(*by_line.values(), strict=True)]
    start, cost = to_cents(float(outlay(inputs))), to_cents(float(running_cost(given, inputs)) / given.years)
    costs, rate = [cost] * len(benefit), float(inputs["discount_rate"])
    result = appraise(start, costs, benefit, rate)
    factor = discount_factors(rate, len(benefit) + 1, first_period=0)
    pv_benefit, pv_cost = np.array([0.0, *benefit]) * factor, np.array([start, *costs]) * factor
    if given.years < 1:
        monthly = factors(given, inputs)
        pv_benefit = np.array([0.0, *_by_year(given, sum(flows.values()) * monthly)])
        pv_cost = np.array([start, *_by_year(given, running_cost(given, inputs) * monthly)])
        result = _by_month(result, pv_benefit, pv_cost)
    expanded = read_at(given.expanded, given.knots, inputs["uplift"])
    years = pd.DataFrame({"year": range(len(benefit) + 1)})
    years["retained_revenue_amount"] = [0.0, *_by_year(given, kept)]
    years["expanded_revenue_amount"] = [0.0, *_by_year(given, expanded)]
    for line in LINES:
        years[f"benefit_{line}"] = [0.0, *by_line[line]]
    years["benefit"], years["cost"] = [0.0, *benefit], [start, *costs]
    years["net"] = [to_cents(net) for net in years["benefit"] - years["cost"]]
    years["cumulative_net"] = [to_cents(total) for total in years["net"].cumsum()]
    years["discount_factor"] = factor
    years["pv_benefit"], years["pv_cost"] = ([to_cents(value) for value in pv] for pv in (pv_benefit, pv_cost))
    return Appraised(result=result, years=years)


def payback_by_month(response: Response, assumptions: Assumptions, inputs: Inputs) -> float | None:
    """Months until the undiscounted cumulative net of the best estimate turns non-negative for good, month by month.

    Where benefits grow within the first year this is later than the payback of yearly flows, which spreads each
    year's net evenly. None when it does not within the horizon.
    """
    given = tables(response, assumptions, discounting="month_end")
    flows = benefits(given, inputs, kept=read_at(given.kept, given.knots, inputs["uplift"]))
    net = sum(flows.values()) - running_cost(given, inputs)
    return payback_months([-float(outlay(inputs)), *net], months_each=1)


def present_benefit(given: Tables, inputs: Inputs, flows: Mapping[str, np.ndarray]) -> float:
    """Present value of benefits by line and period, to the cent, by the rules of `appraise_inputs`."""
    if given.years < 1:
        return to_cents(float((sum(flows.values()) * factors(given, inputs)).sum()))
    yearly = [to_cents(sum(parts)) for parts in zip(*_rounded(given, flows).values(), strict=True)]
    return to_cents(float(np.array(yearly) @ factors(given, inputs)))


def appraise_costs(given: Tables, inputs: Inputs) -> float:
    """Present value of outlay and running cost, to the cent, by the rules of `appraise_inputs`."""
    start = to_cents(float(outlay(inputs)))
    cost = running_cost(given, inputs)
    return to_cents(start + float((cost if given.years < 1 else to_cents(float(cost))) * factors(given, inputs).sum()))


def _rounded(given: Tables, flows: Mapping[str, np.ndarray]) -> dict[str, list[float]]:
    """Benefit by line and year, to the cent."""
    return {line: [to_cents(value) for value in _by_year(given, flows[line])] for line in LINES}


def _by_year(given: Tables, by_period: np.ndarray) -> np.ndarray:
    """Amounts per period summed per year."""
    return by_period if given.years == 1 else by_period.reshape(-1, MONTHS_PER_YEAR).sum(axis=1)


def _by_month(yearly: CashFlowResult, pv_benefit: np.ndarray, pv_cost: np.ndarray) -> CashFlowResult:
    """The appraisal with present values of months instead of years."""
    pv_benefits, pv_costs = to_cents(pv_benefit.sum()), to_cents(pv_cost.sum())
    npv = to_cents(pv_benefits - pv_costs)
    return CashFlowResult(
        pv_costs=pv_costs,
        pv_benefits=pv_benefits,
        npv=npv,
        roi_pct=round(100 * npv / pv_costs, 4) if pv_costs > 0 else None,
        payback_months=yearly.payback_months,
        irr=yearly.irr,
    )
