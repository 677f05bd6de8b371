"""Business cases with a known answer: flows made by hand, and the vectors of the reference file as such cases.

Belongs here: a case around a small response made by hand. Does not belong here: the vectors themselves
(`tests/reference/vectors.json`), whole case files (`sample_case.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from roi_models.case.appraisal import appraise_inputs
from roi_models.case.assumptions import Assumptions
from roi_models.case.case_results import BusinessCase
from roi_models.case.finance import monthly_rate, to_cents
from roi_models.case.projection import ramp_weights
from roi_models.case.response import Response
from roi_models.case.sensitivity import horizons, scenarios
from roi_models.results import CaseFile
from tests.unit.reference_files import vectors
from tests.unit.sample_business_case import assumption_table, business_case
from tests.unit.sample_case import conditional_case

MONTHS = 36
PLAIN = Assumptions(
    margin=1.0,
    discount_rate=0.10,
    horizon_months=MONTHS,
    ramp_months=0,
    uplift_low=1.0,
    uplift_base=1.0,
    uplift_high=1.0,
    uplift_unit="answer_points",
    initial_cost=0.0,
    annual_cost=0.0,
)


def monthly_response(
    kept: Sequence[float], *, expanded: Sequence[float] | None = None, segment: str = "All"
) -> Response:
    """Revenue kept by month at an uplift of 1 point, nil at 0; one segment."""
    at_one = np.asarray(kept, dtype=float)
    grown = np.zeros_like(at_one) if expanded is None else np.asarray(expanded, dtype=float)
    table, growth = (np.stack([np.zeros_like(amount), amount])[None] for amount in (at_one, grown))
    return Response(
        segments=(segment,),
        uplifts=np.array([0.0, 1.0]),
        kept=table,
        expanded=growth,
        kept_draws=table[None, ..., :MONTHS],
    )


def case_of(response: Response, assumptions: Assumptions) -> BusinessCase:
    """A case around a response; nothing is simulated."""
    base = appraise_inputs(response, assumptions, assumptions.inputs())
    chosen = response.chosen(assumptions.segments)
    knot = int(np.flatnonzero(response.uplifts == assumptions.uplift_base)[0])
    kept = response.kept[:, knot, : assumptions.horizon_months].sum(axis=1) * chosen
    by_segment = pd.DataFrame(
        {
            "segment": response.segments,
            "count_accounts": 1,
            "mrr_amount": 1.0,
            "retention_base": 1.0,
            "retention_programme": 1.0,
            "retained_revenue_amount": [to_cents(amount) for amount in kept],
        }
    )
    nothing = pd.DataFrame()
    return replace(
        business_case(),
        horizon_months=assumptions.horizon_months,
        uplift=assumptions.uplift_base,
        base=base.result,
        years=base.years,
        scenarios=scenarios(response, assumptions),
        by_segment=by_segment,
        horizons=horizons(response, assumptions),
        assumptions=assumptions,
        response=response,
        **dict.fromkeys(("lines", "views", "tornado", "information", "initiatives", "portfolio"), nothing),
    )


def case_file_of(case: BusinessCase) -> CaseFile:
    """A case file that holds the case."""
    return replace(conditional_case(), case=case, assumptions=assumption_table(case.assumptions))


def yearly_flows(
    initial: float, cost: float, benefits: Sequence[float], *, cost_factor: float = 1.0, benefit_factor: float = 1.0
) -> BusinessCase:
    """A case with these benefits a year: a TEI study's table."""
    terms = replace(
        PLAIN,
        initial_cost=initial,
        annual_cost=cost,
        cost_risk_adjustment=cost_factor,
        benefit_risk_adjustment=benefit_factor,
    )
    return case_of(monthly_response(np.repeat(np.asarray(benefits, dtype=float) / 12, 12)), terms)


def retained_revenue(ramp_months: int) -> BusinessCase:
    """Monthly revenue of 1,000,000, a monthly hazard of .010, −.12 a point, one point more: kept Σ MRR·(S₁ − S₀)."""
    weight = ramp_weights(MONTHS, ramp_months)
    as_is, lifted = np.cumsum(np.full(MONTHS, 0.010)), np.cumsum(0.010 * np.exp(-0.12 * weight))
    terms = replace(PLAIN, margin=0.75, ramp_months=ramp_months, initial_cost=120_000.0, annual_cost=90_000.0)
    return case_of(monthly_response(1e6 * (np.exp(-lifted) - np.exp(-as_is))), terms)


def lifetime_value(*, is_paid_in_advance: bool) -> BusinessCase:
    """A customer who brings 750 a month and stays with .99, discounted by month.

    The engine discounts from each month's end. Money paid at a month's beginning is therefore carried to its end at the
    monthly rate, which is what it is worth there.
    """
    month = np.arange(1, MONTHS + 1)
    paid = 750 * 0.99**month
    if is_paid_in_advance:
        paid = 750 * 0.99 ** (month - 1) * (1 + monthly_rate(0.10))
    return case_of(monthly_response(paid), replace(PLAIN, discounting="month_end"))


def every_feature() -> BusinessCase:
    """A case that uses everything: three segments of which two take part, expansion, service, tax, ramp and decay,
    monthly discounting, a horizon shorter than what was computed, an uplift between knots."""
    rng = np.random.default_rng(11)
    uplifts, months = np.array([-1.0, 0.0, 1.0, 2.5, 3.0, 5.0]), 60
    month = np.arange(1, months + 1)
    kept = rng.uniform(50, 400, (3, 1, 1)) * (1 - np.exp(-uplifts / 4))[None, :, None] * np.sqrt(month)
    response = Response(
        segments=("Öl & Gas", "=SMB", "smb"),
        uplifts=uplifts,
        kept=kept,
        expanded=0.3 * kept,
        kept_draws=kept[None, ..., :24],
    )
    terms = replace(
        PLAIN,
        margin=0.6,
        realisation=0.9,
        benefit_risk_adjustment=0.85,
        cost_risk_adjustment=1.1,
        tax_rate=0.25,
        discounting="month_end",
        horizon_months=24,
        ramp_months=5,
        monthly_decay=0.02,
        uplift_low=1.0,
        uplift_base=2.5,
        uplift_high=5.0,
        segments=("=SMB", "smb"),
        initial_cost=3_000.0,
        annual_cost=2_500.0,
        contacts_per_year=9_000.0,
        contact_reduction=0.03,
        cost_per_contact=12.5,
        cashable_share=0.5,
        ranges={"discount_rate": (0.08, 0.12), "tax_rate": (0.2, 0.3), "margin": (0.5, 0.7)},
    )
    return case_of(response, terms)


def half_cents() -> BusinessCase:
    """A case whose saved contacts are worth 265.625 a year, which rounds half-even to 265.62."""
    terms = replace(
        PLAIN,
        benefit_risk_adjustment=0.85,
        annual_cost=100.0,
        contacts_per_year=1_000.0,
        contact_reduction=0.05,
        cost_per_contact=12.5,
        cashable_share=0.5,
    )
    return case_of(monthly_response(np.zeros(MONTHS)), terms)


VECTORS: dict[str, Callable[[], BusinessCase]] = {
    "T2": lambda: yearly_flows(100_000, 50_000, (120_000, 150_000, 180_000)),
    "T3": lambda: yearly_flows(150_000, 60_000, (200_000, 300_000, 400_000), cost_factor=1.10, benefit_factor=0.85),
    "T5": lambda: yearly_flows(0, 100, (150, 150, 150)),
    "with_ramp": lambda: retained_revenue(6),
    "without_ramp": lambda: retained_revenue(0),
    "clv_end": lambda: lifetime_value(is_paid_in_advance=False),
    "clv_start": lambda: lifetime_value(is_paid_in_advance=True),
}
STATED = ("pv_costs", "pv_benefits", "npv", "roi_pct", "payback_months", "irr")


def answers() -> dict[str, dict[str, float | None]]:
    """What the reference file says of each vector, by field of the appraisal; a field it says nothing of is absent."""
    want = vectors()
    tei = {vector["name"].split()[0]: vector for vector in want["tei"]}
    found = {
        name: {field: None if vector[field] is None else float(vector[field]) for field in STATED if field in vector}
        for name, vector in tei.items()
    }
    kept, value = want["retained_revenue"]["case_120k_90k"], want["clv"]
    names = {"pv_costs": "pvc", "pv_benefits": "pvb", "npv": "npv", "roi_pct": "roi_pct"}
    found["with_ramp"] = {field: float(kept[name]) for field, name in names.items()}
    found["without_ramp"] = {"pv_costs": float(kept["pvc"]), "npv": 16_105.61}
    for name, of in (("clv_end", "end_of_month"), ("clv_start", "start_of_month")):
        found[name] = {"pv_benefits": float(value[of]), "npv": float(value[of]), "roi_pct": None}
    return {name: found[name] for name in VECTORS}
