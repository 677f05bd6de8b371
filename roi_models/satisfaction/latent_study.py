"""The correction for noisy answers as a study: how much of a score is real, and what that does to slope and gain.

Belongs here: its sentences and tables. Does not belong here: the correction (`latent_score.py`), the case.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from roi_models.hazards.hazard import Z95, score_effect
from roi_models.results import BusinessCase, LatentCorrection, RetentionEffect
from roi_models.study import Section, Shown, Study, StudyTable

PART_LABELS = {
    "lasting": "lasting differences between accounts",
    "moving": "satisfaction that comes and goes",
    "person": "the person's own way of answering",
    "noise": "chance of the single answer",
}
SLOPE_TYPES = {
    "slope": str, "label": str, "coef": float, "hazard_ratio": float, "ci_low": float, "ci_high": float,
    "reliability": float, "reliability_low": float, "reliability_high": float,
    "gain_pp": float, "gain_low_pp": float, "gain_high_pp": float,
}  # fmt: skip
PART_TYPES = {
    "part": str, "label": str, "variance": float, "share": float, "persistence": float, "score_variance": float,
}  # fmt: skip


def latent_study(retention: RetentionEffect, case: BusinessCase | None) -> Study:
    """Tell the correction of `retention.latent`, beside the gain with and without it where there is a `case`."""
    latent = retention.latent
    if not latent.is_estimable:
        refusal = f"The slope is not corrected for noise in the answers. {latent.problem}"
        if retention.fit.is_estimable:
            refusal += " Noise hides part of an effect, so a retention gain is more likely too small than too large."
        return _study((refusal,), _typed([], SLOPE_TYPES), _typed([], PART_TYPES))
    slopes = _slopes(retention, latent, case)
    parts = latent.parts.assign(label=latent.parts["part"].map(PART_LABELS))
    return _study(_sentences(retention, latent, case, slopes), slopes, _typed(parts.to_dict("records"), PART_TYPES))


def _study(sentences: tuple[str, ...], slopes: pd.DataFrame, parts: pd.DataFrame) -> Study:
    return Study(
        id="latent",
        section=Section.RETENTION,
        title="How much of a score is real",
        sentences=sentences,
        tables=(_slope_table(slopes), _part_table(parts)),
    )


def _slopes(retention: RetentionEffect, latent: LatentCorrection, case: BusinessCase | None) -> pd.DataFrame:
    """The observed and the corrected slope, each with the gain that it makes."""
    coef, std_error = score_effect(retention.fit)
    observed = {
        "slope": "observed",
        "label": "Per point of score, as observed",
        "coef": coef,
        "hazard_ratio": np.exp(coef),
        "ci_low": np.exp(coef - Z95 * std_error),
        "ci_high": np.exp(coef + Z95 * std_error),
    }
    corrected = {
        "slope": "corrected",
        "label": "Per point of satisfaction, corrected",
        "coef": latent.slope,
        "hazard_ratio": np.exp(latent.slope),
        "ci_low": np.exp(latent.slope_low),
        "ci_high": np.exp(latent.slope_high),
        "reliability": latent.reliability,
        "reliability_low": latent.reliability_low,
        "reliability_high": latent.reliability_high,
    }
    if case is not None:
        names = ("gain_pp", "gain_low_pp", "gain_high_pp")
        observed |= {name: getattr(case, f"observed_{name}") for name in names}
        corrected |= {name: getattr(case, name) for name in names}
    return _typed([observed, corrected], SLOPE_TYPES)


def _sentences(
    retention: RetentionEffect, latent: LatentCorrection, case: BusinessCase | None, slopes: pd.DataFrame
) -> tuple[str, ...]:
    observed, corrected = slopes.to_dict("records")
    real = (
        "Answers are noisy, and they age: of a difference between the scores of two accounts, "
        f"{100 * latent.reliability:.1f}% is real and still there in the month that counts (95% interval "
        f"{100 * latent.reliability_low:.1f} to {100 * latent.reliability_high:.1f}%)."
    )
    effect = (
        f"A point of {retention.metric} score goes with a hazard ratio of {observed['hazard_ratio']:.3f}, a point of "
        f"the satisfaction behind it with {corrected['hazard_ratio']:.3f} (95% interval {corrected['ci_low']:.3f} to "
        f"{corrected['ci_high']:.3f})"
    )
    if latent.slope_low <= 0 <= latent.slope_high:
        return real, f"{effect}: where the observed slope shows no effect, correcting it shows none either."
    if case is None:
        return real, f"{effect}."
    return real, (
        f"{effect}; the business case uses the latter, so its gain is {case.gain_pp:.2f} percentage points and not "
        f"{case.observed_gain_pp:.2f}."
    )


def _slope_table(frame: pd.DataFrame) -> StudyTable:
    return StudyTable(
        name="latent_slopes",
        frame=frame,
        keys=("slope",),
        named_by="label",
        caption="The slope of the score, and of the satisfaction behind it",
        shown=(
            Shown(
                column="hazard_ratio",
                heading="Hazard ratio",
                unit="ratio",
                low="ci_low",
                high="ci_high",
                definition="{label}: monthly hazard of leaving per point more.",
            ),
            Shown(
                column="reliability",
                heading="Real",
                unit="share_pct",
                scale=100,
                low="reliability_low",
                high="reliability_high",
                definition="{label}: share of a difference in score that is one in the month's satisfaction.",
            ),
            Shown(
                column="gain_pp",
                heading="Retention gain",
                unit="pct_points",
                low="gain_low_pp",
                high="gain_high_pp",
                definition="{label}: change of revenue-weighted retention over the horizon under the programme.",
            ),
        ),
    )


def _part_table(frame: pd.DataFrame) -> StudyTable:
    return StudyTable(
        name="latent_parts",
        frame=frame,
        keys=("part",),
        named_by="label",
        caption="What makes one answer differ from another",
        shown=(
            Shown(
                column="share",
                heading="Share of the differences",
                unit="share_pct",
                scale=100,
                definition="{label}: share of the variance of single answers, beside role and the model's other terms.",
            ),
        ),
    )


def _typed(rows: list[dict[str, object]], types: dict[str, type]) -> pd.DataFrame:
    """A frame with these columns and types, also without rows."""
    return pd.DataFrame(rows, columns=list(types)).astype(types)
