"""More than one hypothesis: p-values that stay honest when several were looked at.

Belongs here: adjusting a family of p-values. Does not belong here: which tests make up a family, thresholds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def holm(p_values: Sequence[float]) -> np.ndarray:
    """Holm's (1979) adjusted p-values, in the order given: the family's error rate holds whatever hangs on what.

    NaN, for a test that could not be made, stays NaN and does not count.
    """
    given = np.asarray(p_values, dtype=float)
    adjusted = np.full(given.shape, np.nan)
    made = np.flatnonzero(np.isfinite(given))
    order = made[np.argsort(given[made], kind="stable")]
    factors = len(order) - np.arange(len(order))
    adjusted[order] = np.minimum(np.maximum.accumulate(factors * given[order]), 1.0)
    return adjusted
