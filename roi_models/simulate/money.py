"""Exact money: rates of exchange as whole ten-thousandths, and conversion of cents without a float.

Belongs here: drawing the monthly rates, and the one rule by which the demo's ledger converts.
Does not belong here: what is billed (`process.py`).
"""

from __future__ import annotations

import numpy as np

from roi_models.simulate.parameters import Parameters
from roi_models.simulate.streams import Streams

RATE_UNIT = 10_000


def euro_rates(streams: Streams, parameters: Parameters, months: int) -> np.ndarray:
    """Dollars per euro by month, int64 ten-thousandths: a random walk of the logarithm."""
    p = parameters
    steps = [streams.generator("fx_rate", month).standard_normal() for month in range(months)]
    rates = p.euro_rate * np.exp(p.euro_rate_monthly_sd * np.cumsum(steps))
    return np.rint(rates * RATE_UNIT).astype(np.int64)


def dollar_cents(cents: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """Cents (int64, any sign) times a rate in ten-thousandths, rounded half to even, in integers only."""
    whole, rest = np.divmod(np.asarray(cents, dtype=np.int64) * rate, RATE_UNIT)
    is_up = (2 * rest > RATE_UNIT) | ((2 * rest == RATE_UNIT) & (whole % 2 == 1))
    return whole + is_up
