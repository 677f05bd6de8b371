"""What a count of events says of the count expected: exact Poisson limits, and a monthly rate as a yearly share.

Belongs here: the arithmetic of counts and rates. Does not belong here: models of who leaves (`hazard.py`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import chi2

MONTHS = 12


def poisson_limits(observed: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Exact 95% limits of the expected count behind `observed` events (Garwood 1936); (0, 3.69) for none."""
    events = np.asarray(observed, dtype=float)
    low = np.where(events > 0, chi2.ppf(0.025, np.maximum(2 * events, 1)) / 2, 0.0)
    return low, chi2.ppf(0.975, 2 * events + 2) / 2


def yearly_pct(events: ArrayLike, account_months: ArrayLike) -> np.ndarray:
    """Per cent that leaves within twelve months at that share of account-months: 100 · (1 − (1 − rate)^12)."""
    rate = np.minimum(np.asarray(events, dtype=float) / np.asarray(account_months, dtype=float), 1.0)
    return 100 * (1 - (1 - rate) ** MONTHS)
