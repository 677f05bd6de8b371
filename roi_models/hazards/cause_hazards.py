"""Hazards by cause: how the score goes with leaving of one's own will, with leaving for other reasons, and with both.

Belongs here: the headline's model once per cause, side by side.
Does not belong here: the share that has left by a month (`competing_risks.py`), the fit (`hazard.py`).

A cause-specific hazard takes departures for the other cause as the end of being at risk. It says how fast accounts
leave for that cause, not how many will have left for it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from roi_models.hazards.hazard import Z95, fit_hazard, score_effect, thin_evidence

CAUSES = ("voluntary", "involuntary", "all_causes")
CAUSE_COLUMNS = [
    "outcome", "coef", "std_error", "hazard_ratio", "ci_low", "ci_high", "monthly_share", "count_events", "problem",
]  # fmt: skip
_UNKNOWN = "The cause is not recorded for every departure."


def hazards_by_cause(cells: pd.DataFrame, control_levels: pd.DataFrame, *, outcome: str, lag: int) -> pd.DataFrame:
    """One row per outcome, log hazard ratios per point with clustered errors; NaN and a `problem` where there is none.

    `outcome` is the headline's: where it is departures of all causes, causes are not told apart.
    """
    return pd.DataFrame(
        [_row(cells, control_levels, cause, lag, is_told=outcome != "all_causes") for cause in CAUSES],
        columns=CAUSE_COLUMNS,
    )


def _row(
    cells: pd.DataFrame, control_levels: pd.DataFrame, cause: str, lag: int, *, is_told: bool
) -> dict[str, object]:
    row: dict[str, object] = {column: float("nan") for column in CAUSE_COLUMNS} | {"outcome": cause, "problem": ""}
    if not is_told and cause != "all_causes":
        return row | {"count_events": 0, "problem": _UNKNOWN}
    fit = fit_hazard(cells, control_levels, outcome=cause, lag=lag)
    row |= {
        "monthly_share": 100 * fit.count_events / fit.count_account_months if fit.count_account_months else np.nan,
        "count_events": fit.count_events,
    }
    problem = fit.problem or thin_evidence(fit.count_events, fit.terms)
    if problem is not None:
        return row | {"problem": problem}
    coef, error = score_effect(fit)
    return row | {
        "coef": coef,
        "std_error": error,
        "hazard_ratio": float(np.exp(coef)),
        "ci_low": float(np.exp(coef - Z95 * error)),
        "ci_high": float(np.exp(coef + Z95 * error)),
    }
