"""What the demo says about itself: its slope against its own large-sample value, its gain against both potential
outcomes of the same customers, and nothing claimed where nothing is.

Cells come from `as_of_cells.py`, which `test_as_of_oracle.py` holds equal to the warehouse's.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from as_of_cells import Observed, observe
from declared import (
    DEMO,
    LAG,
    LARGE_ACCOUNTS,
    LARGE_SAMPLE_ERROR,
    LARGE_SAMPLE_SLOPE,
    LARGE_SEEDS,
    METRICS,
    PROFILE,
)
from latent_frames import CASE, answer_history, demo_case, true_gain_pp

from roi_models.hazards.hazard import Z95, fit_hazard, score_effect
from roi_models.hazards.retention import estimate_retention
from roi_models.results import RetentionEffect, SurvivalByGroup
from roi_models.satisfaction.latent_score import correct_slope
from roi_models.satisfaction.latent_study import latent_study
from roi_models.simulate import simulate, simulate_company
from roi_models.verdicts.judgement import Claim, Level, Verdict
from roi_models.verdicts.verdict import judge


@functools.lru_cache(maxsize=1)
def observed(*switches: str, lags: tuple[int, ...] = (LAG,)) -> Observed:
    simulation = simulate_company(
        seed=DEMO.seed, accounts=DEMO.accounts, months=DEMO.months, switches=frozenset(switches)
    )
    return observe(simulation, METRICS, lags=lags)


def retention_of(data: Observed) -> RetentionEffect:
    retention = estimate_retention(data.cells, data.control_levels, metric=METRICS.primary.label, headline_lag=LAG)
    latent = correct_slope(
        retention.fit,
        data.cells,
        answer_history(data),
        fresh_days=METRICS.fresh_days,
        stale_days=METRICS.stale_days,
    )
    return replace(retention, latent=latent)


def verdict_of(data: Observed, retention: RetentionEffect) -> Verdict:
    """The verdict of the demo's own business case, without the Cox cross-check and the data's quality."""
    return judge(
        retention=retention,
        survival=SurvivalByGroup(
            landmark_month="", curves=None, groups=None, cox_coef=None, cox_std_error=None, cloglog_coef=None
        ),
        case=demo_case(data, retention),
        currency=CASE.currency,
        metric_label=METRICS.primary.label,
        min_prob_npv_positive=float(CASE.minimum_probability),
    )


def test_slope_covers_its_large_sample_value():
    data = observed()
    coef, std_error = score_effect(retention_of(data).fit)
    assert abs(coef - LARGE_SAMPLE_SLOPE) < Z95 * std_error
    # An interval wide enough to hold anything would prove nothing.
    assert coef + Z95 * std_error < 0 and std_error < abs(LARGE_SAMPLE_SLOPE) / 5


@pytest.mark.validate
def test_the_demo_claims_conditionally():
    """The counterpart of the next two: with an effect, the same case is claimed, so `none` there means something."""
    data = observed()
    assert verdict_of(data, retention_of(data)).claim == Claim.CONDITIONAL


@pytest.mark.validate
def test_the_gain_covers_the_truth_of_both_potential_outcomes():
    """The slope of the answers alone understates the gain: its interval is all below the truth."""
    data = observed()
    case = demo_case(data, retention_of(data))
    truth = true_gain_pp(DEMO.seed, accounts=DEMO.accounts, months=DEMO.months)
    assert 0 < case.gain_low_pp < truth < case.gain_high_pp < 2 * truth
    assert case.observed_gain_high_pp < truth


@pytest.mark.validate
@pytest.mark.parametrize("switch", ["null", "reverse"])
def test_without_an_effect_nothing_is_claimed(switch):
    data = observed(switch, lags=(1, LAG))
    retention = retention_of(data)
    verdict = verdict_of(data, retention)
    assert verdict.claim == Claim.NONE and verdict.level == Level.REVIEW
    assert verdict.sentence.startswith("No return is claimed: ")
    # Scores tell as much about satisfaction as ever; it is only that nobody leaves for it.
    assert retention.latent.is_estimable and retention.latent.slope_low < 0 < retention.latent.slope_high
    assert "no effect" in latent_study(retention, None).sentences[1]
    first, headline = retention.lag_profile.to_dict("records")
    assert headline["ci_low"] < 1 < headline["ci_high"]
    # Leavers' scores fall before they go: that is seen at lag 1, and only there.
    assert (first["ci_high"] < 1) == (switch == "reverse")


@pytest.mark.validate
def test_the_large_sample_value_is_what_large_samples_give():
    slopes = []
    for seed in LARGE_SEEDS:
        data = observe(simulate(seed=seed, accounts=LARGE_ACCOUNTS, months=DEMO.months), METRICS, lags=(LAG,))
        slopes.append(score_effect(fit_hazard(data.cells, data.control_levels, lag=LAG)))
    coefs, errors = np.array(slopes).T
    assert coefs.mean() == pytest.approx(LARGE_SAMPLE_SLOPE, abs=5e-4)
    assert np.sqrt((errors**2).sum()) / len(errors) == pytest.approx(LARGE_SAMPLE_ERROR, rel=0.1)


@pytest.mark.validate
@pytest.mark.parametrize(("switches", "claim"), [("", "conditional"), ("null", "none"), ("reverse", "none")])
def test_claim_of_the_whole_pipeline(tmp_path, switches, claim):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VOC_")}
    finished = subprocess.run(
        [sys.executable, "-c", "from orchestration.cli import main; main()", "run"],
        env={
            **kept,
            "VOC_PROFILE": str(PROFILE),
            "VOC_HOME": str(tmp_path),
            "VOC_DEMO_SWITCHES": switches,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    figures = json.loads((tmp_path / "demo/published/latest/figures.json").read_text(encoding="utf-8"))
    assert figures["headline"]["claim"] == claim
    # A failed verdict would claim nothing either, for reasons of its own.
    assert figures["headline"]["verdict"] != "FAIL"
    if not switches:
        gain = next(figure for figure in figures["figures"] if figure["id"] == "headline.gain_pp")
        assert gain["low"] < true_gain_pp(DEMO.seed, accounts=DEMO.accounts, months=DEMO.months) < gain["high"]
