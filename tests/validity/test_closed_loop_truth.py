"""The demo's randomised closed loop is recovered, and what a naive reading of the same programme would have claimed.

Truth: both potential outcomes of the same accounts with the same draws (`programme_frames.potential_outcomes`). The
traps have small generators of their own, with no effect at all planted.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from declared import (
    BINOMIAL_BAND,
    COVERAGE_SEEDS,
    DEMO,
    LARGE_SEEDS,
    PROGRAMME_ACCOUNTS,
    PROGRAMME_EFFECT,
    PROGRAMME_ERROR,
    PROGRAMME_LARGE_ACCOUNTS,
)
from programme_frames import potential_outcomes, programme_frames
from scipy.stats import binom, ttest_ind, ttest_rel

from roi_models.programmes.programme_effects import programme_evidence
from roi_models.programmes.programme_results import ProgrammeEvidence, Windows
from roi_models.simulate import Parameters, Simulation, simulate, simulate_company

WINDOWS = Windows()
METHODS = ("difference of means", "covariate-adjusted", "difference in differences")


def evidence_of(simulation: Simulation) -> ProgrammeEvidence:
    cases, panel = programme_frames(simulation, WINDOWS)
    return programme_evidence(cases, panel, metric="NPS", accounts_per_year=len(cases) // 3, windows=WINDOWS)


def estimate(evidence: ProgrammeEvidence, outcome: str, method: str = METHODS[0]) -> pd.Series:
    frame = evidence.effects
    return frame[(frame["outcome"] == outcome) & (frame["method"] == method)].iloc[0]


def demo(*switches: str) -> ProgrammeEvidence:
    return evidence_of(
        simulate_company(seed=DEMO.seed, accounts=DEMO.accounts, months=DEMO.months, switches=frozenset(switches))
    )


def band(probability: float, size: int) -> tuple[int, int]:
    tail = (1 - BINOMIAL_BAND) / 2
    low, high = binom.ppf([tail, 1 - tail], size, probability)
    return int(low), int(high)


def test_the_closed_loop_of_the_demo_is_recovered():
    evidence = demo()
    for outcome, truth in PROGRAMME_EFFECT.items():
        for method in METHODS[: 3 if outcome == "score_after" else 2]:
            found = estimate(evidence, outcome, method)
            assert found["ci_low"] < truth < found["ci_high"], (outcome, method)
    score = estimate(evidence, "score_after")
    # An interval wide enough to hold anything would prove nothing.
    assert score["ci_low"] > 0 and score["std_error"] < PROGRAMME_EFFECT["score_after"] / 4
    assert evidence.level == "PASS"
    assert (evidence.balance["level"] == "PASS").all()


def test_the_demos_own_accounts_have_the_same_truth():
    truth = potential_outcomes(seed=DEMO.seed, accounts=DEMO.accounts, months=DEMO.months, windows=WINDOWS)
    for outcome, expected in PROGRAMME_EFFECT.items():
        effect, error = truth[outcome]
        assert abs(effect - expected) < 3.3 * error


def test_where_satisfaction_moves_nobody_departures_are_not_claimed():
    left = estimate(demo("null"), "is_departed")
    assert left["ci_low"] < 0 < left["ci_high"] and left["level"] == "REVIEW"


def test_without_a_call_that_helps_nothing_is_claimed():
    simulation = simulate(
        seed=DEMO.seed, accounts=DEMO.accounts, months=DEMO.months, parameters=replace(Parameters(), boost=0.0)
    )
    evidence = evidence_of(simulation)
    for outcome in PROGRAMME_EFFECT:
        found = estimate(evidence, outcome)
        assert found["ci_low"] < 0 < found["ci_high"] and found["level"] == "REVIEW"


@pytest.mark.validate
def test_intervals_cover_the_truth_as_often_as_stated():
    covered = {(outcome, method): 0 for outcome in PROGRAMME_EFFECT for method in METHODS[:2]}
    covered["score_after", METHODS[2]] = 0
    refused = 0
    for seed in COVERAGE_SEEDS:
        evidence = evidence_of(simulate(seed=seed, accounts=PROGRAMME_ACCOUNTS, months=DEMO.months))
        if evidence.level == "FAIL":
            refused += 1
            continue
        for outcome, method in covered:
            found = estimate(evidence, outcome, method)
            covered[outcome, method] += found["ci_low"] < PROGRAMME_EFFECT[outcome] < found["ci_high"]
    # One draw in a thousand looks as if it were none, and is refused.
    assert refused <= band(0.001, len(COVERAGE_SEEDS))[1]
    low, high = band(0.95, len(COVERAGE_SEEDS) - refused)
    assert {key: count for key, count in covered.items() if not low <= count <= high} == {}


@pytest.mark.validate
def test_the_truth_is_what_large_populations_give():
    truths = [
        potential_outcomes(seed=seed, accounts=PROGRAMME_LARGE_ACCOUNTS, months=DEMO.months, windows=WINDOWS)
        for seed in LARGE_SEEDS
    ]
    for outcome, expected in PROGRAMME_EFFECT.items():
        effects, errors = np.array([truth[outcome] for truth in truths]).T
        assert effects.mean() == pytest.approx(expected, abs=3.3 * PROGRAMME_ERROR[outcome])
        assert np.sqrt((errors**2).sum()) / len(errors) == pytest.approx(PROGRAMME_ERROR[outcome], rel=0.1)


# Traps. In each nothing that anybody does has any effect.
TRIALS = 100
TRAP_ACCOUNTS = 800


def _useless_programme(seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Cases of a programme that changes nothing, and who was acted on.

    A call takes weeks to come and only reaches who is still there; loyal accounts pick up the telephone more often.
    """
    draw = np.random.default_rng(seed)
    loyalty = draw.standard_normal(TRAP_ACCOUNTS)
    treated = draw.random(TRAP_ACCOUNTS) < 0.5
    leaves_in = draw.exponential(30 * np.exp(0.7 * loyalty))
    called_in = draw.exponential(2.5, TRAP_ACCOUNTS)
    acted = treated & (called_in < leaves_in) & (draw.random(TRAP_ACCOUNTS) < 1 / (1 + np.exp(-0.5 - loyalty)))
    trigger = np.clip(np.rint(7.5 + loyalty + 1.5 * draw.standard_normal(TRAP_ACCOUNTS)), 0, 6)
    after = 7.5 + loyalty + 0.9 * draw.standard_normal(TRAP_ACCOUNTS)
    left = leaves_in < WINDOWS.departure_months
    cases = pd.DataFrame(
        {
            "account_id": np.arange(TRAP_ACCOUNTS),
            "is_treated": treated,
            "is_mixed_arm": False,
            "count_months_after": 24,
            "trigger_score": trigger,
            "prior_score": np.nan,
            "mrr_amount": 100.0,
            "tenure_months": 12,
            "score_after": np.where(leaves_in > WINDOWS.score_months, after, np.nan),
            "is_departed": left,
            "is_departed_otherwise": False,
            "mrr_after_amount": np.where(left, 0.0, 100.0),
        }
    )
    return cases, acted


@pytest.fixture(scope="module")
def useless_programmes():
    empty = pd.DataFrame(columns=["account_id", "is_treated", "quarter", "score"])
    trials = []
    for seed in range(30_001, 30_001 + TRIALS):
        cases, acted = _useless_programme(seed)
        found = programme_evidence(cases, empty, metric="NPS", accounts_per_year=400, windows=WINDOWS)
        trials.append((cases, acted, found))
    return trials


@pytest.mark.validate
def test_trap_acted_on_against_not_acted_on_invents_an_effect(useless_programmes):
    """Who is acted on had to stay long enough, and is friendlier: compared as drawn, nothing remains."""
    naive_rejects, naive_effects, drawn_rejects = 0, [], 0
    for cases, acted, evidence in useless_programmes:
        left = cases["is_departed"].astype(float).to_numpy()
        naive_effects.append(left[acted].mean() - left[~acted].mean())
        naive_rejects += ttest_ind(left[acted], left[~acted], equal_var=False).pvalue < 0.05
        found = estimate(evidence, "is_departed")
        drawn_rejects += not found["ci_low"] < 0 < found["ci_high"]
    assert naive_rejects > 0.95 * TRIALS and np.mean(naive_effects) < -0.1
    low, high = band(0.05, TRIALS)
    assert low <= drawn_rejects <= high


@pytest.mark.validate
def test_trap_low_answers_rise_by_themselves(useless_programmes):
    """Regression to the mean: those followed up "improve" by more than a point, and so do those held out."""
    before_after, drawn_rejects = [], 0
    for cases, _, evidence in useless_programmes:
        followed = cases[cases["is_treated"] & cases["score_after"].notna()]
        assert ttest_rel(followed["score_after"], followed["trigger_score"]).pvalue < 1e-6
        before_after.append((followed["score_after"] - followed["trigger_score"]).mean())
        found = estimate(evidence, "score_after")
        drawn_rejects += not found["ci_low"] < 0 < found["ci_high"]
    assert np.mean(before_after) > 1
    low, high = band(0.05, TRIALS)
    assert low <= drawn_rejects <= high


def test_trap_arms_chosen_by_hand_are_refused():
    """Where the friendlier half is followed up, the arms differ before anything is done: no number."""
    cases, _ = _useless_programme(30_001)
    evidence = programme_evidence(
        cases.assign(is_treated=cases["trigger_score"] >= 6),
        pd.DataFrame(columns=["account_id", "is_treated", "quarter", "score"]),
        metric="NPS",
        accounts_per_year=400,
    )
    assert evidence.level == "FAIL" and "not drawn at random" in evidence.headline and evidence.effects.empty
