"""What if those who never answered were unlike those who did? Bounds on the slope under two extreme beliefs.

Belongs here: the headline refitted with a score put in the place of silence, and departures of the silent as predicted.
Does not belong here: the headline itself, where silence is a state of its own (`hazard.py`), thresholds.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from roi_models.hazards.hazard import Z95, collapse, fit_hazard, predict_log_hazard, score_effect, select_cells
from roi_models.results import HazardFit

COLUMNS = ["belief", "assumed_score", "hazard_ratio", "ci_low", "ci_high", "problem"]
SILENCE = "silence is a state of its own (the headline)"
UNHAPPY = "the silent are as unhappy as the lowest twentieth"
HAPPY = "the silent are as happy as the highest twentieth"
TAIL = 0.05


def slope_bounds(cells: pd.DataFrame, control_levels: pd.DataFrame, fit: HazardFit) -> pd.DataFrame:
    """One row per belief: the hazard ratio per point if all silent account-months had had the assumed score.

    `cells`: rows of agg_hazard_cells. `assumed_score` is the 5th or 95th percentile of the account-months with a score
    (NaN for the headline). The bounds are wide on purpose: what silent accounts think is not in the data. Empty where
    nobody was silent.
    """
    rows = cells[cells["lag"] == fit.lag]
    is_silent = rows["score_state"] == "silent"
    if not fit.is_estimable or not rows.loc[is_silent, "count_at_risk"].sum():
        return _typed([])
    scored = collapse(select_cells(rows[~is_silent], outcome=fit.outcome, lag=fit.lag)).sort_values("score")
    share = scored["at_risk"].cumsum() / scored["at_risk"].sum()
    table = [_row(SILENCE, float("nan"), fit)]
    for belief, tail in ((UNHAPPY, TAIL), (HAPPY, 1 - TAIL)):
        assumed = round(float(scored["score"].iloc[np.searchsorted(share, tail)]), 4)
        filled = rows.assign(
            score_state=rows["score_state"].mask(is_silent, "fresh"),
            score_bin=rows["score_bin"].mask(is_silent, "assumed"),
            score_sum=rows["score_sum"].astype(float).mask(is_silent, assumed * rows["count_at_risk"]),
        )
        table.append(_row(belief, assumed, fit_hazard(filled, control_levels, outcome=fit.outcome, lag=fit.lag)))
    return _typed(table)


def silent_departures(cells: pd.DataFrame, fit: HazardFit) -> tuple[float, float]:
    """Predicted and observed events of the silent account-months; the model must not lose those who never answer."""
    frame = collapse(select_cells(cells, outcome=fit.outcome, lag=fit.lag))
    silent = frame[frame["score_state"] == "silent"]
    predicted = -np.expm1(-np.exp(predict_log_hazard(fit, silent))) @ silent["at_risk"].to_numpy()
    return float(predicted), float(silent["events"].sum())


def _row(belief: str, assumed: float, fit: HazardFit) -> tuple[object, ...]:
    coef, std_error = score_effect(fit)
    limits = (np.exp(coef + shift * std_error) for shift in (0, -Z95, Z95))
    return (belief, assumed, *limits, fit.problem)


def _typed(rows: list[tuple[object, ...]]) -> pd.DataFrame:
    types = {"belief": "object", "problem": "object"} | dict.fromkeys(COLUMNS[1:-1], "float64")
    return pd.DataFrame(rows, columns=COLUMNS).astype(types)
