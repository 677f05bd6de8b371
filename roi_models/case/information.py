"""What it would be worth to know an uncertain input before deciding.

Belongs here: the expected value of partial perfect information (EVPPI) from draws.
Does not belong here: drawing (`uncertainty.py`).

EVPPI of an input = E[max(E[NPV | input], 0)] − max(E[NPV], 0). The inner mean is a regression of the draws' NPV on the
input (Strong, Oakley and Brennan 2014): no nested simulation is needed.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.interpolate import BSpline

from roi_models.case.finance import evpi, to_cents

# Cubic splines with so many functions follow any curve that a business case has.
SPLINES = 6
DEGREE = 3


def information(npv: np.ndarray, inputs: Mapping[str, np.ndarray], labels: Mapping[str, str]) -> pd.DataFrame:
    """EVPPI of each input over the draws, the most valuable to know first.

    `inputs`: name → one value per draw. Columns: input, label, evppi_amount, share_pct (of the EVPI, 0…100; NaN where
    that is nil).
    """
    total = evpi(npv)
    rows = [(name, labels[name], evppi(npv, values)) for name, values in inputs.items()]
    table = pd.DataFrame(rows, columns=["input", "label", "evppi_amount"])
    table["share_pct"] = 100 * table["evppi_amount"] / total if total > 0 else np.nan
    table["evppi_amount"] = [to_cents(value) for value in table["evppi_amount"]]
    return table.sort_values(["evppi_amount", "input"], ascending=[False, True], ignore_index=True)


def evppi(npv: np.ndarray, values: np.ndarray) -> float:
    """Value of knowing one input, in money; between 0 and the EVPI."""
    expected = _smooth(npv, values)
    # The regression's mean is that of the draws, so what is subtracted is the same decision.
    worth = float(np.maximum(expected, 0.0).mean() - max(float(npv.mean()), 0.0))
    return min(max(worth, 0.0), evpi(npv))


def _smooth(npv: np.ndarray, values: np.ndarray) -> np.ndarray:
    """E[NPV | value] by least squares on cubic splines of the value, knots at its quantiles."""
    span = np.ptp(values)
    if span == 0:
        return np.full_like(npv, npv.mean())
    scaled = (values - values.min()) / span
    inner = np.unique(np.quantile(scaled, np.linspace(0, 1, SPLINES - DEGREE + 1)))
    knots = np.concatenate([np.zeros(DEGREE), inner, np.ones(DEGREE)])
    basis = BSpline.design_matrix(scaled, knots, DEGREE).toarray()
    return basis @ np.linalg.lstsq(basis, npv, rcond=None)[0]
