"""The checks that try to break the headline: each takes what one attempt found and grades it.

Belongs here: one function per attempt; none where the attempt could not be made. Does not belong here: the attempts
themselves (`lead_test.py`, `non_response.py`, `rolling_origin.py`, `stability.py`, `robustness.py`), the checks of the
fit (`checks.py`), thresholds (`thresholds.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.stats import norm

from roi_models.hazards.hazard import Z95, score_effect
from roi_models.hazards.retention import OUTCOME_WORDS
from roi_models.results import BusinessCase, HazardFit, RetentionEffect
from roi_models.verdicts.grading import graded
from roi_models.verdicts.judgement import Check, Level
from roi_models.verdicts.lead_test import LeadTest
from roi_models.verdicts.multiplicity import holm
from roi_models.verdicts.non_response import SILENCE
from roi_models.verdicts.robustness import e_value_of_limit
from roi_models.verdicts.stability import Stability
from roi_models.verdicts.thresholds import THRESHOLDS


def leakage(audit: pd.Series, answers: pd.Series) -> Iterator[Check]:
    """Scores of a sample of months made anew from answers known strictly before; a single difference is a leak.

    `audit`: count_checked, count_different. `answers`: count_answers, count_late, count_after_churn.
    """
    checked, different = int(audit["count_checked"]), int(audit["count_different"])
    if checked == 0:
        return
    late, after = int(answers["count_late"]), int(answers["count_after_churn"])
    yield Check(
        id="leakage",
        label="No score knows an answer from the month or later",
        value=float(different),
        threshold=f"FAIL above {THRESHOLDS.leaked_months_fail:g} differing account-months",
        level=Level.FAIL if different > THRESHOLDS.leaked_months_fail else Level.PASS,
        sentence=(
            f"Of {checked:,} account-months whose score was made anew from answers known before, {different:,} differ. "
            f"Of {int(answers['count_answers']):,} answers {late:,} reached the system on a later day and count from "
            f"then; {after:,} came after the account had left."
        ),
        recommendation="Find which answers were dated back, and do not use this run." if different else "",
    )


def lead(test: LeadTest) -> Iterator[Check]:
    """Answers after a revenue cut must not go with it more steeply than answers before."""
    if test.problem is not None or not np.isfinite(test.z_score):
        return
    yield graded(
        "lead",
        "Later answers do not foretell earlier revenue cuts",
        -test.z_score,
        bounds=(THRESHOLDS.lead_z_review, None),
        sentence=(
            f"Answers given after a revenue cut go with it by a slope of {test.after:.3f}, those as long before it by "
            f"{test.before:.3f}; z of the excess {-test.z_score:.2f}, {test.count_events:,} cuts."
        ),
        recommendation="Scores seem to follow what happens to customers: do not read the slope as its cause.",
    )


def non_response(
    bounds: pd.DataFrame, departures: tuple[float, float], case: BusinessCase | None, silent_revenue_share: float
) -> Iterator[Check]:
    """Whether the sign survives both beliefs about those who never answer; not asked where no effect was found."""
    if bounds.empty or not (favourable := _is_favourable(bounds)) or bounds["problem"].notna().any():
        return
    limits = bounds["ci_high"] if favourable > 0 else 1 / bounds["ci_low"]
    ratios = bounds.loc[bounds["belief"] != SILENCE, "hazard_ratio"]
    predicted, observed = departures
    yield Check(
        id="non_response",
        label="The sign does not hang on those who never answer",
        value=float(limits.max()),
        threshold="interval leaves out 1 under both beliefs",
        level=Level.REVIEW if limits.max() >= 1 else Level.PASS,
        sentence=(
            f"If the silent were very unhappy or very happy, the ratio would be {ratios.min():.3f} to "
            f"{ratios.max():.3f}. Of them {observed:,.0f} left, and the model expects {predicted:,.1f}."
            + _unreached(case, silent_revenue_share)
        ),
        recommendation="Ask a sample of the silent accounts by telephone first." if limits.max() >= 1 else "",
    )


def _unreached(case: BusinessCase | None, share: float) -> str:
    """What the case leaves out by giving the silent no gain."""
    if case is None or not 0 < share < 1:
        return ""
    return (
        f" The case gives them ({100 * share:.1f}% of revenue) no gain; with that of the others it would be about "
        f"{case.gain_pp / (1 - share):.2f} points instead of {case.gain_pp:.2f}."
    )


def hidden_cause(retention: RetentionEffect, score_sd: float) -> Iterator[Check]:
    """E-value of the interval's nearer limit for one standard deviation of the score, so that no scale looks robust."""
    row = retention.fit.table.set_index("term").loc["score"]
    if row.ci_low <= 1 <= row.ci_high or not score_sd > 0:
        return
    value = e_value_of_limit(float(row.ci_low) ** score_sd, float(row.ci_high) ** score_sd)
    yield graded(
        "e_value",
        "Only a strong hidden cause could explain the effect",
        value,
        bounds=(THRESHOLDS.e_value_sd_review, None),
        sentence=(
            f"A cause not in the model would have to raise both the score (by a standard deviation, {score_sd:.2f} "
            f"points) and staying by a factor of {value:.2f} to bring the interval to no effect."
        ),
        recommendation="Name the likeliest hidden cause and add it as a control.",
        higher_is_better=True,
    )


def controls_shift(with_controls: HazardFit, without: HazardFit) -> Iterator[Check]:
    """How much of the slope the controls take: where known causes take most, unknown ones may take the rest."""
    if not (with_controls.is_estimable and without.is_estimable):
        return
    (adjusted, _), (plain, error) = score_effect(with_controls), score_effect(without)
    if abs(plain) < Z95 * error:
        return
    shift = 1 - adjusted / plain
    yield graded(
        "controls",
        "The controls do not take most of the effect",
        shift,
        bounds=(THRESHOLDS.control_shift_review, None),
        sentence=(
            f"Hazard ratio per point {np.exp(adjusted):.3f} with the controls, {np.exp(plain):.3f} without them: they "
            f"take {100 * shift:.0f}% of the slope."
        ),
        recommendation="Most of it was the controls: look for causes still missing, volume of use above all.",
    )


def rolling_calibration(years: pd.DataFrame) -> Iterator[Check]:
    """The latest year that could be foretold from the years before it: its level and its spread."""
    made = years[np.isfinite(years["ratio"])]
    if made.empty:
        return
    last = made.iloc[-1]
    holds = last.ratio_low <= 1 <= last.ratio_high
    yield Check(
        id="rolling_origin",
        label="Last year's departures lie in the range foretold",
        value=float(last.ratio),
        threshold="95% interval holds 1",
        level=Level.PASS if holds else Level.REVIEW,
        sentence=(
            f"In {last.year} {last.observed:,.0f} left where the years before foretold {last.predicted:,.1f} (ratio "
            f"{last.ratio:.3f}, 95% interval {last.ratio_low:.3f} to {last.ratio_high:.3f})."
        ),
        recommendation=(
            "" if holds else "Churn has moved for reasons outside the model: do not carry its level into a forecast."
        ),
    )
    yield from _slope(years[np.isfinite(years["slope"])])


def _slope(years: pd.DataFrame) -> Iterator[Check]:
    """Held against a band, since a model of few departures is always a little too bold in a year it has not seen."""
    if years.empty:
        return
    last, lowest = years.iloc[-1], THRESHOLDS.calibration_slope_review
    holds = last.slope_high >= lowest and last.slope_low <= 1 / lowest
    yield Check(
        id="calibration_slope",
        label="Predicted risks are neither too bold nor too timid",
        value=float(last.slope),
        threshold=f"95% interval reaches {lowest:g} to {1 / lowest:g}",
        level=Level.PASS if holds else Level.REVIEW,
        sentence=(
            f"In {last.year} log hazards rose by {last.slope:.3f} for each 1 that the years before foretold (95% "
            f"interval {last.slope_low:.3f} to {last.slope_high:.3f})."
        ),
        recommendation=(
            ""
            if holds
            else "Predictions did not tell leavers from stayers: use neither their order nor their size."
            if last.slope_low <= 0
            else "Predictions of single accounts are too extreme or too flat: trust their order, not size."
        ),
    )


def multiplicity(retention: RetentionEffect) -> Iterator[Check]:
    """One hypothesis was set in advance; what if all lags shown were one family? Asked where an effect was found."""
    profile = retention.lag_profile.reset_index(drop=True)
    row = retention.fit.table.set_index("term").loc["score"]
    if row.ci_low <= 1 <= row.ci_high or len(profile) < 2:
        return
    p_values = 2 * norm.sf(np.abs(profile["coef"] / profile["std_error"]).to_numpy(float))
    adjusted = float(holm(p_values)[np.flatnonzero(profile["lag"] == retention.headline_lag)[0]])
    yield graded(
        "multiplicity",
        "The effect survives correction for many looks",
        adjusted,
        bounds=(THRESHOLDS.holm_p_review, None),
        sentence=(
            f"One test was set in advance: {OUTCOME_WORDS[retention.fit.outcome]} on {retention.metric} at lag "
            f"{retention.headline_lag} (p {_p(float(row.p_value))}). Were all {len(profile)} lags one family, it would "
            f"be {_p(adjusted)}. Other lags, metrics and slices are exploratory."
        ),
        recommendation="Treat the effect as a lead to follow, not as a finding.",
    )


def stable_over_time(stability: Stability) -> Iterator[Check]:
    """Whether the slope is the same in all periods."""
    if stability.p_value is None:
        return
    ratios = stability.periods["hazard_ratio"]
    yield graded(
        "stability",
        "The effect is the same in every period",
        stability.p_value,
        bounds=(THRESHOLDS.stability_p_review, None),
        sentence=(
            f"The hazard ratio per point lies between {ratios.min():.3f} and {ratios.max():.3f} over "
            f"{len(ratios)} periods; the chance of so much difference from one common ratio is {_p(stability.p_value)}."
        ),
        recommendation="Find what changed, and base the case on the period that resembles the future.",
        higher_is_better=True,
    )


def _is_favourable(bounds: pd.DataFrame) -> int:
    """1 where the headline finds less churn, −1 where it finds more, 0 where it finds nothing."""
    row = bounds.set_index("belief").loc[SILENCE]
    return int(row.ci_high < 1) - int(row.ci_low > 1)


def _p(value: float) -> str:
    return "below 0.0001" if value < 0.0001 else f"{value:.4f}"
