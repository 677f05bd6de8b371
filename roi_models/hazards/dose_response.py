"""Who leaves, by how high the score was: departures seen in each band of scores beside those the model expects.

Belongs here: the bands and their counts. Does not belong here: tests of other shapes (`score_shape.py`), risk groups
(`retention.calibrate`), drawing.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from roi_models.hazards.event_counts import poisson_limits, yearly_pct
from roi_models.hazards.hazard import collapse, predict_log_hazard, select_cells
from roi_models.results import HazardFit

BANDS = 6
SILENT = "silent"
COLUMNS = [
    "band", "score_low", "score_high", "score_mean", "count_account_months", "observed_events", "predicted_events",
    "observed_pct", "observed_low_pct", "observed_high_pct", "predicted_pct",
]  # fmt: skip


def dose_response(fit: HazardFit, cells: pd.DataFrame) -> pd.DataFrame:
    """One row per band of scores, lowest first, and one for accounts that gave no recent answer.

    A band holds about a sixth of the account-months with a score; a bin of scores is never split. `band` (b1…, silent);
    `score_low`, `score_high`, `score_mean`: scores of its cells (NaN when silent). `observed_pct`, `predicted_pct`:
    per cent that leaves within twelve months at the band's monthly rate; the limits are exact Poisson ones, which take
    departures as independent. The prediction is the headline model's, with the band's own mix of accounts. Empty where
    the fit is not estimable.
    """
    if not fit.is_estimable:
        return pd.DataFrame(columns=COLUMNS)
    frame = collapse(select_cells(cells, outcome=fit.outcome, lag=fit.lag))
    expected = -np.expm1(-np.exp(predict_log_hazard(fit, frame))) * frame["at_risk"]
    frame = frame.assign(expected=expected, points=frame["score"] * frame["at_risk"])
    sums = frame.groupby(_bands(frame).rename("band"), sort=True).agg(
        score_low=("score", "min"),
        score_high=("score", "max"),
        points=("points", "sum"),
        count_account_months=("at_risk", "sum"),
        observed_events=("events", "sum"),
        predicted_events=("expected", "sum"),
    )
    sums = sums.reset_index().astype({"count_account_months": int, "observed_events": int})
    sums["score_mean"] = (sums["points"] / sums["count_account_months"]).where(sums["band"] != SILENT)
    return _rates(sums)[COLUMNS]


def _bands(frame: pd.DataFrame) -> pd.Series:
    """The band of each cell: by the middle of its score bin's account-months among those of all bins, by score."""
    scored = frame[frame["score"].notna()]
    bins = scored.groupby("score_bin")[["at_risk", "points"]].sum()
    at_risk = bins.loc[(bins["points"] / bins["at_risk"]).sort_values().index, "at_risk"]
    middle = at_risk.cumsum() - at_risk / 2
    place = np.minimum(np.floor(BANDS * middle / at_risk.sum()), BANDS - 1)
    # One bin can fill more than a sixth: bands without a bin are left out, and numbers begin at one again.
    names = "b" + place.rank(method="dense").astype(int).astype(str)
    return scored["score_bin"].map(names).reindex(frame.index).fillna(SILENT)


def _rates(sums: pd.DataFrame) -> pd.DataFrame:
    months = sums["count_account_months"]
    low, high = poisson_limits(sums["observed_events"])
    return sums.assign(
        observed_pct=yearly_pct(sums["observed_events"], months),
        observed_low_pct=yearly_pct(low, months),
        observed_high_pct=yearly_pct(high, months),
        predicted_pct=yearly_pct(sums["predicted_events"], months),
    )
