"""The robustness card of the retention headline: every attempt to break it, as one study.

Belongs here: which attempts are made, what could not be tried, the tables. Does not belong here: the attempts, their
grading (`robustness_checks.py`), queries (`orchestration/studies/robustness.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from roi_models.hazards.hazard import collapse, fit_hazard, select_cells
from roi_models.predictions.rolling_origin import rolling_origin
from roi_models.results import BusinessCase, HazardFit, RetentionEffect
from roi_models.study import Section, Shown, Study, StudyTable
from roi_models.verdicts import robustness_checks as graded
from roi_models.verdicts.lead_test import LeadTest, run_lead_test
from roi_models.verdicts.non_response import silent_departures, slope_bounds
from roi_models.verdicts.stability import Stability, slope_by_period

TABLES = ("robustness_periods", "robustness_rolling_origin", "robustness_silence")
TITLE = "Attempts to break the headline"


def study_robustness(
    retention: RetentionEffect,
    case: BusinessCase | None,
    *,
    cells: pd.DataFrame,
    cells_by_year: pd.DataFrame,
    control_levels: pd.DataFrame,
    audit: pd.Series,
    answers: pd.Series,
    lead_cells: pd.DataFrame,
    silent_revenue_share: float,
) -> Study:
    """Make every attempt that the data allow.

    `cells`, `cells_by_year`, `control_levels`: rows of agg_hazard_cells (all years together; headline lag by year) and
    agg_control_levels. `audit`, `answers`: see `robustness_checks.leakage`. `lead_cells`: see `run_lead_test`.
    `silent_revenue_share`: share (0…1) of active revenue whose account is silent.
    """
    fit = retention.fit
    leaks = tuple(graded.leakage(audit, answers))
    if not fit.is_estimable:
        return _study(
            ("There is no headline to break: the effect could not be estimated.",),
            (_no_stability(fit), _no_years(), slope_bounds(cells, control_levels, fit)),
            leaks,
        )
    model = {"outcome": fit.outcome, "lag": fit.lag}
    stability = slope_by_period(cells_by_year, control_levels, **model)
    years = rolling_origin(cells_by_year, control_levels, **model)
    bounds = slope_bounds(cells, control_levels, fit)
    test = run_lead_test(lead_cells)
    departures = silent_departures(cells, fit)
    checks = (
        *leaks,
        *graded.lead(test),
        *graded.non_response(bounds, departures, case, silent_revenue_share),
        *graded.controls_shift(fit, without_controls(cells, control_levels, fit)),
        *graded.hidden_cause(retention, score_spread(cells, fit)),
        *graded.multiplicity(retention),
        *graded.rolling_calibration(years),
        *graded.stable_over_time(stability),
    )
    sentences = (
        f"{len(checks)} further attempts to break the headline were made; what each found stands among the checks.",
        *_untried(test, stability, years, bounds),
    )
    return _study(sentences, (stability.periods, years, bounds), checks)


def without_controls(cells: pd.DataFrame, control_levels: pd.DataFrame, fit: HazardFit) -> HazardFit:
    """The headline's model without any control."""
    return fit_hazard(cells.assign(control_key=""), control_levels.iloc[:0], outcome=fit.outcome, lag=fit.lag)


def score_spread(cells: pd.DataFrame, fit: HazardFit) -> float:
    """Standard deviation of the score over the account-months that have one (points)."""
    frame = collapse(select_cells(cells, outcome=fit.outcome, lag=fit.lag))
    scored = frame[frame["score"].notna()]
    mean = np.average(scored["score"], weights=scored["at_risk"])
    return float(np.sqrt(np.average((scored["score"] - mean) ** 2, weights=scored["at_risk"])))


def _untried(test: LeadTest, stability: Stability, years: pd.DataFrame, bounds: pd.DataFrame) -> Iterator[str]:
    """One sentence with what could not be tried: what is absent must not be read as passed."""
    reasons = []
    if test.problem:
        reasons.append(f"lead test: {test.problem}")
    if stability.problem:
        reasons.append(f"stability over time: {stability.problem}")
    if years.empty:
        reasons.append("rolling origin: the data are of one year.")
    elif not np.isfinite(years["ratio"]).any():
        reasons.append(f"rolling origin: {years['problem'].iloc[-1]}")
    if bounds["problem"].notna().any():
        reasons.append(f"non-response: {bounds['problem'].dropna().iloc[0]}")
    if reasons:
        yield "Not tried: " + " ".join(reason[0].upper() + reason[1:] for reason in reasons)


def _no_stability(fit: HazardFit) -> pd.DataFrame:
    return slope_by_period(_NO_CELLS, _NO_CELLS, outcome=fit.outcome, lag=fit.lag).periods


def _no_years() -> pd.DataFrame:
    return rolling_origin(_NO_CELLS, _NO_CELLS, outcome="voluntary", lag=1)


_NO_CELLS = pd.DataFrame({"calendar_year": pd.Series(dtype="int64")})


def _study(sentences: tuple[str, ...], frames: tuple[pd.DataFrame, ...], checks: tuple) -> Study:
    ratio = {"unit": "ratio"}
    periods = StudyTable(
        name=TABLES[0],
        frame=frames[0],
        keys=("period",),
        named_by="period",
        caption="The effect by period",
        shown=(
            Shown(column="count_events", heading="Departures", unit="count", definition="{label}: departures."),
            Shown(
                column="hazard_ratio",
                heading="Hazard ratio per point",
                low="ci_low",
                high="ci_high",
                definition="{label}: factor on the monthly hazard per point of the score, this period alone.",
                **ratio,
            ),
        ),
    )
    years = StudyTable(
        name=TABLES[1],
        frame=frames[1],
        keys=("year",),
        named_by="year",
        caption="Each year foretold by the years before it",
        shown=(
            Shown(column="predicted", heading="Foretold", unit="ratio", definition="{label}: departures foretold."),
            Shown(column="observed", heading="Seen", unit="count", definition="{label}: departures that came."),
            Shown(
                column="ratio",
                heading="Seen ÷ foretold",
                low="ratio_low",
                high="ratio_high",
                definition="{label}: departures seen over foretold; one is right.",
                **ratio,
            ),
            Shown(
                column="slope",
                heading="Calibration slope",
                low="slope_low",
                high="slope_high",
                definition="{label}: calibration slope; one is right, below one the predictions were too bold.",
                **ratio,
            ),
        ),
    )
    return Study(
        id="robustness",
        section=Section.CHECKS,
        title=TITLE,
        sentences=sentences,
        tables=(periods, years, StudyTable(name=TABLES[2], frame=frames[2])),
        checks=checks,
    )
