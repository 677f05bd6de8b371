"""How strong a hidden cause would have to be to explain an association away: the E-value.

Belongs here: sensitivity numbers computed from a ratio alone.
Does not belong here: estimating the ratio (`hazard.py`), judging it (`verdict.py`).
"""

from __future__ import annotations

import numpy as np


def risk_ratio_of_hazard_ratio(hazard_ratio: float) -> float:
    """Risk ratio for a common outcome: (1 − ½^√HR)/(1 − ½^√(1/HR)) (VanderWeele 2017)."""
    return float((1 - 0.5 ** np.sqrt(hazard_ratio)) / (1 - 0.5 ** np.sqrt(1 / hazard_ratio)))


def e_value(ratio: float, *, outcome_is_common: bool = False) -> float:
    """E-value of a risk or hazard ratio, E = RR + √(RR(RR − 1)) with RR < 1 inverted (VanderWeele & Ding
    2017).

    `outcome_is_common`: `ratio` is a hazard ratio of an outcome that more than about 15% have by the end of
    follow-up.
    """
    risk_ratio = risk_ratio_of_hazard_ratio(ratio) if outcome_is_common else float(ratio)
    risk_ratio = max(risk_ratio, 1 / risk_ratio)
    return float(risk_ratio + np.sqrt(risk_ratio * (risk_ratio - 1)))


def e_value_of_limit(low: float, high: float, *, outcome_is_common: bool = False) -> float:
    """E-value of the interval's limit nearest to 1; 1 when the interval holds 1."""
    if low <= 1 <= high:
        return 1.0
    return e_value(high if high < 1 else low, outcome_is_common=outcome_is_common)
