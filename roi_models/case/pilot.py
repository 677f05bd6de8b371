"""An uplift that was seen: the effect of following up, as the closed loop's hold-out shows it.

Belongs here: when a pilot may stand for the programme, and how its interval becomes a range.
Does not belong here: estimating the effect (`roi_models/programmes`), whether a claim is evidenced (`verdicts`).
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from roi_models.case.assumptions import Assumptions
from roi_models.programmes.programme_results import ProgrammeEvidence

# A triangle of this half-width has the standard deviation 1.
TRIANGLE_HALF_WIDTH = 6**0.5
OUTCOME, METHOD = "score_after", "difference of means"


def with_pilot(assumptions: Assumptions, programme: ProgrammeEvidence) -> tuple[Assumptions, bool]:
    """The assumptions with the pilot's effect as uplift, and whether it was taken.

    Only from arms that raise no doubt (level PASS), and only where the effect's 95% interval lies above zero. The
    effect is one on the score of accounts that had answered low, and is given to low answers alone: an account with
    other answers too then moves by less than was seen.
    """
    effects = programme.effects
    row = effects[(effects["outcome"] == OUTCOME) & (effects["method"] == METHOD)]
    if programme.level != "PASS" or row.empty:
        return assumptions, False
    effect, low, error = (row[name].iloc[0] for name in ("effect", "ci_low", "std_error"))
    if pd.isna(effect) or not low > 0:
        return assumptions, False
    width = TRIANGLE_HALF_WIDTH * float(error)
    seen = replace(
        assumptions,
        uplift_low=float(effect) - width,
        uplift_base=float(effect),
        uplift_high=float(effect) + width,
        uplift_unit="answer_points",
        uplift_path="low_answers",
    )
    return seen, True
