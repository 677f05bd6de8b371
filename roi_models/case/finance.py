"""Discounting and appraisal of cash flows by Forrester's TEI conventions, and the value of perfect
information.

Belongs here: flows of money in, appraisal out.
Does not belong here: where the flows come from (`business_case.py`), texts and thresholds (`verdict.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal

import numpy as np
from scipy.optimize import brentq

from roi_models.case.assumptions import MONTHS_PER_YEAR
from roi_models.case.case_results import CashFlowResult

HIGHEST_IRR = 1e6  # a return of more than a hundred million per cent says that almost nothing was invested
LOWEST_IRR = -1 + 1e-9


def to_cents(amount: float) -> float:
    """Round modelled money half-even to the cent: the one place where float64 money crosses the border."""
    return float(Decimal(repr(float(amount))).quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN))


def monthly_rate(annual_rate: float, basis: Literal["effective", "nominal"] = "effective") -> float:
    """Rate per month: (1+r)^(1/12) − 1 when `annual_rate` is effective, r/12 when it is nominal."""
    if basis == "nominal":
        return annual_rate / MONTHS_PER_YEAR
    return float(np.expm1(np.log1p(annual_rate) / MONTHS_PER_YEAR))


def discount_factors(rate: float, count_periods: int, *, first_period: int = 1) -> np.ndarray:
    """1/(1+rate)^t for t = first_period …: 1 discounts at each period's end, 0 at its start."""
    return (1.0 + rate) ** -np.arange(first_period, first_period + count_periods, dtype=float)


def present_value(flows: Sequence[float] | np.ndarray, rate: float, *, first_period: int = 1) -> float:
    """Σ flow_t/(1+rate)^t, unrounded; `rate` is per period and periods are counted from `first_period`."""
    flows = np.asarray(flows, dtype=float)
    return float(flows @ discount_factors(rate, len(flows), first_period=first_period))


def appraise(
    initial: float,
    costs: Sequence[float],
    benefits: Sequence[float],
    rate: float,
    *,
    cost_adjustment: float = 1.0,
    benefit_adjustment: float = 1.0,
) -> CashFlowResult:
    """Appraise yearly flows: `initial` at time 0 undiscounted, years 1…N discounted at year end.

    Risk adjustments multiply all costs (the initial one too) and all benefits. NPV is the difference of the
    two rounded present values, so that it adds up on the page. `roi_pct` is None when costs are nil; see
    `irr`, `payback_months`.
    """
    if len(costs) != len(benefits):
        raise ValueError(f"There are {len(costs)} years of costs but {len(benefits)} of benefits: give each year both.")
    outlay = float(initial) * cost_adjustment
    yearly_costs = np.asarray([float(cost) for cost in costs]) * cost_adjustment
    yearly_benefits = np.asarray([float(benefit) for benefit in benefits]) * benefit_adjustment
    pv_costs = to_cents(outlay + present_value(yearly_costs, rate))
    pv_benefits = to_cents(present_value(yearly_benefits, rate))
    npv = to_cents(pv_benefits - pv_costs)
    flows = np.concatenate([[-outlay], yearly_benefits - yearly_costs])
    return CashFlowResult(
        pv_costs=pv_costs,
        pv_benefits=pv_benefits,
        npv=npv,
        roi_pct=round(100 * npv / pv_costs, 4) if pv_costs > 0 else None,
        payback_months=payback_months(flows),
        irr=irr(flows),
    )


def payback_months(flows: Sequence[float] | np.ndarray, *, months_each: int = MONTHS_PER_YEAR) -> float | None:
    """Months until the undiscounted cumulative net turns non-negative for good, linear within the period.

    `flows` are net, at time 0 and then per period of `months_each` months. 0 when the cumulative is never negative,
    None when it ends negative.
    """
    cumulative = np.cumsum(np.asarray(flows, dtype=float))
    negative = np.flatnonzero(cumulative < 0)
    if len(negative) == 0:
        return 0.0
    last = int(negative[-1])
    if last == len(cumulative) - 1:
        return None
    within = -cumulative[last] / (cumulative[last + 1] - cumulative[last])
    return round(months_each * (last + float(within)), 4)


def irr(flows: Sequence[float] | np.ndarray) -> float | None:
    """Yearly rate at which the net flows' present value is nil.

    None unless the flows begin with an outlay and change sign exactly once: otherwise there is no root, more
    than one, or one that is a borrowing rate and no return.
    """
    flows = np.asarray(flows, dtype=float)
    signs = np.sign(flows[flows != 0])
    if len(signs) == 0 or signs[0] > 0 or np.count_nonzero(np.diff(signs)) != 1:
        return None

    def value(rate: float) -> float:
        return present_value(flows, rate, first_period=0)

    if value(HIGHEST_IRR) > 0:
        return None
    return round(float(brentq(value, LOWEST_IRR, HIGHEST_IRR, xtol=1e-13, rtol=1e-14, maxiter=500)), 10)


def evpi(npv_draws: Sequence[float] | np.ndarray) -> float:
    """Expected value of perfect information, E[max(NPV, 0)] − max(E[NPV], 0), over draws of the NPV.

    The most that knowing every uncertain input in advance could be worth: with it, loss-making outcomes are
    not started.
    """
    draws = np.asarray(npv_draws, dtype=float)
    return float(np.maximum(draws, 0.0).mean() - max(draws.mean(), 0.0))
