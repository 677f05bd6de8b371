"""The expansion line: evidence before it counts, its size against a slow calculation, nothing counted twice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from growth_data import INVOLUNTARY, growth_frames, panel
from hazard_data import answers_of, slow_survival

from roi_models.case.assumptions import Assumptions
from roi_models.case.business_case import build_case
from roi_models.hazards.retention import estimate_retention
from roi_models.revenue.expansion import ExpansionEvidence, expansion_evidence
from roi_models.revenue.growth import fit_growth
from roi_models.revenue.growth_path import lay_out_growth
from roi_models.revenue.revenue_paths import CONTRACTION, EXPANSION

SETTING = {
    "outcome": "voluntary",
    "lag": 3,
    "background_hazard": -np.log(1 - INVOLUNTARY),
    "scale": (0.0, 10.0),
    "renewal_interval_months": 12,
}
TERMS = Assumptions(
    margin=0.8,
    discount_rate=0.1,
    horizon_months=24,
    ramp_months=4,
    uplift_low=0.5,
    uplift_base=0.5,
    uplift_high=0.5,
    uplift_unit="answer_points",
    initial_cost=1000.0,
    annual_cost=500.0,
    n_draws=300,
)


@pytest.fixture(scope="module")
def frames():
    return growth_frames(panel())


@pytest.fixture(scope="module")
def evidence(frames):
    return expansion_evidence(fit_growth(frames, **SETTING))


@pytest.fixture(scope="module")
def retention(frames):
    return estimate_retention(frames.hazard_cells, frames.control_levels, metric="nps", headline_lag=3)


def case_of(frames, retention, evidence, terms=TERMS):
    return build_case(retention, frames.accounts, answers_of(frames.accounts), terms, scale=(0, 10), expansion=evidence)


def test_planted_expansion_is_evidence_and_counts(frames, retention, evidence):
    assert evidence.is_evidenced and 0 < evidence.relative_error < 0.5
    case = case_of(frames, retention, evidence)
    without = case_of(frames, retention, ExpansionEvidence(problem="Not asked."))
    lines = case.lines.set_index("line")
    assert lines.loc["expansion", "is_counted"] and lines.loc["expansion", "pv_benefit"] > 0
    assert case.years["benefit_retention"].tolist() == without.years["benefit_retention"].tolist()
    assert case.base.pv_benefits == pytest.approx(
        without.base.pv_benefits + lines.loc["expansion", "pv_benefit"], abs=0.02
    )
    assert case.gain_pp == without.gain_pp, "retention is retention, whatever customers buy"
    assert not without.lines.set_index("line").loc["expansion", "is_counted"]


def test_revenue_grown_is_that_of_a_slow_walk_through_accounts_and_months(frames, retention, evidence):
    few = frames.accounts.dropna(subset=["score"]).head(6)
    few = pd.concat([few, frames.accounts[frames.accounts["score"].isna()].head(2)]).sort_values("account_id")
    few = few.reset_index(drop=True)
    case = case_of(replace(frames, accounts=few), retention, evidence)
    model, month = evidence.model, 24
    path = lay_out_growth(model.hazards, model.sizes, few, months=month, renewal_interval_months=12)
    answers = answers_of(few).astype({"score": float})
    answers["lift"] = np.minimum(answers["score"] + 0.5, 10) - answers["score"]
    lift = answers.groupby("account_id")["lift"].mean().reindex(few["account_id"]).fillna(0.0).to_numpy()
    ramp = np.minimum(np.arange(1, month + 1) / 4, 1)
    there = np.array(
        [
            slow_survival(retention.fit, account, month, up, 4)
            for account, up in zip(few.itertuples(), lift, strict=True)
        ]
    ) * np.exp(-month * retention.background_hazard)
    grown, as_is = np.ones(len(few)), np.ones(len(few))
    for step in range(month):
        grown *= path.factor(step, (ramp[step] * lift)[:, None])[:, 0]
        as_is *= path.factor(step, np.zeros((len(few), 1)))[:, 0]
    expected = few["mrr_amount"].astype(float).to_numpy() @ (there * (grown - as_is))
    knot = case.response.uplifts.tolist().index(0.5)
    assert case.response.expanded[:, knot, month - 1].sum() == pytest.approx(expected, rel=1e-9)
    assert (case.response.expanded[:, 0] == 0).all()


def test_growth_of_a_month_is_chance_times_size(frames, evidence):
    accounts = frames.accounts.head(30).reset_index(drop=True)
    model = evidence.model
    path = lay_out_growth(model.hazards, model.sizes, accounts, months=3, renewal_interval_months=12)
    got = path.factor(2, np.zeros((30, 1)))[:, 0]
    total = np.ones(30)
    for sign, name in ((1, EXPANSION), (-1, CONTRACTION)):
        movement = next(part for part in path.movements if part.sign == sign)
        log_hazard = movement.layout.static @ model.hazards[name].coef
        log_hazard += (movement.layout.step_design @ model.hazards[name].coef)[movement.layout.step_code[2]]
        size = model.sizes[name].columns(accounts["score"].astype(float).to_numpy()) @ model.sizes[name].coef
        total += sign * (1 - np.exp(-np.exp(log_hazard))) * size
    assert got == pytest.approx(total, rel=1e-12)


def test_expansion_that_does_not_follow_the_score_is_not_counted(frames, retention):
    """The same moves dealt out at random: whoever scores what."""
    cells = frames.movement_cells
    shuffled = cells.copy()
    moved = [name for name in cells if name.startswith(("count_exp", "count_con", "expan", "contrac"))]
    rng = np.random.default_rng(8)
    rate = cells[moved].sum() / cells["count_stayed"].sum()
    counts = [name for name in moved if name.startswith("count_")]
    for count in counts:
        shuffled[count] = rng.binomial(cells["count_stayed"], rate[count])
        kind = "expan" if "exp" in count else "contrac"
        for name in (name for name in moved if name.startswith(kind)):
            shuffled[name] = shuffled[count] * float(cells[name].sum()) / float(cells[count].sum())
    evidence = expansion_evidence(fit_growth(replace(frames, movement_cells=shuffled), **SETTING))
    assert not evidence.is_evidenced and "not shown to be a gain" in evidence.why_not
    case = case_of(frames, retention, evidence)
    assert (case.response.expanded == 0).all() and case.years["benefit_expansion"].sum() == 0
    assert case.lines.set_index("line").loc["expansion", "reason"] == evidence.why_not


def test_no_movement_and_no_departure_are_sentences(frames):
    still = replace(frames, movement_cells=frames.movement_cells.assign(count_expanded=0, count_contracted=0))
    assert "Too little is known" in expansion_evidence(fit_growth(still, **SETTING)).why_not
    cells = frames.hazard_cells.assign(count_voluntary=0, count_churned=0, count_involuntary=0)
    nobody_left = fit_growth(replace(frames, hazard_cells=cells), **SETTING)
    assert "could not be estimated" in expansion_evidence(nobody_left).why_not
