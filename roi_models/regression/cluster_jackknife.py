"""Least squares with errors from leaving out one cluster at a time: for many fits over many clusters.

Belongs here: the delete-one-cluster jackknife of least squares. Does not belong here: what is regressed on what; the
bias-reduced sandwich (`clustered_ols.py`), which takes a root of every cluster's block and so far longer.

The jackknife (CV3; MacKinnon, Nielsen and Webb 2023) keeps its size better than sandwiches where few clusters carry
a coefficient. Only each cluster's sums of products are kept, and all refits are solved at once.
"""

from __future__ import annotations

import numpy as np

from roi_models.regression.clustered_ols import OlsFit, is_full_rank

_RANK_TOLERANCE = 1e-10


def fit_jackknife(outcome: np.ndarray, design: np.ndarray, clusters: np.ndarray) -> OlsFit | None:
    """Fit (n,) on (n, p), errors by cluster (n,); None where columns are not all estimable or clusters too few.

    A column that only one cluster carries is not estimable without it; its refit then takes the smallest solution,
    which leaves the other coefficients what they are.
    """
    labels, codes = np.unique(clusters, return_inverse=True)
    degrees = len(labels) - 1
    if len(labels) <= design.shape[1] or not is_full_rank(design):
        return None
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    design, outcome = design[order], outcome[order]
    products = np.add.reduceat(design[:, :, None] * design[:, None, :], starts, axis=0)
    moments = np.add.reduceat(design * outcome[:, None], starts, axis=0)
    whole, total = products.sum(axis=0), moments.sum(axis=0)
    coef = np.linalg.solve(whole, total)
    inverse = np.linalg.pinv(whole - products, rcond=_RANK_TOLERANCE, hermitian=True)
    away = np.einsum("gij,gj->gi", inverse, total - moments) - coef
    return OlsFit(
        coef=coef, covariance=degrees / len(labels) * away.T @ away, degrees=degrees, count_clusters=len(labels)
    )
