"""From a programme's uplift ("+3 net NPS") to how far each account's score is expected to move.

Belongs here: the exponential tilt of the answer distribution, plain shifts in answer points, both with
ceilings. Does not belong here: what a moved score does to churn (`projection.py`), the assumptions' values
(`business_case.yml`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

UpliftUnit = Literal["net_nps_points", "answer_points"]
# Whom answer points reach: everybody who answered, or those alone whose answer was low (as following up does).
UpliftPath = Literal["all_answers", "low_answers"]
NPS_SCALE = (0.0, 10.0)
LOWEST_PROMOTER = 9.0
HIGHEST_DETRACTOR = 6.0
# At this rate a level weighs e^50 times its lower neighbour: nothing that can be reached lies beyond.
MAX_TILT_RATE = 50.0
TILT_BISECTIONS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerMix:
    """Which answers the accounts gave: distinct `levels` (ascending), how many answers stand at each
    (`counts`), and each account's share of answers per level (`shares`: accounts × levels, a row of zeros for
    an account without answers)."""

    levels: np.ndarray
    counts: np.ndarray
    shares: np.ndarray


def answer_mix(answers: pd.DataFrame, account_ids: pd.Series) -> AnswerMix:
    """Tabulate answers (account_id, score: one row per contact) in the order of `account_ids`.

    Answers of accounts that are not among `account_ids` (gone since) take no part; an empty frame gives no
    levels.
    """
    known = answers[answers["account_id"].isin(set(account_ids)) & answers["score"].notna()]
    levels, column = np.unique(known["score"].astype(float).to_numpy(), return_inverse=True)
    row = pd.Index(account_ids).get_indexer(known["account_id"])
    table = np.zeros((len(account_ids), len(levels)))
    np.add.at(table, (row, column), 1.0)
    totals = table.sum(axis=1, keepdims=True)
    shares = np.divide(table, totals, out=np.zeros_like(table), where=totals > 0)
    return AnswerMix(levels=levels, counts=table.sum(axis=0), shares=shares)


def tilt(levels: np.ndarray, counts: np.ndarray, net_nps_points: float | np.ndarray) -> np.ndarray:
    """Expected rise of an answer at each level when net NPS moves by `net_nps_points` (shape: … × levels).

    The moved distribution is the exponential tilt of today's, p′(s) ∝ p(s)·e^{λs}: of all distributions with
    its mean the one nearest to today's in Kullback–Leibler divergence. λ is chosen so that net NPS moves by
    the points wanted. Answers move by the monotone (quantile) coupling of p to p′, so nobody falls when NPS
    rises and a 10 stays a 10. Raises ValueError when no distribution on today's levels has that NPS.
    """
    probability = np.asarray(counts, dtype=float) / np.sum(counts)
    points = np.asarray(net_nps_points, dtype=float)
    low, high = attainable_net_nps_points(levels, counts)
    if np.any((points != 0) & ((points <= low) | (points >= high))):
        raise ValueError(_out_of_reach(float(points.flat[np.argmax(np.abs(points))]), low, high))
    target = float(probability @ _votes(levels)) + points / 100
    moved = _tilted(levels, probability, _tilt_rate(levels, probability, target))
    expected = _couple(probability, moved) @ levels
    return np.where(points[..., None] == 0, 0.0, expected - levels)


def attainable_net_nps_points(levels: np.ndarray, counts: np.ndarray) -> tuple[float, float]:
    """The open interval of net NPS changes that a tilt of today's answers can reach (NPS points)."""
    vote = _votes(levels)
    present = vote[np.asarray(counts) > 0]
    now = 100 * float(vote @ np.asarray(counts, dtype=float)) / float(np.sum(counts))
    return 100 * float(present.min()) - now, 100 * float(present.max()) - now


def shift_by_level(
    mix: AnswerMix,
    uplift: float | np.ndarray,
    *,
    unit: UpliftUnit,
    scale: tuple[float, float],
    low_max: float | None = None,
) -> np.ndarray:
    """Expected move of an answer at each level of `mix` (shape: … × levels, in answer points).

    Unit "answer_points" moves every answer by `uplift`, stopping at the ends of `scale`; "net_nps_points"
    tilts. With `low_max`, answers above it stay.
    """
    if unit == "net_nps_points":
        return tilt(mix.levels, mix.counts, uplift)
    moved = np.clip(mix.levels + np.asarray(uplift, dtype=float)[..., None], *scale) - mix.levels
    return moved if low_max is None else np.where(mix.levels <= low_max, moved, 0.0)


def shift_accounts(
    mix: AnswerMix,
    uplift: float | np.ndarray,
    *,
    unit: UpliftUnit,
    scale: tuple[float, float],
    low_max: float | None = None,
) -> np.ndarray:
    """Each account's mean move over its contacts' answers, in answer points (accounts, or accounts ×
    uplifts).

    An account's score is the mean over its contacts, so it moves by the mean of their moves; without answers
    it stays.
    """
    return mix.shares @ shift_by_level(mix, uplift, unit=unit, scale=scale, low_max=low_max).T


def uplift_problem(
    mix: AnswerMix, uplifts: tuple[float, ...], *, unit: UpliftUnit, scale: tuple[float, float]
) -> str | None:
    """Say why these uplifts cannot be applied to these answers, or None."""
    if mix.counts.sum() == 0:
        return "No active account has a current answer, so there is no score that a programme could lift."
    if unit == "answer_points":
        return None
    if scale != NPS_SCALE:
        return (
            "An uplift in net NPS points needs a 0–10 scale, and this metric's is "
            f"{scale[0]:g}–{scale[1]:g}: set "
            "`unit: answer_points` in business_case.yml."
        )
    low, high = attainable_net_nps_points(mix.levels, mix.counts)
    beyond = [uplift for uplift in uplifts if uplift != 0 and not low < uplift < high]
    return _out_of_reach(max(beyond, key=abs), low, high) if beyond else None


def _votes(levels: np.ndarray) -> np.ndarray:
    """What an answer at each level adds to net NPS: 1 promoter, 0 passive, −1 detractor."""
    return np.where(levels >= LOWEST_PROMOTER, 1, np.where(levels <= HIGHEST_DETRACTOR, -1, 0))


def _tilted(levels: np.ndarray, probability: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """p(s)·e^{λs}, normalised; … × levels for rates λ of any shape."""
    exponent = rate[..., None] * levels
    weight = probability * np.exp(exponent - exponent.max(axis=-1, keepdims=True))
    return weight / weight.sum(axis=-1, keepdims=True)


def _tilt_rate(levels: np.ndarray, probability: np.ndarray, target: np.ndarray) -> np.ndarray:
    """λ at which the tilted distribution has the net NPS `target` (fractions): NPS rises with λ, so bisection."""
    low, high = np.full(target.shape, -MAX_TILT_RATE), np.full(target.shape, MAX_TILT_RATE)
    for _ in range(TILT_BISECTIONS):
        middle = (low + high) / 2
        falls_short = _tilted(levels, probability, middle) @ _votes(levels) < target
        low, high = np.where(falls_short, middle, low), np.where(falls_short, high, middle)
    return (low + high) / 2


def _couple(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Transition matrix of the quantile coupling: overlap of the two distributions' probability intervals."""
    upper_before, upper_after = np.cumsum(before), np.cumsum(after, axis=-1)
    lower_before, lower_after = upper_before - before, upper_after - after
    overlap = np.minimum(upper_before[:, None], upper_after[..., None, :]) - np.maximum(
        lower_before[:, None], lower_after[..., None, :]
    )
    overlap = np.maximum(overlap, 0.0)
    mass = overlap.sum(axis=-1, keepdims=True)
    # A level nobody answered carries no mass and moves nobody: it stays where it is.
    stay = np.eye(len(before))
    return np.where(mass > 0, overlap / np.where(mass > 0, mass, 1.0), stay)


def _out_of_reach(uplift: float, low: float, high: float) -> str:
    """The sentence for an uplift that today's answers leave no room for."""
    return (
        f"An uplift of {uplift:+g} net NPS points is out of reach: from today's answers NPS can move by "
        f"more than {low:+.1f} "
        f"and less than {high:+.1f} points; change the uplift in business_case.yml."
    )
