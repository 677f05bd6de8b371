"""Is the slope the same in every year? One model, a slope and a level for each period, and a test that they agree.

Belongs here: the slope by calendar year. Does not belong here: whether a year would have been foretold
(`rolling_origin.py`), proportional hazards over tenure (`cox_check.py`), thresholds (`thresholds.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import chi2

from roi_models.hazards.design import NotEstimableError, design_matrix, learn_encoding
from roi_models.hazards.hazard import COVARIATES, Z95, ClusteredFit, fit_clustered, select_cells

COLUMNS = ["period", "hazard_ratio", "ci_low", "ci_high", "coef", "std_error", "count_events"]
# A period needs this many events for a slope of its own; years with fewer join the next one.
MIN_EVENTS_A_PERIOD = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Stability:
    """`periods`: a row per period (`COLUMNS`, log hazard ratios per point). `p_value`: that all slopes are the same.

    `problem` is a sentence where there is no test; `periods` is then empty and typed.
    """

    periods: pd.DataFrame
    p_value: float | None = None
    problem: str | None = None


def slope_by_period(cells_by_year: pd.DataFrame, control_levels: pd.DataFrame, *, outcome: str, lag: int) -> Stability:
    """Fit the headline's model with a slope and an intercept per period; a Wald test (χ²) that the slopes agree.

    `cells_by_year`: rows of agg_hazard_cells summed by calendar_year. The other terms are shared over the periods.
    """
    rows = _rows(cells_by_year, outcome=outcome, lag=lag)
    periods = _periods(rows.groupby("year", sort=True)["events"].sum()) if len(rows) else {}
    names = list(dict.fromkeys(periods.values()))
    if len(names) < 2:
        return _untested(f"Fewer than two periods have {MIN_EVENTS_A_PERIOD} departures each.")
    rows = rows.assign(period=rows["year"].map(periods))
    keys = ["period", *COVARIATES]
    rows = rows.assign(cell=rows.groupby(keys, sort=True, dropna=False).ngroup())
    frame = rows.groupby(keys, sort=True, as_index=False, dropna=False)[["at_risk", "events", "score_sum"]].sum()
    frame["score"] = (frame["score_sum"] / frame["at_risk"]).where(frame["score_state"] != "silent")
    try:
        fitted, positions = _fit(frame, rows, control_levels, names)
    except NotEstimableError as reason:
        return _untested(str(reason))
    coef, covariance = fitted.coef[positions], fitted.covariance[np.ix_(positions, positions)]
    events = frame.groupby("period")["events"].sum()
    return Stability(
        periods=_table(names, coef, np.sqrt(np.diag(covariance)), [int(events[name]) for name in names]),
        p_value=_wald(coef, covariance),
    )


def _rows(cells: pd.DataFrame, *, outcome: str, lag: int) -> pd.DataFrame:
    """Selected rows of each year, one below the other."""
    parts = [
        select_cells(group, outcome=outcome, lag=lag).assign(year=int(year))
        for year, group in cells.groupby("calendar_year", sort=True)
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _periods(events: pd.Series) -> dict[int, str]:
    """Name the period of each year: years join until they have events enough; what is left joins the last period."""
    blocks: list[list[int]] = [[]]
    total = 0.0
    for year, count in events.items():
        blocks[-1].append(year)
        total += count
        if total >= MIN_EVENTS_A_PERIOD:
            blocks.append([])
            total = 0.0
    rest = blocks.pop()
    if blocks:
        blocks[-1] += rest
    named = {f"{block[0]}" if len(block) == 1 else f"{block[0]}–{block[-1]}": block for block in blocks}
    return {year: name for name, block in named.items() for year in block}


def _fit(
    frame: pd.DataFrame, rows: pd.DataFrame, control_levels: pd.DataFrame, names: list[str]
) -> tuple[ClusteredFit, list[int]]:
    """The model with a slope per period, and where those slopes stand among its terms."""
    encoding = learn_encoding(frame, control_levels)
    design = design_matrix(encoding, frame)
    score = encoding.terms.index("score")
    member = np.column_stack([(frame["period"] == name).to_numpy(float) for name in names])
    columns = [np.delete(design, score, axis=1), member[:, 1:], member * design[:, [score]]]
    kept = [term for term in encoding.terms if term != "score"]
    terms = (*kept, *names[1:], *(f"score in {name}" for name in names))
    positions = list(range(len(terms) - len(names), len(terms)))
    return fit_clustered(np.column_stack(columns), frame, rows, terms=terms), positions


def _wald(coef: np.ndarray, covariance: np.ndarray) -> float:
    """p-value that all coefficients are the same."""
    contrast = np.diff(np.eye(len(coef)), axis=0)
    apart = contrast @ coef
    statistic = float(apart @ np.linalg.solve(contrast @ covariance @ contrast.T, apart))
    return float(chi2.sf(statistic, len(apart)))


def _table(names: list[str], coef: np.ndarray, error: np.ndarray, events: list[int]) -> pd.DataFrame:
    low, high = np.exp(coef - Z95 * error), np.exp(coef + Z95 * error)
    columns = (names, np.exp(coef), low, high, coef, error, events)
    frame = pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))
    return frame.astype({"period": "object"} | dict.fromkeys(COLUMNS[1:-1], "float64") | {"count_events": "int64"})


def _untested(problem: str) -> Stability:
    return Stability(periods=_table([], np.empty(0), np.empty(0), []), problem=problem)
