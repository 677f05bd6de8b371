"""An uplift seen in the closed loop: when it stands for the programme, and whom it reaches."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sample_business_case import TERMS, known_retention, sample_accounts

from roi_models.case.business_case import build_case
from roi_models.case.pilot import with_pilot
from roi_models.case.sample import triangular_quantile
from roi_models.case.uplift import answer_mix, shift_accounts
from roi_models.programmes.programme_results import EFFECT_COLUMNS, ProgrammeEvidence, as_table, no_evidence


def evidence(*, level="PASS", effect=0.31, std_error=0.06):
    row = dict.fromkeys(EFFECT_COLUMNS) | {
        "outcome": "score_after",
        "role": "primary",
        "method": "difference of means",
        "effect": effect,
        "std_error": std_error,
        "ci_low": effect - 1.96 * std_error,
        "ci_high": effect + 1.96 * std_error,
    }
    effects = as_table([row], EFFECT_COLUMNS)
    return ProgrammeEvidence(level=level, headline="", balance_sentence="", holdout_sentence="", effects=effects)


def test_an_effect_that_was_seen_becomes_the_uplift_with_its_error():
    seen, is_taken = with_pilot(TERMS, evidence())
    assert is_taken and seen.uplift_base == 0.31
    assert (seen.uplift_unit, seen.uplift_path) == ("answer_points", "low_answers")
    draws = triangular_quantile((np.arange(20_000) + 0.5) / 20_000, *seen.uplifts)
    assert draws.mean() == pytest.approx(0.31, abs=1e-4) and draws.std() == pytest.approx(0.06, rel=1e-3)


@pytest.mark.parametrize(
    "programme",
    [no_evidence(), evidence(level="REVIEW"), evidence(level="FAIL"), evidence(effect=0.1), evidence(effect=-0.5)],
)
def test_doubtful_arms_or_no_effect_leave_the_assumption(programme):
    assert with_pilot(TERMS, programme) == (TERMS, False)


def test_only_low_answers_rise():
    accounts, answers = sample_accounts(40)
    mix = answer_mix(answers, accounts["account_id"])
    shift = shift_accounts(mix, 0.5, unit="answer_points", scale=(0, 10), low_max=6)
    low = answers.assign(low=answers["score"] <= 6).groupby("account_id")["low"].mean()
    assert shift == pytest.approx(0.5 * low.reindex(accounts["account_id"]).fillna(0).to_numpy())


def test_following_up_low_answers_keeps_less_than_moving_everybody():
    accounts, answers = sample_accounts()
    points = replace(TERMS, uplift_unit="answer_points", uplift_low=0.5, uplift_base=0.5, uplift_high=0.5)
    everybody = build_case(known_retention(-0.22), accounts, answers, points, scale=(0, 10))
    low = build_case(
        known_retention(-0.22), accounts, answers, replace(points, uplift_path="low_answers"), scale=(0, 10)
    )
    assert 0 < low.gain_pp < everybody.gain_pp
