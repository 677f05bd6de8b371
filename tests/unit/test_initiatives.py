"""The register of initiatives: each alone, sets of them, budgets."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sample_business_case import BUDGET, INITIATIVES, TERMS, business_case

from roi_models.case.appraisal import appraise_inputs
from roi_models.case.initiatives import Initiative, own_case, value_initiatives, value_portfolios


@pytest.fixture(scope="module")
def case():
    return business_case()


def portfolios(case, initiatives, budget=None):
    table = value_portfolios(initiatives, case.response, TERMS, budget=budget)
    return table.set_index("initiatives")


def test_an_initiative_is_the_programme_with_its_own_uplift_costs_and_segments(case):
    same = Initiative(
        id="same",
        name="Same",
        owner="A",
        status="running",
        uplift_low=1.0,
        uplift_base=4.0,
        uplift_high=7.0,
        initial_cost=TERMS.initial_cost,
        annual_cost=TERMS.annual_cost,
    )
    row = value_initiatives([same], case.response, TERMS, case.sample).iloc[0]
    without = replace(TERMS, contact_reduction=0.0, ranges={})
    assert row["npv"] == appraise_inputs(case.response, without, without.inputs()).result.npv
    assert own_case(INITIATIVES[0], TERMS).segments == ("SMB",)
    assert row["npv_p5"] < row["npv"] < row["npv_p95"]


def test_a_set_of_one_is_that_initiative(case):
    sets, alone = portfolios(case, INITIATIVES), case.initiatives.set_index("id")
    for name in ("calls", "sponsors"):
        for column in ("pv_benefits", "pv_costs", "npv"):
            assert sets.loc[name, column] == alone.loc[name, column]
    assert sets.loc["", "npv"] == 0


def test_together_they_are_worth_less_than_their_sum(case):
    """Both work on SMB: the second rise meets customers who already rose."""
    sets = portfolios(case, INITIATIVES)
    together, apart = sets.loc["calls,sponsors"], sets.loc["calls"] + sets.loc["sponsors"]
    assert together["pv_benefits"] < apart["pv_benefits"]
    assert together["pv_costs"] == pytest.approx(apart["pv_costs"], abs=0.01)


def test_the_best_set_is_the_best_of_those_that_can_be_paid(case):
    free = portfolios(case, INITIATIVES)
    assert free["is_affordable"].all() and free["npv"].idxmax() == free.index[0] and free["is_best"].sum() == 1
    poor = portfolios(case, INITIATIVES, budget=50_000.0)
    assert poor.loc[~poor["is_affordable"]].index.tolist() == ["sponsors", "calls,sponsors"]
    assert poor.index[0] == "", "calls alone lose money"
    assert portfolios(case, INITIATIVES, budget=BUDGET).index[0] == "sponsors"


def test_what_is_over_is_valued_but_not_planned(case):
    over = replace(INITIATIVES[1], status="done")
    assert portfolios(case, (INITIATIVES[0], over)).index.tolist() == ["", "calls"]
    assert len(value_initiatives((INITIATIVES[0], over), case.response, TERMS, case.sample)) == 2


def test_a_register_too_long_is_a_sentence(case):
    many = [replace(INITIATIVES[0], id=f"i{number}") for number in range(13)]
    with pytest.raises(ValueError, match="holds 13 open initiatives; at most 12 can be combined"):
        portfolios(case, many)


def test_no_register_is_no_table(case):
    assert value_initiatives((), case.response, TERMS, case.sample).empty
    assert portfolios(case, ()).index.tolist() == [""]
