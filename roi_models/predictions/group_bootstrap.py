"""Out-of-sample scores of many predictions at once, resampled by account group: concordance, explained share, best.

Belongs here: a matrix of predictions in, one score per prediction and per replicate out, and which may be the best.
Does not belong here: fitting the predictions (`metric_league.py`), their names and sentences (`league_study.py`).

Everything is a sum over account groups or over pairs of them, so a replicate is a product of small matrices and no row
is read twice: with w the number of times each group was drawn, AUC = w′Mw ÷ w′Dw.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

REPLICATES = 1000
SEED = 20_150_601
LEVEL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """`estimate`: a score per prediction. `replicates`: replicates × predictions, paired: one draw of groups a row."""

    estimate: np.ndarray
    replicates: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Predictions against the first of them (the controls alone) and against the best.

    `gain`, `low`, `high`: score less that of the controls, with pointwise 95% intervals. `adds`: the gain is above
    nil, and `tied`: the gap to the best may be nil, both by intervals that hold for all predictions at once (max-t).
    `prob_best`: share of replicates in which it came first; ties share.
    """

    gain: np.ndarray
    low: np.ndarray
    high: np.ndarray
    adds: np.ndarray
    tied: np.ndarray
    prob_best: np.ndarray
    best: int


def group_draws(count_groups: int, replicates: int = REPLICATES, seed: int = SEED) -> np.ndarray:
    """How often each group is drawn, replicates × groups; a row sums to the number of groups."""
    generator = np.random.Generator(np.random.PCG64(seed))
    share = np.full(count_groups, 1 / count_groups)
    return generator.multinomial(count_groups, share, size=replicates).astype(float)


def concordance(
    predictions: np.ndarray, event: np.ndarray, stratum: np.ndarray, group: np.ndarray, draws: np.ndarray
) -> Scored:
    """AUC (ties count half) over the pairs of an event and a non-event of the same stratum (date).

    `predictions`: rows × candidates; `event`, `stratum`, `group` (0 … groups − 1): per row. NaN where no pair exists.
    """
    groups = draws.shape[1]
    pairs = np.zeros((groups, groups))
    wins = np.zeros((predictions.shape[1], groups, groups))
    for date in np.unique(stratum):
        left, stayed = (np.flatnonzero((stratum == date) & (event == kind)) for kind in (True, False))
        pairs += np.outer(np.bincount(group[left], minlength=groups), np.bincount(group[stayed], minlength=groups))
        for candidate in range(predictions.shape[1]):
            _add_wins(
                wins[candidate],
                predictions[left, candidate],
                group[left],
                predictions[stayed, candidate],
                group[stayed],
            )
    with np.errstate(invalid="ignore", divide="ignore"):
        total = _quadratic(draws, pairs)
        replicates = np.column_stack([_quadratic(draws, win) / total for win in wins])
        return Scored(estimate=wins.sum(axis=(1, 2)) / pairs.sum(), replicates=replicates)


def _quadratic(draws: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    return np.einsum("rg,rg->r", draws @ matrix, draws)


def _add_wins(
    wins: np.ndarray, left: np.ndarray, left_group: np.ndarray, stayed: np.ndarray, stayed_group: np.ndarray
) -> None:
    """Add, per pair of groups, how many who stayed were ranked below one who left (ties half)."""
    groups = len(wins)
    levels, rank = np.unique(np.concatenate([left, stayed]), return_inverse=True)
    width = len(levels)
    keys = np.sort(stayed_group * width + rank[len(left) :])
    ask = np.arange(groups) * width
    start = np.searchsorted(keys, ask, side="left")
    asked = ask[None, :] + rank[: len(left), None]
    below = np.searchsorted(keys, asked, side="left") + np.searchsorted(keys, asked, side="right")
    np.add.at(wins, left_group, below / 2 - start)


def explained_share(predictions: np.ndarray, outcome: np.ndarray, group: np.ndarray, draws: np.ndarray) -> Scored:
    """1 − Σ(y − ŷ)² ÷ Σ(y − ȳ)² out of sample: 1 is perfect, nil no better than the mean, less is worse.

    ȳ is the mean of the rows that are judged, in each replicate its own.
    """
    groups = draws.shape[1]
    missed = np.column_stack(
        [np.bincount(group, weights=(outcome - column) ** 2, minlength=groups) for column in predictions.T]
    )
    sums = np.column_stack([np.bincount(group, weights=outcome**power, minlength=groups) for power in (0, 1, 2)])

    def score(weights: np.ndarray) -> np.ndarray:
        count, first, second = (weights @ sums).T
        with np.errstate(invalid="ignore", divide="ignore"):
            return 1 - (weights @ missed) / (second - first**2 / count)[:, None]

    return Scored(estimate=score(np.ones((1, groups)))[0], replicates=score(draws))


def compare(scored: Scored) -> Comparison:
    """Hold every prediction against the first and against the best; replicates without a score are left out."""
    estimate = scored.estimate
    replicates = _complete(scored)
    # The controls stand among the candidates: where nothing adds to them, they are the best there is.
    best = int(np.argmax(estimate))
    gain = estimate - estimate[0]
    gains = replicates - replicates[:, :1]
    tail = 50 * (1 - LEVEL)
    low, high = np.percentile(gains, [tail, 100 - tail], axis=0)
    top = replicates == replicates.max(axis=1, keepdims=True)
    return Comparison(
        gain=gain,
        low=low,
        high=high,
        adds=gain - _reach(gains, gain) > 0,
        tied=not_beaten(scored, best),
        prob_best=(top / top.sum(axis=1, keepdims=True)).mean(axis=0),
        best=best,
    )


def not_beaten(scored: Scored, by: int) -> np.ndarray:
    """Predictions whose gap to prediction `by` may be nil, by intervals that hold for all of them at once."""
    replicates = _complete(scored)
    gap = scored.estimate[by] - scored.estimate
    return gap - _reach(replicates[:, [by]] - replicates, gap) <= 0


def _complete(scored: Scored) -> np.ndarray:
    return scored.replicates[np.isfinite(scored.replicates).all(axis=1)]


def _reach(replicates: np.ndarray, estimate: np.ndarray) -> np.ndarray:
    """Half-widths of intervals that hold for all columns at once: the 95% quantile of the largest |t|, times sd."""
    spread = replicates.std(axis=0)
    varying = spread > 1e-12
    if not varying.any():
        return np.zeros_like(spread)
    largest = (np.abs(replicates - estimate)[:, varying] / spread[varying]).max(axis=1)
    return np.quantile(largest, LEVEL) * spread


def lift_at(predictions: np.ndarray, event: np.ndarray, stratum: np.ndarray, share: float = 0.1) -> np.ndarray:
    """Share of events among the riskiest `share` of each stratum ÷ share of events in all, per candidate.

    Rows that tie at the border are taken in part, as a random choice among them would on average.
    """
    caught = np.zeros(predictions.shape[1])
    places = 0.0
    for date in np.unique(stratum):
        rows = np.flatnonzero(stratum == date)
        room = share * len(rows)
        places += room
        for candidate in range(predictions.shape[1]):
            value, happened = predictions[rows, candidate], event[rows]
            border = np.sort(value)[::-1][max(int(np.ceil(room)) - 1, 0)]
            above, at = value > border, value == border
            caught[candidate] += happened[above].sum() + happened[at].mean() * (room - above.sum())
    with np.errstate(invalid="ignore", divide="ignore"):
        return caught / places / event.mean()
