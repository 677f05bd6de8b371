"""The case at other values of its inputs, from what is published with it: no model is run again.

Belongs here: the answer that the page's sliders and the workbook must give, to the cent.
Does not belong here: the arithmetic (`flows.py`), the page's script (`report/templates`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from roi_models.case.appraisal import appraise_inputs
from roi_models.case.case_results import BusinessCase, CashFlowResult
from roi_models.case.finance import to_cents
from roi_models.case.flows import tables
from roi_models.case.uncertainty import simulate

# A page of three megabytes has room for so many draws, and for so many amounts of revenue by draw of the coefficients.
SHIPPED_DRAWS = 2_000
SHIPPED_AMOUNTS = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """The base case at the moved inputs, and the range over the shipped draws, whose own ranges have moved along."""

    result: CashFlowResult
    npv_p5: float
    npv_p50: float
    npv_p95: float
    prob_npv_positive: float


def what_if(case: BusinessCase, values: Mapping[str, float]) -> WhatIf:
    """Appraise `case` with other base values of some inputs. Raises ValueError where a value makes no sense, or lies
    beyond the uplifts for which revenue was computed."""
    least, most = case.response.reach
    uplift = values.get("uplift", case.uplift)
    if not least <= uplift <= most:
        raise ValueError(f"uplift is {uplift:g}, but revenue was computed from {least:g} to {most:g} only.")
    terms = case.assumptions.moved(values)
    outcomes = simulate(tables(case.response, terms, with_draws=True), terms, case.sample)
    p5, p50, p95 = np.percentile(outcomes.npv, [5, 50, 95])
    return WhatIf(
        result=appraise_inputs(case.response, terms, terms.inputs()).result,
        npv_p5=to_cents(p5),
        npv_p50=to_cents(p50),
        npv_p95=to_cents(p95),
        prob_npv_positive=float((outcomes.npv > 0).mean()),
    )


def shipped(case: BusinessCase) -> BusinessCase:
    """The case with the draws that go into the page: all of them, or the first where there are too many.

    `what_if` of it is what the page's sliders must show. Months are discounted one by one with `month_end`, so that
    fewer draws of the coefficients find room there.
    """
    terms, response = case.assumptions, case.response
    periods = terms.years if terms.discounting == "year_end" else terms.horizon_months
    replicates = min(len(response.kept_draws), max(1, SHIPPED_AMOUNTS // (len(response.uplifts) * periods)))
    draws = min(len(case.sample), SHIPPED_DRAWS)
    return replace(
        case,
        response=replace(response, kept_draws=response.kept_draws[:replicates]),
        sample=case.sample.first(draws, count_replicates=replicates),
    )


def ships_all(case: BusinessCase) -> bool:
    """Whether the page holds every draw of the case, so that its ranges start at the headline's."""
    part = shipped(case)
    return len(part.sample) == len(case.sample) and len(part.response.kept_draws) == len(case.response.kept_draws)
