"""Difference in differences: two groups before and after, and whether they moved alike before.

Belongs here: the two-way model of a panel whose periods count from the event, its leads, the sentence on the pre-trend.
Does not belong here: reading the panel (`orchestration/programme.py`), drawn arms as such (`programme_effects.py`).

Both groups have an event of their own (a case was opened), and periods count from it: no account that is treated early
serves as comparison for one treated late, which is what bends two-way estimates on calendar time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from roi_models.regression.clustered_ols import OlsFit, fit_ols
from roi_models.verdicts.judgement import Level

REFERENCE_PERIOD = -1
MINIMUM_UNITS = 20
PRE_TREND_REVIEW, PRE_TREND_FAIL = 0.05, 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceInDifferences:
    """The effect with its 95% interval, None where none can be defended; `periods` is the event study.

    `periods`: period, coef, std_error, ci_low, ci_high: how much more the treated had moved since the last period
    before the event than the others. Before the event all should be 0; `pre_trend_p_value` tests it jointly.
    """

    level: Level
    sentence: str
    effect: float | None = None
    std_error: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    p_value: float | None = None
    pre_trend_p_value: float | None = None
    count_treated: int = 0
    count_control: int = 0
    periods: pd.DataFrame | None = None


def difference_in_differences(panel: pd.DataFrame) -> DifferenceInDifferences:
    """Fit a panel with the columns unit, period (negative before the event, −1 the reference), is_treated, outcome.

    Unit and period effects, errors clustered by unit. Units seen on one side of the event only say nothing about
    change, and are left out.
    """
    rows = _seen_on_both_sides(panel)
    counts = rows.drop_duplicates("unit")["is_treated"].astype(bool).value_counts()
    treated, control = int(counts.get(True, 0)), int(counts.get(False, 0))
    if min(treated, control) < MINIMUM_UNITS:
        return DifferenceInDifferences(
            level=Level.FAIL,
            sentence=(
                f"Before and after are both known of {treated} treated and {control} control accounts: fewer than "
                f"{MINIMUM_UNITS} in an arm carry no difference in differences."
            ),
            count_treated=treated,
            count_control=control,
        )
    periods = np.unique(rows["period"])
    leads = periods[periods < REFERENCE_PERIOD]
    is_post = (rows["period"] > REFERENCE_PERIOD).to_numpy()
    study, shown = _event_study(rows, periods)
    overall = _fit_within(rows, (rows["is_treated"].to_numpy(dtype=bool) & is_post)[:, None], periods)
    if study is None or overall is None or not len(leads):
        return DifferenceInDifferences(
            level=Level.FAIL,
            sentence="Scores before the case are known of too few periods to test that the arms moved alike.",
            count_treated=treated,
            count_control=control,
        )
    return _judged(overall, study, shown, count_leads=len(leads), treated=treated, control=control)


def _seen_on_both_sides(panel: pd.DataFrame) -> pd.DataFrame:
    is_post = panel["period"] > REFERENCE_PERIOD
    both = set(panel.loc[is_post, "unit"]) & set(panel.loc[~is_post, "unit"])
    return panel[panel["unit"].isin(both)].sort_values(["unit", "period"], ignore_index=True)


def _fit_within(rows: pd.DataFrame, columns: np.ndarray, periods: np.ndarray) -> OlsFit | None:
    """`columns` first, then period effects, unit effects absorbed by demeaning."""
    dummies = rows["period"].to_numpy()[:, None] == periods[periods != REFERENCE_PERIOD][None, :]
    design = np.column_stack([columns, dummies]).astype(float)
    outcome = rows["outcome"].to_numpy(dtype=float)
    codes, _ = pd.factorize(rows["unit"])
    sizes = np.bincount(codes)
    stacked = np.column_stack([outcome, design])
    means = np.column_stack([np.bincount(codes, weights=column) for column in stacked.T]) / sizes[:, None]
    within = stacked - means[codes]
    return fit_ols(within[:, 0], within[:, 1:], codes)


def _event_study(rows: pd.DataFrame, periods: np.ndarray) -> tuple[OlsFit | None, pd.DataFrame]:
    """The treated's movement of every period against the last one before, leads first."""
    shown = periods[periods != REFERENCE_PERIOD]
    treated = rows["is_treated"].to_numpy(dtype=bool)
    columns = treated[:, None] & (rows["period"].to_numpy()[:, None] == shown[None, :])
    fit = _fit_within(rows, columns, periods)
    if fit is None:
        return None, pd.DataFrame()
    limits = [fit.interval(place) for place in range(len(shown))]
    return fit, pd.DataFrame(
        {
            "period": shown,
            "coef": fit.coef[: len(shown)],
            "std_error": [fit.std_error(place) for place in range(len(shown))],
            "ci_low": [low for low, _ in limits],
            "ci_high": [high for _, high in limits],
        }
    )


def _judged(
    overall: OlsFit, study: OlsFit, shown: pd.DataFrame, *, count_leads: int, treated: int, control: int
) -> DifferenceInDifferences:
    """The estimate with its pre-trend: a trend beyond chance takes the number away, a weaker one asks for a look."""
    pre_trend = study.joint_p_value(list(range(count_leads)))
    leads = shown.head(count_leads)
    widest = float(np.maximum(leads["ci_low"].abs(), leads["ci_high"].abs()).max())
    known = {
        "pre_trend_p_value": pre_trend,
        "count_treated": treated,
        "count_control": control,
        "periods": shown,
    }
    if pre_trend < PRE_TREND_FAIL:
        return DifferenceInDifferences(
            level=Level.FAIL,
            sentence=(
                f"FAIL: the arms already moved apart before the case (p {pre_trend:.4f}), so what came after cannot be "
                "laid to the programme."
            ),
            **known,
        )
    level = Level.REVIEW if pre_trend < PRE_TREND_REVIEW else Level.PASS
    finding = "the arms may have moved apart before the case" if level else "the arms moved alike before the case"
    low, high = overall.interval(0)
    return DifferenceInDifferences(
        level=level,
        sentence=(
            f"{level.name}: {finding} (p {pre_trend:.2f} over {count_leads} leads; a difference up to {widest:.2f} in "
            "one of them cannot be ruled out)."
        ),
        effect=float(overall.coef[0]),
        std_error=overall.std_error(0),
        ci_low=low,
        ci_high=high,
        p_value=overall.p_value(0),
        **known,
    )
