"""TEI appraisal, discounting and value of information against tests/reference/vectors.json and hand-made
edges."""

from decimal import Decimal

import numpy as np
import pytest
from reference_files import vectors
from scipy.stats import norm

from roi_models.case.finance import appraise, evpi, irr, monthly_rate, payback_months, present_value, to_cents


def amounts(values):
    return [Decimal(value) for value in values]


@pytest.mark.gate
@pytest.mark.parametrize("case", vectors()["tei"], ids=lambda case: case["name"])
def test_tei_cases_to_the_cent(case):
    got = appraise(
        Decimal(case["initial"]),
        amounts(case["costs"]),
        amounts(case["benefits"]),
        float(case["rate"]),
        cost_adjustment=float(case.get("cost_adj", 1)),
        benefit_adjustment=float(case.get("benefit_adj", 1)),
    )
    for name in ("pv_costs", "pv_benefits", "npv"):
        assert getattr(got, name) == float(case[name])
    assert round(got.roi_pct, 2) == float(case["roi_pct"])
    assert got.payback_months == float(case["payback_months"])
    assert got.irr == (None if case["irr"] is None else pytest.approx(case["irr"], abs=1e-9))


@pytest.mark.gate
def test_discounting_vectors():
    want = vectors()["discount"]
    effective, nominal = monthly_rate(0.10), monthly_rate(0.10, "nominal")
    assert effective == pytest.approx(float(want["monthly_rate_eff_10pct"]), abs=1e-15)
    assert to_cents(present_value([1000] * 36, effective)) == float(want["pv_1000x36_effective"])
    assert to_cents(present_value([1000] * 36, nominal)) == float(want["pv_1000x36_nominal"])
    assert to_cents(present_value([12000] * 3, 0.10)) == float(want["pv_12000x3_year_end"])


@pytest.mark.gate
def test_customer_lifetime_value_at_period_end_and_start():
    want = vectors()["clv"]
    rate = monthly_rate(0.10)
    end = 750 * 0.99 ** np.arange(1, 37)
    start = 750 * 0.99 ** np.arange(36)
    assert to_cents(present_value(end, rate)) == float(want["end_of_month"])
    assert to_cents(present_value(start, rate, first_period=0)) == float(want["start_of_month"])


@pytest.mark.gate
def test_evpi_of_a_normal_npv():
    want = vectors()["evpi_normal"]
    # A stratified sample: the quantiles at the middle of a million equal slices.
    draws = norm.ppf((np.arange(1_000_000) + 0.5) / 1_000_000, loc=want["mu"], scale=want["sd"])
    assert (draws > 0).mean() == pytest.approx(want["p_pos"], abs=1e-6)
    assert evpi(draws) == pytest.approx(want["evpi"], abs=0.05)
    assert evpi([5.0, 7.0]) == 0.0


@pytest.mark.parametrize(
    ("flows", "months"),
    [
        ([0, 50, 50], 0.0),
        ([-100, 40, 30], None),
        ([-100, 100], 12.0),
        ([0, -50, 100], 18.0),  # costs come later: not 0, the cumulative falls below nil
        ([-10, 20, -15, 10], 30.0),  # the last crossing counts, not the first
    ],
)
def test_payback(flows, months):
    assert payback_months(flows) == months


@pytest.mark.parametrize(
    ("flows", "rate"),
    [
        ([-100, 230, -132], None),  # two roots, 10% and 20%
        ([0, 50, 50], None),
        ([-100, 0, 0], None),
        ([100, -120], None),  # borrowing, no return
        ([0, 0], None),
        ([-100, 0, 121], 0.10),
        ([-100, 50], -0.50),
    ],
)
def test_irr_is_none_unless_there_is_exactly_one_return(flows, rate):
    assert irr(flows) == (rate if rate is None else pytest.approx(rate, abs=1e-9))


def test_roi_is_none_without_costs_and_npv_adds_up():
    free = appraise(0, [0, 0], [10, 10], 0.1)
    assert (free.roi_pct, free.payback_months, free.irr) == (None, 0.0, None)
    odd = appraise("33.335", ["10.005"], ["77.777"], 0.07)
    assert to_cents(odd.pv_benefits - odd.pv_costs) == odd.npv


def test_money_is_rounded_half_even_and_unequal_years_are_refused():
    assert [to_cents(value) for value in (0.125, 0.135, -0.125, 2.675)] == [0.12, 0.14, -0.12, 2.68]
    with pytest.raises(ValueError, match="2 years of costs but 1 of benefits"):
        appraise(0, [1, 1], [1], 0.1)
