"""Flows and appraisal of the business case: published vectors, hand calculations, the two bases of discounting."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_files import vectors
from sample_business_case import TERMS, business_case

from roi_models.case.appraisal import appraise_inputs, payback_by_month
from roi_models.case.assumptions import Assumptions
from roi_models.case.finance import to_cents
from roi_models.case.projection import ramp_weights
from roi_models.case.response import Response, by_year, read_at
from roi_models.case.views import share_out

PLAIN = Assumptions(
    margin=1.0,
    discount_rate=0.10,
    horizon_months=36,
    ramp_months=0,
    uplift_low=1.0,
    uplift_base=1.0,
    uplift_high=1.0,
    uplift_unit="answer_points",
    initial_cost=0.0,
    annual_cost=0.0,
)


def response_of(kept_by_month) -> Response:
    """One segment that keeps so much a month at an uplift of 1, and in proportion below."""
    kept = np.asarray(kept_by_month, dtype=float)[None, None, :] * np.array([0.0, 1.0])[None, :, None]
    return Response(
        segments=("all",),
        uplifts=np.array([0.0, 1.0]),
        kept=kept,
        expanded=np.zeros_like(kept),
        kept_draws=kept[None],
    )


def yearly(benefits) -> Response:
    return response_of(np.repeat(np.asarray(benefits, dtype=float) / 12, 12))


@pytest.mark.gate
@pytest.mark.parametrize(
    ("initial", "annual", "benefits", "factors", "expected"),
    [
        (100_000, 50_000, (120_000, 150_000, 180_000), {}, (224_342.60, 368_294.52, 143_951.92, 64.17, 15.6, 0.720445)),
        (
            150_000,
            60_000,
            (200_000, 300_000, 400_000),
            {"cost_risk_adjustment": 1.10, "benefit_risk_adjustment": 0.85},
            (329_132.23, 620_736.29, 291_604.06, 88.60, 15.8730, 0.789224),
        ),
        (0, 100, (150, 150, 150), {}, (248.69, 373.03, 124.34, 50.00, 0, None)),
    ],
)
def test_forrester_vectors_through_the_whole_case(initial, annual, benefits, factors, expected):
    """methods.md, section 7: T2, T3, T5."""
    terms = replace(PLAIN, initial_cost=initial, annual_cost=annual, **factors)
    got = appraise_inputs(yearly(benefits), terms, terms.inputs()).result
    pv_costs, pv_benefits, npv, roi, payback, irr = expected
    assert (got.pv_costs, got.pv_benefits, got.npv) == (pv_costs, pv_benefits, npv)
    assert round(got.roi_pct, 2) == roi and got.payback_months == pytest.approx(payback, abs=1e-4)
    assert got.irr is None if irr is None else got.irr == pytest.approx(irr, abs=1e-6)


@pytest.mark.gate
def test_customer_lifetime_value_by_months():
    """methods.md, section 7: 750 a month, retention .99, 36 months at 10%: end and start of month."""
    months = np.arange(1, 37)
    terms = replace(PLAIN, discounting="month_end")
    end = appraise_inputs(response_of(750 * 0.99**months), terms, terms.inputs()).result
    assert end.pv_benefits == 19_695.24
    # Paid at the start of a month: a month earlier, and a month less to leave in.
    monthly = 1.1 ** (1 / 12)
    start = appraise_inputs(response_of(750 * 0.99 ** (months - 1)), terms, terms.inputs()).result
    assert to_cents(start.pv_benefits * monthly) == pytest.approx(20_052.82, abs=0.01)
    assert vectors()


def test_each_line_is_its_own_formula():
    terms = replace(
        PLAIN,
        ramp_months=6,
        margin=0.8,
        realisation=0.9,
        benefit_risk_adjustment=0.85,
        tax_rate=0.25,
        contacts_per_year=12_000,
        contact_reduction=0.02,
        cost_per_contact=14,
        cashable_share=0.5,
        initial_cost=1000,
        annual_cost=100,
    )
    response = yearly((10_000, 20_000, 30_000))
    response = replace(response, expanded=response.kept * 0.1)
    years = appraise_inputs(response, terms, terms.inputs()).years
    kept = np.array([0, 10_000, 20_000, 30_000])
    worth = 0.8 * 0.9 * 0.85 * 0.75
    assert years["benefit_retention"].to_numpy() == pytest.approx(kept * worth, abs=0.005)
    assert years["benefit_expansion"].to_numpy() == pytest.approx(kept * worth * 0.1, abs=0.005)
    saved = 12_000 * 0.02 * 14 * 0.5 * 0.85 * 0.75
    first = saved * (1 + 2 + 3 + 4 + 5 + 6 * 7) / 6 / 12  # linear over six months, then in full
    assert years["benefit_service"].tolist() == pytest.approx([0, first, saved, saved], abs=0.005)
    assert years["cost"].tolist() == [750.0, 75.0, 75.0, 75.0]
    lines = years[["benefit_retention", "benefit_expansion", "benefit_service"]].sum(axis=1)
    assert years["benefit"].to_numpy() == pytest.approx(lines.to_numpy(), abs=0.005)


def test_tax_takes_the_same_share_of_benefits_and_costs():
    terms = replace(PLAIN, initial_cost=1000, annual_cost=100)
    before = appraise_inputs(yearly((600, 700, 800)), terms, terms.inputs()).result
    taxed = replace(terms, tax_rate=0.3)
    after = appraise_inputs(yearly((600, 700, 800)), taxed, taxed.inputs()).result
    assert after.npv == pytest.approx(0.7 * before.npv, abs=0.02)
    assert after.roi_pct == pytest.approx(before.roi_pct, abs=0.01)


def test_months_are_discounted_each_by_itself():
    months = np.linspace(100, 900, 36)
    terms = replace(PLAIN, initial_cost=5000, annual_cost=1200, discounting="month_end")
    got = appraise_inputs(response_of(months), terms, terms.inputs())
    factor = 1.1 ** -(np.arange(1, 37) / 12)
    assert got.result.pv_benefits == to_cents(float(months @ factor))
    assert got.result.pv_costs == to_cents(5000 + float((100 * factor).sum()))
    assert got.years["pv_benefit"].sum() == pytest.approx(got.result.pv_benefits, abs=0.03)
    year_end = appraise_inputs(response_of(months), terms, terms.inputs(), discounting="year_end").result
    assert year_end.npv < got.result.npv and year_end.payback_months == got.result.payback_months


def test_the_rise_fades_once_it_is_reached():
    weights = ramp_weights(24, 6, 0.05)
    assert weights[:6] == pytest.approx(np.arange(1, 7) / 6)
    assert weights[6:] == pytest.approx(0.95 ** np.arange(1, 19))
    assert ramp_weights(3, 0, 0.5) == pytest.approx([1.0, 0.5, 0.25])


def test_reading_between_knots_is_a_straight_line_and_stops_at_the_ends():
    table, knots = np.array([[0.0], [10.0], [40.0]]), np.array([0.0, 1.0, 3.0])
    got = read_at(table, knots, np.array([-1.0, 0.0, 0.25, 1.0, 2.0, 3.0, 9.0]))
    assert got[:, 0].tolist() == [0.0, 0.0, 2.5, 10.0, 25.0, 40.0, 40.0]
    assert read_at(table, knots, 2.0).tolist() == [25.0]
    assert by_year(np.arange(24.0)).tolist() == [66.0, 210.0]


def test_a_segment_left_out_gains_nothing():
    case = business_case()
    terms = replace(TERMS, contact_reduction=0.0, ranges={})
    alone = [appraise_inputs(case.response, terms, terms.inputs(), segments=(name,)) for name in case.response.segments]
    everybody = appraise_inputs(case.response, terms, terms.inputs())
    assert sum(part.result.pv_benefits for part in alone) == pytest.approx(everybody.result.pv_benefits, abs=0.1)
    assert all(part.result.pv_benefits > 0 for part in alone)


@given(
    cents=st.integers(-(10**11), 10**11),
    weights=st.lists(st.floats(0.001, 1e6), min_size=1, max_size=12),
)
@settings(deadline=None)
def test_shares_add_up_to_the_cent_and_are_off_by_less_than_one(cents, weights):
    total = to_cents(cents / 100)
    parts = share_out(total, weights)
    assert sum(round(100 * part) for part in parts) == cents
    exact = np.array(weights) / sum(weights) * total
    assert np.abs(np.array(parts) - exact).max() < 0.0100001 + 1e-9 * abs(total)


def test_every_view_has_the_same_total():
    case = business_case()
    totals = case.views.groupby("view")["pv_benefit"].sum()
    assert len(totals) == 5
    assert totals.to_numpy() == pytest.approx(case.base.pv_benefits, abs=1e-6)
    counted = case.lines[case.lines["is_counted"]]
    assert counted["pv_benefit"].sum() == pytest.approx(case.base.pv_benefits, abs=1e-6)
    assert case.lines.set_index("line").loc[["wallet", "referral", "expansion"], "reason"].str.len().gt(20).all()


def test_payback_by_month_is_that_of_yearly_flows_where_months_are_even_and_later_where_they_grow():
    terms = replace(PLAIN, initial_cost=600, annual_cost=1200)
    # 300 a month less 100: 600 are back after three months.
    even = yearly((3600, 3600, 3600))
    assert payback_by_month(even, terms, terms.inputs()) == 3.0
    assert appraise_inputs(even, terms, terms.inputs()).result.payback_months == 3.0
    # 50 more each month: 150 are still missing after six months, 100 left after seven.
    growing = response_of(50 * np.arange(1, 37))
    assert payback_by_month(growing, terms, terms.inputs()) == 6.6
    assert appraise_inputs(growing, terms, terms.inputs()).result.payback_months < 6.6
    assert payback_by_month(yearly((0, 0, 0)), terms, terms.inputs()) is None
