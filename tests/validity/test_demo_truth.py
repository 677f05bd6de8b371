"""What the demo says about itself: its slope against its own large-sample value, and nothing claimed where nothing is.

Cells come from `as_of_cells.py`, which `test_as_of_oracle.py` holds equal to the warehouse's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from as_of_cells import Observed, active_accounts, current_answers, observe
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

from orchestration.case_file import assumptions_of
from orchestration.profiles import load_business_case
from roi_models.business_case import build_case
from roi_models.hazard import Z95, fit_hazard, score_effect
from roi_models.judgement import Claim, Level, Verdict
from roi_models.results import RetentionEffect, SurvivalByGroup
from roi_models.retention import estimate_retention
from roi_models.simulate import simulate, simulate_company
from roi_models.verdict import judge


def observed(*switches: str, lags: tuple[int, ...] = (LAG,)) -> Observed:
    simulation = simulate_company(
        seed=DEMO.seed, accounts=DEMO.accounts, months=DEMO.months, switches=frozenset(switches)
    )
    return observe(simulation, METRICS, lags=lags)


def retention_of(data: Observed) -> RetentionEffect:
    return estimate_retention(data.cells, data.control_levels, metric=METRICS.primary.label, headline_lag=LAG)


def verdict_of(data: Observed, retention: RetentionEffect) -> Verdict:
    """The verdict of the demo's own business case, without the Cox cross-check and the data's quality."""
    config = load_business_case(PROFILE)
    case = build_case(
        retention,
        active_accounts(data.simulation, data.months, data.scores),
        current_answers(data.simulation, data.latest),
        assumptions_of(config),
        scale=(float(METRICS.primary.scale_min), float(METRICS.primary.scale_max)),
        renewal_interval_months=METRICS.renewal_interval_months,
    )
    return judge(
        retention=retention,
        survival=SurvivalByGroup(
            landmark_month="", curves=None, groups=None, cox_coef=None, cox_std_error=None, cloglog_coef=None
        ),
        case=case,
        currency=config.currency,
        metric_label=METRICS.primary.label,
        min_prob_npv_positive=float(config.minimum_probability),
    )


def test_slope_covers_its_large_sample_value():
    data = observed()
    coef, std_error = score_effect(retention_of(data).fit)
    assert abs(coef - LARGE_SAMPLE_SLOPE) < Z95 * std_error
    # An interval wide enough to hold anything would prove nothing.
    assert coef + Z95 * std_error < 0 and std_error < abs(LARGE_SAMPLE_SLOPE) / 5


def test_the_demo_claims_conditionally():
    """The counterpart of the next two: with an effect, the same case is claimed, so `none` there means something."""
    data = observed()
    assert verdict_of(data, retention_of(data)).claim == Claim.CONDITIONAL


@pytest.mark.parametrize("switch", ["null", "reverse"])
def test_without_an_effect_nothing_is_claimed(switch):
    data = observed(switch, lags=(1, LAG))
    retention = retention_of(data)
    verdict = verdict_of(data, retention)
    assert verdict.claim == Claim.NONE and verdict.level == Level.REVIEW
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
