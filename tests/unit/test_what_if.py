"""What-ifs from the published table: the same figures as running the models again, to the cent."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sample_business_case import TERMS, business_case, known_retention, sample_accounts

from roi_models.case.business_case import build_case
from roi_models.case.finance import evpi
from roi_models.case.information import evppi
from roi_models.case.respond import knots
from roi_models.case.sample import draw_sample, triangular_quantile
from roi_models.case.sensitivity import COEFFICIENTS
from roi_models.case.uplift import answer_mix
from roi_models.case.what_if import what_if

NPS = (0.0, 10.0)


@pytest.fixture(scope="module")
def case():
    return business_case()


def again(terms):
    accounts, answers = sample_accounts()
    return build_case(known_retention(-0.22), accounts, answers, terms, scale=NPS)


def test_nothing_moved_is_the_headline(case):
    got = what_if(case, {})
    assert got.result == case.base
    assert (got.npv_p5, got.npv_p50, got.npv_p95) == (case.npv_p5, case.npv_p50, case.npv_p95)
    assert got.prob_npv_positive == case.prob_npv_positive


@pytest.mark.parametrize(
    "values",
    [
        {"discount_rate": 0.17},
        {"annual_cost": 61_234.5, "initial_cost": 0.0},
        {"margin": 0.5, "realisation": 0.8, "tax_rate": 0.2},
        {"contact_reduction": 0.06},
    ],
)
def test_a_moved_input_is_a_run_with_it(case, values):
    got, ran = what_if(case, values), again(TERMS.moved(values))
    assert got.result == ran.base
    assert (got.npv_p5, got.npv_p95, got.prob_npv_positive) == (ran.npv_p5, ran.npv_p95, ran.prob_npv_positive)


def test_a_moved_uplift_is_a_run_with_it_where_it_was_computed(case):
    knot = float(case.response.uplifts[5])
    ran = again(replace(TERMS, uplift_base=knot))
    assert knot not in TERMS.uplifts and what_if(case, {"uplift": knot}).result == ran.base


def test_between_computed_uplifts_the_error_is_as_stated(case):
    between = float(case.response.uplifts[3:5].mean())
    ran = again(replace(TERMS, uplift_base=between))
    off = abs(what_if(case, {"uplift": between}).result.pv_benefits / ran.base.pv_benefits - 1)
    assert 0 < 100 * off <= case.interpolation_error_pct < 1


def test_beyond_the_computed_uplifts_nothing_is_said(case):
    with pytest.raises(ValueError, match=r"uplift is 9, but revenue was computed from 0 to 7 only"):
        what_if(case, {"uplift": 9})
    with pytest.raises(ValueError, match="margin is"):
        what_if(case, {"margin": 1.2})


def test_a_moved_range_stops_at_what_makes_sense():
    moved = TERMS.moved({"margin": 0.99, "uplift": 5.0})
    assert moved.range("margin") == pytest.approx((0.92, 0.99, 1.0))
    assert moved.uplifts == (1.25, 5.0, 8.75), "the uplift's range grows with it"
    assert TERMS.moved({"uplift": 0.0}).uplifts == (0.0, 0.0, 0.0), "what brings nothing has no range"


def test_knots_are_round_steps_and_what_is_assumed():
    accounts, answers = sample_accounts()
    mix = answer_mix(answers, accounts["account_id"])
    got = knots(replace(TERMS, uplift_low=-0.7, uplift_base=3.3, uplift_high=11), mix)
    assert got.tolist() == [-1, -0.7, 0, 1, 2, 3, 3.3, 4, 5, 6, 7, 8, 9, 10, 11]
    points = knots(replace(TERMS, uplift_unit="answer_points", uplift_low=0, uplift_base=0, uplift_high=0.6), mix)
    assert points.tolist() == pytest.approx([0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6])
    far = knots(replace(TERMS, uplift_high=30), mix, farthest=300)
    assert far[-1] == 100 and 30 in far, "NPS cannot rise beyond its end"


def test_scenarios_take_every_range_at_one_end(case):
    worse, base, better = (TERMS.inputs(name) for name in ("low", "base", "high"))
    assert (worse["annual_cost"], worse["margin"], worse["uplift"]) == (110_000.0, 0.68, 1.0)
    assert (better["annual_cost"], better["margin"], better["contact_reduction"]) == (80_000.0, 0.80, 0.05)
    assert case.scenarios["npv"].tolist() == [
        again(
            replace(TERMS, ranges={}, uplift_low=v["uplift"], uplift_base=v["uplift"], uplift_high=7.0, **rest)
        ).base.npv
        for v in (worse, base, better)
        for rest in [{name: v[name] for name in ("margin", "annual_cost", "contact_reduction")}]
    ]


def test_horizons_are_runs_over_them(case):
    for years in (1, 3, 5):
        ran = again(replace(TERMS, horizon_months=12 * years)).base
        row = case.horizons.set_index("years").loc[years]
        assert row["npv"] == ran.npv and row["roi_pct"] == ran.roi_pct
    assert case.horizons["npv"].is_monotonic_increasing


def test_swings_are_one_input_at_a_time(case):
    swings = case.tornado.set_index("input")
    assert case.tornado["swing"].is_monotonic_decreasing and swings.index[0] == "uplift"
    ends = triangular_quantile(np.array([0.1, 0.9]), *TERMS.range("annual_cost"))
    row = swings.loc["annual_cost"]
    assert [row["low_value"], row["high_value"]] == pytest.approx(ends)
    for value, npv in zip(ends, (row["npv_low"], row["npv_high"]), strict=True):
        assert npv == what_if(case, {"annual_cost": float(value)}).result.npv
    assert row["npv_low"] > row["npv_high"], "a higher cost is a lower value"
    assert swings.loc[COEFFICIENTS, "npv_low"] < case.base.npv < swings.loc[COEFFICIENTS, "npv_high"]


def test_what_an_input_is_worth_to_know(case):
    information = case.information.set_index("input")
    assert information.index[0] == "uplift" and information["evppi_amount"].between(0, case.evpi_amount + 0.01).all()
    assert information.loc["contact_reduction", "evppi_amount"] < 0.05 * case.evpi_amount


def test_the_value_of_knowing_everything_or_one_of_two_halves():
    """NPV ~ N(100k, 150k): EVPI 22,667.95 (methods.md); half of the variance known: E[max(N(100k, 106k), 0)] − 100k."""
    sample = draw_sample(200_000, count_replicates=1, seed=3)
    from scipy.special import ndtri
    from scipy.stats import norm

    one, other = (ndtri(sample.probabilities(name)) for name in ("margin", "uplift"))
    npv = 100_000 + 150_000 * (one + other) / np.sqrt(2)
    assert evpi(npv) == pytest.approx(22_667.95, rel=0.02)
    assert float((npv > 0).mean()) == pytest.approx(0.747507, abs=0.003)
    assert evppi(npv, 7 * npv + 3) == pytest.approx(evpi(npv), rel=0.01), "knowing it all"
    spread = 150_000 / np.sqrt(2)
    ratio = 100_000 / spread
    expected = spread * (norm.pdf(ratio) - ratio * norm.sf(ratio))
    assert evppi(npv, one) == pytest.approx(expected, rel=0.05)
    assert evppi(npv, np.full_like(npv, 2.0)) == 0


def test_draws_fill_every_input_evenly_and_alone():
    sample = draw_sample(400, count_replicates=50, seed=1, expansion_error=0.3)
    values = sample.inputs(TERMS)
    low, base, high = TERMS.range("margin")
    assert np.sort(values["margin"]) == pytest.approx(
        triangular_quantile((np.arange(400) + 0.5) / 400, low, base, high)
    )
    assert values["discount_rate"] == 0.10
    assert abs(np.corrcoef(values["margin"], values["uplift"])[0, 1]) < 0.15
    assert np.bincount(sample.replicate).tolist() == [8] * 50
    assert sample.expansion_factor.mean() == pytest.approx(1) and sample.expansion_factor.std() == pytest.approx(
        0.3, rel=0.01
    )
    fewer = draw_sample(400, count_replicates=50, seed=1).inputs(replace(TERMS, ranges={}))
    assert (fewer["uplift"] == values["uplift"]).all(), "another input's range changes no draw"


def test_a_programme_that_brings_nothing_never_pays(case):
    got = what_if(case, {"uplift": 0.0, "contact_reduction": 0.0})
    assert got.prob_npv_positive == 0 and got.result.pv_benefits == 0
