"""The register of initiatives: each valued on its own, and the best set of them under a budget.

Belongs here: what an initiative is, its case, portfolios. Does not belong here: the programme's own case
(`business_case.py`), reading the register (`orchestration`).

Initiatives share the programme's unit, ramp and financial assumptions; each has its uplift, costs and segments.
Together they move a segment by the sum of their uplifts, read off one curve: two that work on the same customers are
worth less than the sum of their cases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd

from roi_models.case.appraisal import appraise_costs, appraise_inputs, present_benefit
from roi_models.case.assumptions import Assumptions
from roi_models.case.finance import to_cents
from roi_models.case.flows import LINES, Tables, benefits, tables
from roi_models.case.response import Response, read_at
from roi_models.case.sample import Sample
from roi_models.case.uncertainty import simulate

# Every set is tried: 2^12 of them take a second, and a register that asks for more wants sorting first.
MOST_IN_PORTFOLIO = 12
OPEN_STATUSES = ("proposed", "approved", "running")
STATUSES = (*OPEN_STATUSES, "stopped", "done")


@dataclass(frozen=True, slots=True, kw_only=True)
class Initiative:
    """One entry of the register. `segments`: those it works on, all when empty; costs as in `Assumptions`."""

    id: str
    name: str
    owner: str
    status: str
    uplift_low: float
    uplift_base: float
    uplift_high: float
    initial_cost: float
    annual_cost: float
    segments: tuple[str, ...] = ()
    approver: str = ""
    source: str = ""


def own_case(initiative: Initiative, assumptions: Assumptions) -> Assumptions:
    """The programme's assumptions with the initiative's uplift, costs and segments; the service line is left out, as
    its contacts are the programme's."""
    ranges = {
        name: ends
        for name, ends in assumptions.ranges.items()
        if name not in ("initial_cost", "annual_cost", *_SERVICE)
    }
    return replace(
        assumptions,
        uplift_low=initiative.uplift_low,
        uplift_base=initiative.uplift_base,
        uplift_high=initiative.uplift_high,
        initial_cost=initiative.initial_cost,
        annual_cost=initiative.annual_cost,
        segments=initiative.segments,
        contact_reduction=0.0,
        ranges=ranges,
    )


_SERVICE = ("contacts_per_year", "contact_reduction", "cost_per_contact", "cashable_share")


def farthest_uplift(initiatives: Sequence[Initiative], segments: Sequence[str]) -> float:
    """The most that open initiatives together move one segment, or that any one of them may move it."""
    open_ones = [initiative for initiative in initiatives if initiative.status in OPEN_STATUSES]
    together = [
        sum(one.uplift_base for one in open_ones if not one.segments or segment in one.segments) for segment in segments
    ]
    return max([0.0, *together, *(one.uplift_high for one in initiatives)])


def value_initiatives(
    initiatives: Sequence[Initiative], response: Response, assumptions: Assumptions, sample: Sample
) -> pd.DataFrame:
    """One row per initiative, in the order of the register: id, name, owner, approver, status, segments, uplift,
    initial_cost, annual_cost, pv_benefits, pv_costs, npv, npv_p5, npv_p95, prob_npv_positive, roi_pct, payback_months,
    source."""
    rows = []
    for initiative in initiatives:
        own = own_case(initiative, assumptions)
        result = appraise_inputs(response, own, own.inputs()).result
        npv = simulate(tables(response, own, with_draws=True), own, sample).npv
        low, high = np.percentile(npv, [5, 95])
        rows.append(
            {
                "id": initiative.id,
                "name": initiative.name,
                "owner": initiative.owner,
                "approver": initiative.approver,
                "status": initiative.status,
                "segments": ", ".join(initiative.segments) or "all",
                "uplift": initiative.uplift_base,
                "initial_cost": to_cents(initiative.initial_cost),
                "annual_cost": to_cents(initiative.annual_cost),
                "pv_benefits": result.pv_benefits,
                "pv_costs": result.pv_costs,
                "npv": result.npv,
                "npv_p5": to_cents(low),
                "npv_p95": to_cents(high),
                "prob_npv_positive": float((npv > 0).mean()),
                "roi_pct": result.roi_pct,
                "payback_months": result.payback_months,
                "source": initiative.source,
            }
        )
    return pd.DataFrame(rows, columns=list(INITIATIVE_COLUMNS))


INITIATIVE_COLUMNS = (
    *("id", "name", "owner", "approver", "status", "segments", "uplift", "initial_cost", "annual_cost"),
    *("pv_benefits", "pv_costs", "npv", "npv_p5", "npv_p95", "prob_npv_positive", "roi_pct", "payback_months"),
    "source",
)
PORTFOLIO_COLUMNS = ("initiatives", "count_initiatives", "pv_benefits", "pv_costs", "npv", "is_best", "is_affordable")


def value_portfolios(
    initiatives: Sequence[Initiative], response: Response, assumptions: Assumptions, *, budget: float | None
) -> pd.DataFrame:
    """Every set of open initiatives at base values, the best affordable one first, then by NPV.

    `budget`: most that the present value of the costs may be; None for no limit. Columns: initiatives (ids, comma
    between), count_initiatives, pv_benefits, pv_costs, npv, is_best, is_affordable. Raises ValueError when the register
    holds too many open initiatives.
    """
    open_ones = [initiative for initiative in initiatives if initiative.status in OPEN_STATUSES]
    if len(open_ones) > MOST_IN_PORTFOLIO:
        raise ValueError(
            f"business_case.yml holds {len(open_ones)} open initiatives; at most {MOST_IN_PORTFOLIO} can be combined: "
            "set the status of some to stopped or done, or join small ones."
        )
    by_segment = {segment: tables(response, assumptions, segments=(segment,)) for segment in response.segments}
    rows = [
        _portfolio(chosen, by_segment, assumptions, budget)
        for count in range(len(open_ones) + 1)
        for chosen in combinations(open_ones, count)
    ]
    table = pd.DataFrame(rows, columns=list(PORTFOLIO_COLUMNS))
    order = ["is_affordable", "npv", "count_initiatives", "initiatives"]
    table = table.sort_values(order, ascending=[False, False, True, True], ignore_index=True)
    table["is_best"] = table.index == 0
    return table


def _portfolio(
    chosen: Sequence[Initiative], by_segment: dict[str, Tables], assumptions: Assumptions, budget: float | None
) -> tuple:
    """One set: flows of all segments together, rounded and discounted as for a single initiative."""
    inputs = assumptions.inputs() | {"contact_reduction": 0.0}
    flows = dict.fromkeys(LINES, np.zeros(1))
    for segment, given in by_segment.items():
        uplift = sum(one.uplift_base for one in chosen if not one.segments or segment in one.segments)
        found = benefits(given, inputs | {"uplift": uplift}, kept=read_at(given.kept, given.knots, uplift))
        flows = {line: flows[line] + found[line] for line in LINES}
    given = next(iter(by_segment.values()))
    benefit = present_benefit(given, inputs, flows)
    cost = to_cents(sum(appraise_costs(given, own_case(one, assumptions).inputs()) for one in chosen))
    ids = ",".join(one.id for one in chosen)
    is_affordable = budget is None or cost <= budget
    return ids, len(chosen), benefit, cost, to_cents(benefit - cost), False, is_affordable
