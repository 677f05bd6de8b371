"""Would last year's model have foretold this year? Fitted on the years before, held against the year itself.

Belongs here: observed over expected departures and the calibration slope of years that the fit has not seen.
Does not belong here: calibration within the data of the fit (`retention.py`), thresholds (`thresholds.py`), what one
account is told (`account_predictions.py`).

Cells know calendar years, not months, so the origin rolls a year at a time; a last year that is not complete is judged
on the months it has.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from roi_models.hazards.cloglog import fit_cloglog
from roi_models.hazards.design import MIN_EVENTS, design_matrix
from roi_models.hazards.event_counts import poisson_limits
from roi_models.hazards.hazard import Z95, collapse, fit_hazard, predict_log_hazard, select_cells
from roi_models.results import HazardFit

COLUMNS = [
    "year", "predicted", "observed", "ratio", "ratio_low", "ratio_high", "slope", "slope_low", "slope_high", "problem",
]  # fmt: skip


def rolling_origin(
    cells_by_year: pd.DataFrame, control_levels: pd.DataFrame, *, outcome: str, lag: int
) -> pd.DataFrame:
    """One row per calendar year after the first: departures expected by the years before it, and those that came.

    `cells_by_year`: cells of agg_hazard_cells by calendar_year. `ratio`: observed ÷ predicted, its 95% interval from
    the chance of the departures (exact Poisson limits) and the clustered error of the prediction, joined on the log
    scale (MOVER, Zou & Donner 2008). `slope`: calibration slope (Cox 1958), the coefficient of the predicted log
    hazard in a cloglog model of the year: 1 when right, below 1 when predictions are too extreme, as those of a model
    learned from few departures always are a little; its interval is clustered by account group and takes the
    prediction as given. What cannot be estimated is NaN, and `problem` says why (else None).
    """
    years = sorted({int(year) for year in cells_by_year["calendar_year"]})
    rows = [_judge(cells_by_year, control_levels, year=year, outcome=outcome, lag=lag) for year in years[1:]]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.astype({"year": "int64", "problem": "object"} | dict.fromkeys(COLUMNS[1:-1], "float64"))


def _judge(
    cells: pd.DataFrame, control_levels: pd.DataFrame, *, year: int, outcome: str, lag: int
) -> dict[str, object]:
    """The row of one year."""
    row: dict[str, object] = dict.fromkeys(COLUMNS, np.nan) | {"year": year, "problem": None}
    fit = fit_hazard(cells[cells["calendar_year"] < year], control_levels, outcome=outcome, lag=lag)
    rows = select_cells(cells[cells["calendar_year"] == year], outcome=outcome, lag=lag)
    frame = collapse(rows)
    row["observed"] = float(frame["events"].sum())
    if not fit.is_estimable:
        return row | {"problem": f"The years before {year} cannot carry the model. {fit.problem}"}
    if frame.empty:
        return row | {"problem": f"Nobody was at risk in {year} at lag {lag}."}
    frame = frame.assign(tenure_step=_known_steps(frame["tenure_step"], fit))
    predictor = predict_log_hazard(fit, frame)
    row |= _observed_over_expected(fit, frame, predictor)
    return row | _slope(rows, predictor, events=float(row["observed"]), year=year)


def _known_steps(steps: pd.Series, fit: HazardFit) -> pd.Series:
    """Tenure steps that no account had reached before count as the longest that one had, not as the reference."""
    known = sorted(fit.encoding.tenure_terms) if fit.encoding else []
    if not known:
        return steps
    return steps.map({step: max((k for k in known if k <= step), default=known[0]) for step in steps.unique()})


def _observed_over_expected(fit: HazardFit, frame: pd.DataFrame, predictor: np.ndarray) -> dict[str, float]:
    """Predicted events, the ratio and its interval; the error of the prediction is by the delta method."""
    mean, at_risk = np.exp(predictor), frame["at_risk"].to_numpy(float)
    predicted, observed = float(at_risk @ -np.expm1(-mean)), float(frame["events"].sum())
    gradient = design_matrix(fit.encoding, frame).T @ (at_risk * mean * np.exp(-mean)) / predicted
    error = Z95 * float(np.sqrt(max(gradient @ fit.covariance @ gradient, 0.0)))
    low, high = (float(limit) for limit in poisson_limits(observed))
    ratio = observed / predicted
    return {
        "predicted": predicted,
        "ratio": ratio,
        "ratio_low": ratio * np.exp(-np.hypot(np.log(observed / low), error)) if low > 0 else 0.0,
        # Without a departure there is no log to join on: the limit is moved by the whole error of the prediction.
        "ratio_high": ratio * np.exp(np.hypot(np.log(high / observed), error))
        if observed > 0
        else high / predicted * np.exp(error),
    }


def _slope(rows: pd.DataFrame, predictor: np.ndarray, *, events: float, year: int) -> dict[str, object]:
    """Calibration slope with its interval, or the sentence why the year has none."""
    if events < MIN_EVENTS:
        return {"problem": f"Only {events:.0f} departures in {year}: a slope needs at least {MIN_EVENTS}."}
    if np.ptp(predictor) < 1e-9:
        return {"problem": f"The model gave every account of {year} the same hazard, so there is no slope."}
    centred = predictor - predictor.mean()
    fitted = fit_cloglog(
        np.column_stack([np.ones(len(rows)), centred[rows["cell"].to_numpy()]]),
        rows["at_risk"].to_numpy(),
        rows["events"].to_numpy(),
        rows["account_group"].to_numpy(),
        terms=("intercept", "predicted log hazard"),
    )
    if fitted.problem is not None:
        return {"problem": fitted.problem}
    slope, error = float(fitted.coef[1]), Z95 * float(np.sqrt(fitted.covariance[1, 1]))
    return {"slope": slope, "slope_low": slope - error, "slope_high": slope + error}
