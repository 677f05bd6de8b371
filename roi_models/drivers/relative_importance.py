"""How much of what predictors explain together is each one's: Shapley values of R², with cluster-bootstrap intervals.

Belongs here: the decomposition of R² and its resampling. Does not belong here: what is rated and what it is held
against (`drivers.py`), errors of single coefficients (`clustered_ols.py`).

The share of a predictor is the R² it adds, averaged over all orders in which predictors may enter: LMG (Lindeman,
Merenda and Gold 1980; Grömping 2006), which is the Shapley value of R² (Lipovetsky and Conklin 2001). It is exact
here: all subsets are fitted, from correlations alone. Correlated predictors share what they explain in common, so a
predictor without a coefficient of its own has a share where it goes with one that has.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial

import numpy as np

MAX_PREDICTORS = 12
REPLICATES = 1_000
_SEED = 20_104
# Below this part of its variance left, a predictor says nothing that those before it did not.
_TOLERANCE = 1e-10


@dataclass(frozen=True, slots=True, kw_only=True)
class Importance:
    """Shares of R² (p,), summing to 1, with their 95% intervals (p,) each; `r_squared` of all predictors together."""

    share: np.ndarray
    low: np.ndarray
    high: np.ndarray
    r_squared: float
    r_squared_low: float
    r_squared_high: float


def r_squared_of_subsets(correlations: np.ndarray) -> np.ndarray:
    """R² of every subset of predictors: (b, p + 1, p + 1) matrices with the outcome last give (b, 2^p).

    Bit j of the second index says whether predictor j is in. Predictors are swept out one after another, so that
    subsets share their work; one that is a combination of those already in adds nothing.
    """
    replicates, size = len(correlations), correlations.shape[1]
    found = np.empty((replicates, 2 ** (size - 1)))

    def descend(left: np.ndarray, predictor: int, subset: int) -> None:
        if left.shape[1] == 1:
            found[:, subset] = 1 - left[:, 0, 0]
            return
        rest, column, pivot = left[:, 1:, 1:], left[:, 1:, 0], left[:, 0, 0]
        descend(rest, predictor + 1, subset)
        scale = np.where(pivot > _TOLERANCE, 1 / np.maximum(pivot, _TOLERANCE), 0.0)
        swept = rest - scale[:, None, None] * column[:, :, None] * column[:, None, :]
        descend(swept, predictor + 1, subset | 1 << predictor)

    descend(correlations, 0, 0)
    return found


def shapley_of_r_squared(correlations: np.ndarray) -> np.ndarray:
    """Parts of R² by predictor, (b, p), that sum to the R² of all.

    That of predictor j is Σ |S|!(p − |S| − 1)!/p! · (R² of S and j − R² of S) over all subsets S without j.
    Raises ValueError for more than `MAX_PREDICTORS` predictors.
    """
    count = correlations.shape[1] - 1
    if count > MAX_PREDICTORS:
        raise ValueError(f"At most {MAX_PREDICTORS} predictors can be decomposed exactly: got {count}.")
    subsets = np.arange(2**count)
    holds = (subsets[:, None] >> np.arange(count)) & 1
    size = holds.sum(axis=1)
    weight = np.array([factorial(s) * factorial(count - s - 1) / factorial(count) for s in range(count)] + [0.0])
    joins = np.where(holds == 1, weight[size - 1][:, None], -weight[size][:, None])
    return r_squared_of_subsets(correlations) @ joins


def decompose_r_squared(
    predictors: np.ndarray, outcome: np.ndarray, clusters: np.ndarray, *, replicates: int = REPLICATES
) -> Importance:
    """Shares with percentile intervals of whole clusters drawn again; (n, p), (n,) and (n,).

    Draws depend on the sorted clusters alone, never on the order of rows. A share is never negative, so the interval
    of a predictor without any bearing lies near 0 and not around it.
    """
    sums = _cluster_moments(np.column_stack([predictors, outcome]), clusters)
    generator = np.random.Generator(np.random.PCG64(_SEED))
    drawn = generator.multinomial(len(sums), np.full(len(sums), 1 / len(sums)), size=replicates)
    weights = np.concatenate([np.ones((1, len(sums))), drawn])
    parts = shapley_of_r_squared(_correlations(np.tensordot(weights, sums, axes=1)))
    total = parts.sum(axis=1)
    shares = parts / np.where(total > 0, total, np.nan)[:, None]
    low, high = np.nanpercentile(shares[1:], [2.5, 97.5], axis=0)
    total_low, total_high = np.percentile(total[1:], [2.5, 97.5])
    return Importance(
        share=shares[0],
        low=low,
        high=high,
        r_squared=float(total[0]),
        r_squared_low=float(total_low),
        r_squared_high=float(total_high),
    )


def _cluster_moments(columns: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """Per cluster, the sums of products of all columns and a constant: (g, k + 1, k + 1), the constant first."""
    labels, codes = np.unique(clusters, return_inverse=True)
    # Sorted first, because a sum of floats depends on its order.
    order = np.lexsort((*columns.T[::-1], codes))
    columns, codes = columns[order], codes[order]
    scale = columns.std(axis=0)
    centred = (columns - columns.mean(axis=0)) / np.where(scale > 0, scale, 1.0)
    full = np.column_stack([np.ones(len(centred)), centred])
    size = full.shape[1]
    sums = np.empty((len(labels), size, size))
    for i in range(size):
        for j in range(i, size):
            sums[:, i, j] = sums[:, j, i] = np.bincount(codes, full[:, i] * full[:, j], minlength=len(labels))
    return sums


def _correlations(moments: np.ndarray) -> np.ndarray:
    """Correlations (b, k, k) from summed products (b, k + 1, k + 1); a constant column correlates with nothing."""
    count = moments[:, :1, :1]
    mean = moments[:, 0, 1:] / count[:, 0]
    covariance = moments[:, 1:, 1:] / count - mean[:, :, None] * mean[:, None, :]
    variance = np.einsum("bii->bi", covariance)
    spread = np.sqrt(np.maximum(variance, 0))
    inverse = np.where(spread > _TOLERANCE, 1 / np.maximum(spread, _TOLERANCE), 0.0)
    return covariance * inverse[:, :, None] * inverse[:, None, :]
