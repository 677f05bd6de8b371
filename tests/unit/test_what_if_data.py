"""What the page ships for its sliders: nothing lost on the way, nothing that could leave its element."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from roi_models.case.flows import tables as tables_of
from roi_models.case.inputs import INPUTS
from roi_models.case.sample import draw_sample
from roi_models.case.what_if import SHIPPED_AMOUNTS, SHIPPED_DRAWS, shipped, ships_all, what_if
from roi_models.report import tables
from roi_models.report.figures import build_figures
from roi_models.report.page import render_report
from roi_models.report.what_if_data import MOST_SLIDERS, json_for_page, page_data, sliders, what_if_block
from tests.unit.sample_business_case import business_case
from tests.unit.sample_case import conditional_case, failed_case_with_flows

HOSTILE = "</script><script>alert(1)</script><!-- ]]> \u2028 & '\""


def unpacked(text, kind):
    return np.frombuffer(base64.b64decode(text), dtype=kind)


def with_terms(**changes):
    case = business_case()
    return replace(case, assumptions=replace(case.assumptions, **changes))


def test_draws_come_back_bit_for_bit():
    case = business_case()
    data = json.loads(str(json_for_page(page_data(shipped(case), "USD"))))
    given = tables_of(case.response, case.assumptions, with_draws=True)
    assert (unpacked(data["keptDraws"], "<f8") == given.kept_draws.ravel()).all()
    assert (unpacked(data["replicate"], "<u4") == case.sample.replicate).all()
    assert set(data["ranks"]) == set(case.assumptions.uncertain)
    for name, text in data["ranks"].items():
        assert (unpacked(text, "<u4") == case.sample.ranks[name]).all()
    assert data["knots"] == case.response.uplifts.tolist() and data["kept"] == given.kept.tolist()
    assert data["ramp"] == given.ramp.tolist() and data["period"] == given.years
    assert {name: tuple(ends[part] for part in ("low", "base", "high")) for name, ends in data["inputs"].items()} == {
        name: case.assumptions.range(name) for name in INPUTS
    }


def test_expansion_is_shipped_where_it_is_counted_alone():
    case = business_case()
    assert page_data(shipped(case), "USD")["expanded"] is None
    growing = replace(case, response=replace(case.response, expanded=case.response.kept / 3))
    data = page_data(shipped(growing), "USD")
    assert data["expanded"] == (tables_of(growing.response, growing.assumptions).expanded).tolist()
    assert (unpacked(data["growth"], "<f8") == growing.sample.expansion_factor).all()


def test_no_text_leaves_the_data_block():
    told = str(json_for_page({"currency": HOSTILE}))
    assert not re.search(r"[<>&\u2028]", told)
    assert json.loads(told) == {"currency": HOSTILE}
    case_file = conditional_case()
    hostile = replace(case_file, context=replace(case_file.context, currency=HOSTILE))
    page = render_report(hostile, build_figures(hostile))
    assert page.count("<script") == 2 and "alert(1)</script>" not in page
    block = re.search(r'<script type="application/json" id="whatif-data">(.*?)</script>', page, re.DOTALL).group(1)
    assert json.loads(block)["currency"] == HOSTILE


def test_numbers_that_are_none_are_refused():
    with pytest.raises(ValueError, match="JSON compliant"):
        json_for_page({"kept": [float("nan")]})


def test_nothing_is_shipped_where_no_case_is_shown():
    assert what_if_block(failed_case_with_flows()) is None
    without = conditional_case()
    assert what_if_block(replace(without, case=replace(without.case, response=None))) is None


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"margin": 0.7123, "ranges": {"margin": (0.7, 0.72)}},
        {"initial_cost": 123_456.78, "annual_cost": 0.0, "tax_rate": 0.25, "ranges": {}},
        {"discount_rate": 0.0, "cost_risk_adjustment": 1.1},
        {"uplift_low": -2.5, "uplift_base": 3.3, "uplift_high": 6.99},
    ],
)
def test_sliders_start_at_the_base_and_stay_within_what_the_engine_takes(changes):
    case = with_terms(**changes)
    found = sliders(case)
    assert 5 <= len(found) <= MOST_SLIDERS and found[0].name == "uplift"
    for slider in found:
        least, most, step, base = (Decimal(text) for text in (slider.least, slider.most, slider.step, slider.base))
        assert float(base) == case.assumptions.range(slider.name)[1]
        assert least <= base <= most and least < most
        # On the grid of steps from the least: else a browser would move the start.
        assert (base - least) % step == 0 and (most - least) % step == 0
        assert 30 <= (most - least) / step <= 1000
        for end in (least, most):
            what_if(case, {slider.name: float(end)})
    # What costs nothing and is taken as certain has no room to move; what is at work is there.
    names = {slider.name for slider in found}
    assert ("annual_cost" in names) == (case.assumptions.annual_cost > 0)
    assert ("tax_rate" in names) == (case.assumptions.tax_rate > 0)


def test_a_case_with_few_draws_is_shipped_whole():
    case = business_case()
    assert ships_all(case)
    assert what_if(shipped(case), {"margin": 0.7}) == what_if(case, {"margin": 0.7})


def test_a_case_with_many_draws_is_shipped_in_part():
    case = business_case()
    many = replace(case, sample=draw_sample(2 * SHIPPED_DRAWS, count_replicates=500, seed=2))
    part = shipped(many)
    assert not ships_all(many) and len(part.sample) == SHIPPED_DRAWS
    # The draws are the same ones: a rank means what it meant among all of them.
    for name in INPUTS:
        assert (part.sample.probabilities(name) == many.sample.probabilities(name)[:SHIPPED_DRAWS]).all()
    # What the base case says does not hang on draws.
    assert what_if(part, {"uplift": 5}).result == what_if(many, {"uplift": 5}).result
    assert shipped(part).sample.count_ranks == 2 * SHIPPED_DRAWS


def test_months_leave_room_for_fewer_draws_of_the_coefficients():
    monthly = with_terms(discounting="month_end")
    part = shipped(monthly)
    knots, months = len(monthly.response.uplifts), monthly.horizon_months
    replicates = len(part.response.kept_draws)
    assert not ships_all(monthly)
    assert replicates * knots * months <= SHIPPED_AMOUNTS < (replicates + 1) * knots * months
    assert set(part.sample.replicate) == set(range(replicates))
    assert len(part.sample) == len(monthly.sample)


@pytest.mark.parametrize("discounting", ["year_end", "month_end"])
def test_published_tables_hold_what_is_shipped(discounting):
    case_file = conditional_case()
    case = replace(case_file.case, assumptions=replace(case_file.case.assumptions, discounting=discounting))
    published = tables.model_tables(replace(case_file, case=case))
    data = page_data(shipped(case), "USD")
    replicates = published["roi.business_case_replicates"].sort_values(["replicate", "uplift", "period"])
    assert (replicates["retained_revenue_amount"].to_numpy() == unpacked(data["keptDraws"], "<f8")).all()
    assert replicates["period"].max() == (3 if discounting == "year_end" else 36)
    ranks = published["roi.business_case_ranks"].sort_values("draw")
    assert (ranks["replicate"].to_numpy() == unpacked(data["replicate"], "<u4")).all()
    assert (ranks["count_ranks"] == data["countRanks"]).all()
    for name, text in data["ranks"].items():
        assert (ranks[f"rank_{name}"].to_numpy() == unpacked(text, "<u4")).all()
