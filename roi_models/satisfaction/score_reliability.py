"""How much of a score is the account and how much is the few people who happened to answer.

Belongs here: variance components of answers, and scores pulled toward the average by how few answers they rest on.
Does not belong here: correction of the slope for noise, which the whole retention model would have to carry;
predictions (`account_predictions.py`).

The slope is learned from scores that are noisy themselves, so it fits a score of average reliability as it is. A score
of one answer is noisier than that: its deviation from the mean is weighted by its reliability relative to the average
one (regression calibration; Carroll et al. 2006). Scores of many answers are left as they are: their weight would be
above 1, and a prediction from a score that nobody gave could not be explained.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

# People beyond the first of each account: fewer say nothing defensible about how far answers of one account scatter.
MIN_REPEATS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """Variance of the accounts' true scores (`between`) and of answers around them (`within`); the mean of 1 ÷ answers.

    With a `problem` nothing is pulled.
    """

    between: float
    within: float
    mean_inverse_count: float
    problem: str | None = None

    def weight(self, count_answers: np.ndarray) -> np.ndarray:
        """Factor on the deviation of a score of so many answers: its reliability ÷ the average one, at most 1."""
        count = np.maximum(np.asarray(count_answers, dtype=float), 1.0)
        if self.problem is not None:
            return np.ones_like(count)
        relative = (self.between + self.within * self.mean_inverse_count) / (self.between + self.within / count)
        return np.minimum(relative, 1.0)


def measure_reliability(answers: pd.DataFrame) -> Reliability:
    """One-way random effects by unbalanced analysis of variance (Searle 1971), from account_id and score per person."""
    scores = answers.assign(score=answers["score"].astype(float)).sort_values(["account_id", "score"])
    groups = scores.groupby("account_id")["score"]
    count, mean = groups.size().to_numpy(float), groups.mean().to_numpy()
    total, accounts = count.sum(), len(count)
    repeats = total - accounts
    if repeats < MIN_REPEATS:
        return _none("Too few accounts have several answers to tell how far a single answer may be off.")
    within = float(((scores["score"] - groups.transform("mean")) ** 2).sum() / repeats)
    if accounts < 2:
        return _none("Only one account has answers.")
    spread = float((count * (mean - np.average(mean, weights=count)) ** 2).sum() / (accounts - 1))
    between = (spread - within) / ((total - (count**2).sum() / total) / (accounts - 1))
    if between <= 0:
        return _none("Answers of one account differ as much as those of different accounts.")
    return Reliability(between=between, within=within, mean_inverse_count=float((1 / count).mean()))


def _none(problem: str) -> Reliability:
    nan = float("nan")
    return Reliability(between=nan, within=nan, mean_inverse_count=nan, problem=problem)


def pull_scores(
    score: pd.Series, count_answers: pd.Series, reliability: Reliability, scale: tuple[float, float]
) -> pd.Series:
    """Scores with their deviations from the mean weighted, kept on the scale; missing ones stay missing."""
    centre = score.mean()
    return (centre + (score - centre) * reliability.weight(count_answers.to_numpy())).clip(*scale)
