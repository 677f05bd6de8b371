"""The vectors that no other test reads, and that none is left unread."""

from pathlib import Path

import numpy as np
import pytest
from reference_files import vectors
from test_business_case import POINT, known_effect, one_account, one_answer

from roi_models.case.business_case import build_case
from roi_models.case.finance import present_value, to_cents
from roi_models.durations.grouped_months import MonthCounts
from roi_models.durations.restricted_mean import restricted_mean

pytestmark = pytest.mark.gate
# Groups that a test goes through as a whole; of all others each single vector must be named.
WHOLE = {"war", "war_ties_midrank", "evalue", "tei", "aj_mgus2_pcm", "km_rossi", "rossi_rmst52", "evpi_normal"}
EXPLANATIONS = {"inputs", "ramp"}


def test_no_vector_is_left_unread():
    tests = "\n".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    named = {group for group in vectors() if group in WHOLE}
    named |= {name for group, found in vectors().items() if group not in WHOLE for name in found}
    unread = {name for name in named - EXPLANATIONS if f'["{name}"]' not in tests}
    assert not unread


def test_months_stayed_of_a_constant_retention():
    want = vectors()["clv"]
    staying = 0.99 ** np.arange(36)
    counts = MonthCounts(
        month=np.arange(1, 37), at_risk=1e6 * staying, events=1e4 * staying[:, None], causes=("voluntary",)
    )
    months, _ = restricted_mean(counts, 36)
    assert months == pytest.approx(want["rmst36_sum"], abs=1e-6)
    # By the trapezoid a leaver stays half of the last month; ours has it begun, and so counts it.
    assert months - (1 - 0.99**36) / 2 == pytest.approx(want["rmst36_trapezoid"], abs=1e-6)


def test_value_of_a_customer_without_end():
    want = vectors()["clv"]
    kept = 9_000 * 0.88 ** np.arange(400)
    assert to_cents(present_value(0.88 * kept, 0.10)) == float(want["perpetuity_deferred"])
    assert to_cents(present_value(kept, 0.10, first_period=0)) == float(want["perpetuity_immediate"])


def test_slope_at_which_the_programme_just_pays():
    at_slope = known_effect(beta=vectors()["retained_revenue"]["break_even_beta"])
    case = build_case(at_slope, one_account(), one_answer(), POINT, scale=(0.0, 10.0))
    assert case.base.npv == pytest.approx(0, abs=0.02)
