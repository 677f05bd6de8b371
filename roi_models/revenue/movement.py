"""Movements of revenue and how they follow the score: how often an account leaves, shrinks or grows, and by how much.

Belongs here: the hazard of one movement and its size, each with what every account group adds to its error.
Does not belong here: the optimiser (`cloglog.py`), coding (`design.py`), composing movements (`revenue_paths.py`).

Errors of several models fitted to the same accounts are not independent. So each coefficient keeps its influence by
account group, H⁻¹ · score: the sum over groups of products of influences is the joint sandwich of all coefficients.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from roi_models.hazards.cloglog import cluster_scores
from roi_models.hazards.design import NotEstimableError, design_matrix, learn_encoding
from roi_models.hazards.hazard import collapse, fit_clustered, select_cells, thin_evidence
from roi_models.regression.clustered_ols import is_full_rank
from roi_models.results import DesignEncoding

# With fewer movements the slope of their size is noise that would enter every revenue figure.
MIN_MOVES_FOR_SLOPE = 30
_CONSTANT = DesignEncoding(terms=("intercept",), score_centre=0.0, tenure_terms={}, level_terms={}, level_values={})


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthlyHazard:
    """The monthly log hazard of an outcome: coefficients by `encoding.terms`, influence (account groups × terms).

    `problem` says why the hazard could not be tied to the score; it is then one constant.
    """

    encoding: DesignEncoding
    coef: np.ndarray
    influence: pd.DataFrame
    count_account_months: int
    count_events: int
    problem: str | None = None

    @property
    def slope(self) -> float:
        """Log hazard ratio per point of score; 0 where the hazard is one constant."""
        return float(self.coef[self.encoding.terms.index("score")]) if self.problem is None else 0.0

    @property
    def slope_error(self) -> float:
        """Clustered standard error of the slope; NaN where there is none."""
        if self.problem is not None:
            return float("nan")
        return joint_error([(self.influence, np.eye(len(self.coef))[self.encoding.terms.index("score")])])


@dataclass(frozen=True, slots=True, kw_only=True)
class MovementSize:
    """Size of a movement as a share of the account's revenue: `coef` on (1, score − `centre`, is silent).

    The middle one is 0, and the last, where too few moved. `mean`: of all movements, weighted by revenue.
    """

    coef: np.ndarray
    centre: float
    influence: pd.DataFrame
    mean: float

    def columns(self, score: np.ndarray) -> np.ndarray:
        """What `coef` multiplies, accounts × 3; a score is NaN where the account is silent."""
        return _size_columns(score, self.centre)


def fit_monthly_hazard(
    cells: pd.DataFrame, control_levels: pd.DataFrame, *, outcome: str, lag: int
) -> MonthlyHazard | None:
    """The hazard of `outcome` on `fit_hazard`'s cells, one constant where it has no slope; None if it never happened.

    Raises NotEstimableError where not even a constant has an error (one account group).
    """
    rows = select_cells(cells, outcome=outcome, lag=lag)
    if rows["events"].sum() == 0:
        return None
    frame, problem = collapse(rows), None
    try:
        encoding = learn_encoding(frame, control_levels, outcome=outcome)
        thin = thin_evidence(rows["events"].sum(), encoding.terms)
        if thin is not None:
            raise NotEstimableError(thin)
        design = design_matrix(encoding, frame)
        fitted = fit_clustered(design, frame, rows, terms=encoding.terms)
    except NotEstimableError as reason:
        problem, encoding, design = str(reason), _CONSTANT, np.ones((len(frame), 1))
        fitted = fit_clustered(design, frame, rows, terms=encoding.terms)
    labels, scores = cluster_scores(
        design[rows["cell"].to_numpy()],
        fitted.coef,
        at_risk=rows["at_risk"].to_numpy(),
        events=rows["events"].to_numpy(),
        cluster=rows["account_group"].to_numpy(),
    )
    return MonthlyHazard(
        encoding=encoding,
        coef=fitted.coef,
        influence=pd.DataFrame(scores @ fitted.covariance_model, index=labels),
        count_account_months=int(rows["at_risk"].sum()),
        count_events=int(rows["events"].sum()),
        problem=problem,
    )


def fit_size(cells: pd.DataFrame, *, outcome: str, lag: int, scale: tuple[float, float]) -> MovementSize:
    """Least squares of amount over revenue among the months that moved, weighted by revenue.

    `cells`: rows of agg_movement_cells with at least one such month. So weighted, predicted amounts add up to observed
    ones. A slope that would make some size on the `scale` impossible is left out.
    """
    moved, mrr, amount = {
        "expansion": ("count_expanded", "expanded_mrr_sum", "expansion_sum"),
        "contraction": ("count_contracted", "contracted_mrr_sum", "contraction_sum"),
    }[outcome]
    numbers = ["count_stayed", "score_sum", moved, mrr, amount]
    chosen = cells[cells["lag"] == lag]
    rows = chosen[["score_state", "score_bin", "account_group"]].assign(**chosen[numbers].astype(float))
    rows = rows.groupby(["score_state", "score_bin", "account_group"], sort=True, as_index=False)[numbers].sum()
    bins = rows.groupby(["score_state", "score_bin"])[["score_sum", "count_stayed"]].transform("sum")
    score = (bins["score_sum"] / bins["count_stayed"]).where(rows["score_state"] != "silent").to_numpy()
    weight, value = rows[mrr].to_numpy(), rows[amount].to_numpy()
    told = ~np.isnan(score) & (weight > 0)
    centre = round(float(np.average(score[told], weights=weight[told])), 6) if told.any() else 0.0
    design = _size_columns(score, centre)
    kept = [0, 1, 2] if rows[moved].sum() >= MIN_MOVES_FOR_SLOPE else [0]
    if not is_full_rank(design[:, kept] * np.sqrt(weight)[:, None]):
        kept = [0]
    coef, influence = _weighted_fit(design, weight, value, rows["account_group"].to_numpy(), kept)
    if not _is_possible(coef, centre, scale, outcome):
        coef, influence = _weighted_fit(design, weight, value, rows["account_group"].to_numpy(), [0])
    return MovementSize(coef=coef, centre=centre, influence=influence, mean=float(value.sum() / weight.sum()))


def joint_error(parts: list[tuple[pd.DataFrame, np.ndarray]]) -> float:
    """Standard error of Σ gradient · coefficients over several fits of the same account groups, with G/(G − 1)."""
    pushes = [pd.Series(influence.to_numpy() @ gradient, index=influence.index) for influence, gradient in parts]
    total = pd.concat(pushes).groupby(level=0).sum().to_numpy()
    return float(np.sqrt((total**2).sum() * len(total) / (len(total) - 1)))


def _size_columns(score: np.ndarray, centre: float) -> np.ndarray:
    is_silent = np.isnan(score)
    return np.column_stack([np.ones(len(score)), np.where(is_silent, 0.0, score - centre), is_silent])


def _weighted_fit(
    design: np.ndarray, weight: np.ndarray, value: np.ndarray, group: np.ndarray, kept: list[int]
) -> tuple[np.ndarray, pd.DataFrame]:
    """Coefficients of value/weight on the kept columns (0 elsewhere), and their influence by group."""
    part = design[:, kept]
    bread = np.linalg.inv((part * weight[:, None]).T @ part)
    estimate = bread @ part.T @ value
    labels, index = np.unique(group, return_inverse=True)
    residual = value - weight * (part @ estimate)
    sums = [np.bincount(index, weights=residual * column, minlength=len(labels)) for column in part.T]
    coef, influence = np.zeros(design.shape[1]), np.zeros((len(labels), design.shape[1]))
    coef[kept], influence[:, kept] = estimate, np.column_stack(sums) @ bread
    return coef, pd.DataFrame(influence, index=labels)


def _is_possible(coef: np.ndarray, centre: float, scale: tuple[float, float], outcome: str) -> bool:
    """Sizes are linear in the score, so the ends of the scale and silence hold the extremes."""
    sizes = _size_columns(np.array([*scale, np.nan]), centre) @ coef
    return bool(sizes.min() > 0 and (outcome == "expansion" or sizes.max() <= 1))
