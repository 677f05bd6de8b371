"""Least squares with errors that allow for clusters: the one regression that programme effects are read from.

Belongs here: coefficients, the bias-reduced cluster sandwich (CR2), Wald tests of several coefficients at once, how
much of a column one cluster makes up.
Does not belong here: what is regressed on what (`programme_effects.py`, `difference_in_differences.py`).

CR2 (Bell and McCaffrey 2002) divides each cluster's residuals by the root of what the fit took from them. With one row
per cluster it is HC2, and for a difference of two means that is Neyman's variance exactly. Effects of units may be
absorbed by demeaning beforehand where units lie within clusters: the adjustment is the same (Pustejovsky and Tipton
2018).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

# Below it a direction has no variance of its own, and its coefficient no meaning.
_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class OlsFit:
    """Coefficients with their clustered covariance; `degrees` are those of t and F: clusters less columns."""

    coef: np.ndarray
    covariance: np.ndarray
    degrees: int
    count_clusters: int

    def std_error(self, column: int) -> float:
        """Clustered standard error of one coefficient."""
        return float(np.sqrt(max(self.covariance[column, column], 0.0)))

    def interval(self, column: int, level: float = 0.95) -> tuple[float, float]:
        """Interval of one coefficient by Student's t."""
        margin = float(stats.t.ppf(0.5 + level / 2, self.degrees)) * self.std_error(column)
        return float(self.coef[column]) - margin, float(self.coef[column]) + margin

    def p_value(self, column: int) -> float:
        """Two-sided p-value of one coefficient against 0."""
        error = self.std_error(column)
        if error == 0:
            return 1.0 if self.coef[column] == 0 else 0.0
        return float(2 * stats.t.sf(abs(self.coef[column]) / error, self.degrees))

    def joint_p_value(self, columns: list[int]) -> float:
        """p-value of a Wald F test that all these coefficients are 0."""
        part = self.covariance[np.ix_(columns, columns)]
        statistic = float(self.coef[columns] @ np.linalg.pinv(part) @ self.coef[columns]) / len(columns)
        return float(stats.f.sf(statistic, len(columns), self.degrees))


def is_full_rank(design: np.ndarray) -> bool:
    """Whether every column says something that the others do not."""
    scale = np.linalg.norm(design, axis=0)
    if (scale == 0).any():
        return False
    return bool(np.linalg.svd(design / scale, compute_uv=False)[-1] > _TOLERANCE)


def largest_share(design: np.ndarray, clusters: np.ndarray) -> float:
    """Share of the first column's own variation, beyond what the other columns say, that the largest cluster makes up.

    An effect that one cluster decides has no error to speak of, however many clusters there are. 1 where the column
    has no variation of its own.
    """
    values, others = design[:, 0], design[:, 1:]
    left = values - others @ np.linalg.lstsq(others, values, rcond=None)[0]
    if left @ left <= _TOLERANCE * (values @ values):
        return 1.0
    _, codes = np.unique(clusters, return_inverse=True)
    return float(np.bincount(codes, weights=left**2).max() / (left @ left))


def fit_ols(outcome: np.ndarray, design: np.ndarray, clusters: np.ndarray) -> OlsFit | None:
    """Fit, or None where columns are not all estimable or no degree of freedom is left."""
    labels, codes = np.unique(clusters, return_inverse=True)
    degrees = len(labels) - design.shape[1]
    if degrees < 1 or not is_full_rank(design):
        return None
    bread = np.linalg.inv(design.T @ design)
    coef = bread @ design.T @ outcome
    residuals = outcome - design @ coef
    scores = _cluster_scores(design, residuals, bread, codes, len(labels))
    return OlsFit(
        coef=coef,
        covariance=bread @ (scores.T @ scores) @ bread,
        degrees=degrees,
        count_clusters=len(labels),
    )


def _cluster_scores(
    design: np.ndarray, residuals: np.ndarray, bread: np.ndarray, codes: np.ndarray, count: int
) -> np.ndarray:
    """Per cluster, its columns times its residuals, each adjusted by (I − H)^(−1/2) of the cluster.

    Clusters of the same size are taken together. With X·bread·Xᵀ = U·s²·Uᵀ from the singular values of X·root(bread)
    the adjustment is I + U·((1 − s²)^(−1/2) − 1)·Uᵀ, which stays cheap for a cluster of many rows.
    """
    sizes = np.bincount(codes, minlength=count)
    starts, order = np.cumsum(sizes) - sizes, np.argsort(codes, kind="stable")
    leveraged = design @ np.linalg.cholesky(bread)
    scores = np.zeros((count, design.shape[1]))
    for size in np.unique(sizes):
        members = np.flatnonzero(sizes == size)
        rows = order[starts[members][:, None] + np.arange(size)]
        directions, lengths, _ = np.linalg.svd(leveraged[rows], full_matrices=False)
        left = 1 - lengths**2
        # Directions that the fit took wholly are left out.
        factor = np.where(left > _TOLERANCE, 1 / np.sqrt(np.maximum(left, _TOLERANCE)), 0.0) - 1
        part = residuals[rows]
        taken = factor * np.einsum("gmk,gm->gk", directions, part)
        adjusted = part + np.einsum("gmk,gk->gm", directions, taken)
        scores[members] = np.einsum("gmk,gm->gk", design[rows], adjusted)
    return scores
