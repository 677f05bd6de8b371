"""How respondents of the relationship survey rate attributes of the product, beside the score they give.

Belongs here: the declared truth (`ATTRIBUTES`), and ratings given scores and random numbers.
Does not belong here: scores (`survey.py`), the file they are written to (`orchestration/demo`).

Ratings are drawn from the finished score and change nothing else: with one score they are independent of each other,
so the correlation of two attributes is the product of their correlations with the score, and how important each is
follows exactly (`declared_correlations`), but for the rounding of ratings.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

SCALE_MIN, SCALE_MAX = 1, 7
RATED_SHARE = 0.25
SKIPPED_SHARE = 0.05
_RATING_SD = 1.3
_SCORE_MEAN, _SCORE_SD = 8.4, 1.45


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """`correlation`: of the unrounded rating with the score. `mean`: on the scale, of those who score the average."""

    name: str
    correlation: float
    mean: float


# "Invoicing" is rated badly and bears on nothing: a list of complaints would put it first.
ATTRIBUTES = (
    Attribute(name="Support", correlation=0.65, mean=4.2),
    Attribute(name="Reliability", correlation=0.55, mean=5.6),
    Attribute(name="Ease of use", correlation=0.40, mean=5.3),
    Attribute(name="Reporting", correlation=0.30, mean=4.4),
    Attribute(name="Onboarding", correlation=0.20, mean=4.9),
    Attribute(name="Invoicing", correlation=0.0, mean=3.9),
)


def declared_correlations() -> tuple[np.ndarray, np.ndarray]:
    """Correlations of the attributes with each other (p, p) and with the score (p,), before rounding."""
    with_score = np.array([attribute.correlation for attribute in ATTRIBUTES])
    between = np.outer(with_score, with_score)
    np.fill_diagonal(between, 1.0)
    return between, with_score


def attribute_ratings(scores: np.ndarray, uniform: np.ndarray) -> pd.DataFrame:
    """Ratings as rows: place (of the score), attribute, rating.

    `scores` (n,) from 0 to 10; `uniform` (2·p + 1, n) numbers between 0 and 1: whether the respondent was shown the
    attributes, then per attribute what is not explained by the score, and whether it was left out.
    """
    count = len(ATTRIBUTES)
    standard = (scores - _SCORE_MEAN) / _SCORE_SD
    is_shown = uniform[0] < RATED_SHARE
    frames = []
    for number, attribute in enumerate(ATTRIBUTES):
        own = norm.ppf(np.clip(uniform[1 + number], 1e-12, 1 - 1e-12))
        felt = attribute.correlation * standard + np.sqrt(1 - attribute.correlation**2) * own
        rating = np.clip(np.rint(attribute.mean + _RATING_SD * felt), SCALE_MIN, SCALE_MAX).astype(np.int8)
        place = np.flatnonzero(is_shown & (uniform[1 + count + number] >= SKIPPED_SHARE))
        frames.append(pd.DataFrame({"place": place, "attribute": attribute.name, "rating": rating[place]}))
    return pd.concat(frames).sort_values("place", kind="stable", ignore_index=True)
