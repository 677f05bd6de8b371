"""The retention effect of the primary metric: headline fit, lag profile, placebo, calibration and a
paragraph.

Belongs here: what the headline needs beside the one fit, and its text.
Does not belong here: fitting (`hazard.py`), thresholds and the verdict (`verdict.py`), money
(`business_case.py`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from roi_models.hazards.dose_response import dose_response
from roi_models.hazards.event_counts import poisson_limits
from roi_models.hazards.hazard import (
    Z95,
    collapse,
    failed_fit,
    fit_hazard,
    predict_log_hazard,
    score_effect,
    select_cells,
)
from roi_models.results import HazardFit, RetentionEffect
from roi_models.verdicts.robustness import e_value, e_value_of_limit

CALIBRATION_BINS = 10
COMMON_OUTCOME = 0.15  # share churned within a year from which a hazard ratio is no longer near a risk ratio
PLACEBO_OUTCOME = "involuntary"
# Below this many events the placebo is not asked: with a handful, half the samples cannot be fitted at all, and in
# the rest only an absurd slope would be found.
MIN_PLACEBO_EVENTS = 10
OUTCOME_WORDS = {
    "voluntary": "voluntary churn",
    "involuntary": "involuntary churn",
    "all_causes": "churn of any cause",
}


def estimate_retention(
    cells: pd.DataFrame,
    control_levels: pd.DataFrame,
    *,
    metric: str,
    headline_lag: int,
    outcome: str = "voluntary",
) -> RetentionEffect:
    """Estimate how one point of `metric` goes with the monthly hazard of `outcome`.

    `cells`, `control_levels`: rows of agg_hazard_cells and agg_control_levels. The headline lag is set in
    advance; the other lags only show how the slope fades. The placebo (involuntary churn) is None where
    causes are unknown or none occurred.
    """
    fit = fit_hazard(cells, control_levels, outcome=outcome, lag=headline_lag)
    placebo = _placebo(cells, control_levels, outcome=outcome, lag=headline_lag)
    e_values = _e_values(fit)
    return RetentionEffect(
        metric=metric,
        headline_lag=headline_lag,
        fit=fit,
        placebo=placebo,
        lag_profile=_lag_profile(cells, control_levels, fit),
        calibration=calibrate(fit, cells),
        by_score=dose_response(fit, cells),
        text=_text(metric, fit),
        background_hazard=_background_hazard(cells, outcome=outcome, lag=headline_lag),
        e_value=e_values[0],
        e_value_limit=e_values[1],
    )


def calibrate(fit: HazardFit, cells: pd.DataFrame) -> pd.DataFrame:
    """Predicted against observed events by tenth of exposure, ordered from the lowest predicted risk to the
    highest.

    Columns: bin (1…10), count_account_months, predicted_events, observed_events, and exact 95% Poisson limits of what
    was observed (observed_low, observed_high). A cell is never split; it stands in the tenth that holds its middle.
    Empty when the fit is not estimable.
    """
    columns = ["bin", "count_account_months", "predicted_events", "observed_events"]
    limits = ["observed_low", "observed_high"]
    if not fit.is_estimable:
        return pd.DataFrame(columns=[*columns, *limits])
    frame = collapse(select_cells(cells, outcome=fit.outcome, lag=fit.lag))
    risk = -np.expm1(-np.exp(predict_log_hazard(fit, frame)))
    frame = frame.assign(risk=risk, predicted=risk * frame["at_risk"]).sort_values("risk", kind="stable")
    middle = frame["at_risk"].cumsum() - frame["at_risk"] / 2
    tenth = np.minimum(np.floor(CALIBRATION_BINS * middle / frame["at_risk"].sum()), CALIBRATION_BINS - 1)
    sums = frame.assign(bin=tenth.astype(int) + 1).groupby("bin", sort=True)[["at_risk", "predicted", "events"]].sum()
    sums = sums.reset_index().astype({"at_risk": int, "events": int})
    low, high = poisson_limits(sums["events"])
    return sums.set_axis(columns, axis="columns").assign(observed_low=low, observed_high=high)


def monthly_churn_rate(fit: HazardFit) -> float:
    """Events per account-month (0 when nobody was at risk)."""
    return fit.count_events / fit.count_account_months if fit.count_account_months else 0.0


def _background_hazard(cells: pd.DataFrame, *, outcome: str, lag: int) -> float:
    """Monthly hazard of the departures beside the outcome, the same for all accounts: −log(1 − share of months)."""
    rows = cells[cells["lag"] == lag]
    months = float(rows["count_at_risk"].sum())
    if outcome != "voluntary" or months == 0:
        return 0.0
    share = float((rows["count_churned"] - rows["count_voluntary"]).sum()) / months
    return float(-np.log1p(-share)) if share < 1 else 0.0


def _placebo(cells: pd.DataFrame, control_levels: pd.DataFrame, *, outcome: str, lag: int) -> HazardFit | None:
    """The same model on churn that no score should foretell; a placebo too thin to estimate says so in its
    `problem`."""
    count = int(cells.loc[cells["lag"] == lag, "count_involuntary"].sum())
    if outcome == PLACEBO_OUTCOME or count == 0:
        return None
    if count < MIN_PLACEBO_EVENTS:
        problem = (
            f"Only {count} involuntary departure{'s' if count > 1 else ''}: too few to test, at least "
            f"{MIN_PLACEBO_EVENTS} are needed."
        )
        return failed_fit(
            outcome=PLACEBO_OUTCOME,
            lag=lag,
            problem=problem,
            rows=select_cells(cells, outcome=PLACEBO_OUTCOME, lag=lag),
        )
    return fit_hazard(cells, control_levels, outcome=PLACEBO_OUTCOME, lag=lag)


def _lag_profile(cells: pd.DataFrame, control_levels: pd.DataFrame, headline: HazardFit) -> pd.DataFrame:
    """One row per lag in the cells; numbers are NaN where that lag cannot be estimated."""
    rows = []
    for lag in sorted({int(lag) for lag in cells["lag"].unique()}):
        known = lag == headline.lag
        fit = headline if known else fit_hazard(cells, control_levels, outcome=headline.outcome, lag=lag)
        coef, std_error = score_effect(fit)
        rows.append(
            {
                "lag": lag,
                "hazard_ratio": np.exp(coef),
                "ci_low": np.exp(coef - Z95 * std_error),
                "ci_high": np.exp(coef + Z95 * std_error),
                "coef": coef,
                "std_error": std_error,
                "count_events": fit.count_events,
            }
        )
    columns = ["lag", "hazard_ratio", "ci_low", "ci_high", "coef", "std_error", "count_events"]
    return pd.DataFrame(rows, columns=columns)


def _e_values(fit: HazardFit) -> tuple[float | None, float | None]:
    """E-values of the headline ratio and of its interval's nearer limit."""
    if not fit.is_estimable:
        return None, None
    coef, std_error = score_effect(fit)
    churned_in_a_year = -np.expm1(-12 * monthly_churn_rate(fit))
    common = bool(churned_in_a_year > COMMON_OUTCOME)
    low, high = np.exp(coef - Z95 * std_error), np.exp(coef + Z95 * std_error)
    return e_value(float(np.exp(coef)), outcome_is_common=common), e_value_of_limit(low, high, outcome_is_common=common)


def _text(metric: str, fit: HazardFit) -> str:
    """One paragraph that a finance lead can read aloud."""
    churn = OUTCOME_WORDS[fit.outcome]
    if not fit.is_estimable:
        return f"The effect of {metric} on {churn} could not be estimated. {fit.problem}"
    coef, std_error = score_effect(fit)
    ratio, low, high = (float(np.exp(coef + shift * std_error)) for shift in (0, -Z95, Z95))
    change = f"{100 * abs(1 - ratio):.1f}% {'lower' if ratio < 1 else 'higher'}"
    found = "" if low > 1 or high < 1 else " The interval holds 1: these data cannot tell whether there is an effect."
    return (
        f"Accounts whose {metric} answers stood one point higher {_months_ago(fit.lag)} had a {change} monthly hazard "
        f"of {churn}, other things in the model equal (hazard ratio {ratio:.3f}, 95% interval {low:.3f} to "
        f"{high:.3f}; {fit.count_events:,} events in {fit.count_account_months:,} account-months).{found} This is an "
        "association in observed data: it foretells churn, and shows what a programme would achieve only if the score "
        "stands for what the programme changes."
    )


def _months_ago(lag: int) -> str:
    """Lag k takes the score as it stood k − 1 months before the month began."""
    return "at the month's beginning" if lag == 1 else f"{lag - 1} month{'s' if lag > 2 else ''} before the month began"
