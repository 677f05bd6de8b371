"""What the history of answers says about satisfaction that outlasts one answer: moments, and variance components.

Belongs here: how far scores foretell what *other* people of the account answer in the month at risk, covariances of
answers by their distance in months, ages of the answers that a score is made of. All as sums per account group, so that
a bootstrap resamples groups and never sees an answer twice.
Does not belong here: what noise does to the slope (`latent_score.py`), scores of accounts (the warehouse).

Two people of one account share the account's satisfaction T and nothing else. So a later answer of one is T with noise
that has nothing to do with the other's earlier answer, and their covariance, h months apart, is that of T itself:
γ(h) = lasting + moving · φ^h (a variance between accounts, and a first order autoregression within them). What answers
of one person share beyond γ is the person's own style; the rest is noise of the single answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from roi_models.hazards.design import design_matrix
from roi_models.results import HazardFit
from roi_models.satisfaction.answer_tables import AnswerTables, Sight, people_sums

MAX_DISTANCE_MONTHS = 24
# Persistence from one month to the next that is tried: half-lives of three weeks to twelve years.
PERSISTENCE = np.concatenate([np.arange(0.40, 0.90, 0.05), np.arange(0.90, 0.996, 0.005)])


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerMoments:
    """Sums per account group (rows follow the groups given), of answers freed of what roles and the fit's other terms
    explain.

    `foretold`, `weight` (groups): products of a score without a person's own answers and that person's answer in the
    month at risk, weighted as the hazard fit weighs the month; and the weights. `products`, `pairs` (groups × distance
    0…24): mean products of answers of two people of an account, one entry per account and pair of months, and how many.
    `own_products`, `own_pairs`: the same of one person's answers. `squares`, `answers` (groups): squared answers, and
    answers. `ages`, `ages_tested` (groups × months): how old, in the month at risk, the answers are that the score is
    made of: in all months at risk, and in those that `foretold` sees.
    """

    foretold: np.ndarray
    weight: np.ndarray
    products: np.ndarray
    pairs: np.ndarray
    own_products: np.ndarray
    own_pairs: np.ndarray
    squares: np.ndarray
    answers: np.ndarray
    ages: np.ndarray
    ages_tested: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class Components:
    """One entry per replicate, variances in squared answer points. `lasting` and `moving` (of satisfaction),
    `persistence` φ per month, `current`: covariance of a score with the satisfaction of the month at risk, `ageing`:
    the part of `current` that makes up for scores being of another age when somebody answers than in other months."""

    lasting: np.ndarray
    moving: np.ndarray
    persistence: np.ndarray
    current: np.ndarray
    ageing: np.ndarray


def answer_moments(tables: AnswerTables, sight: Sight, fit: HazardFit) -> AnswerMoments:
    """Moments of the answers in `tables`, scores being seen as `sight` says, months weighted as `fit` weighs them."""
    rows = tables.rows[tables.rows["is_at_risk"]]
    residual = _unexplained(rows["score"].to_numpy(float), _explaining(rows, fit), np.ones(len(rows)))
    group = rows["group"].to_numpy()
    tested = _tested(tables, sight, fit)
    size = tables.count_groups
    return AnswerMoments(
        foretold=np.bincount(tested["group"], weights=tested["product"], minlength=size),
        weight=np.bincount(tested["group"], weights=tested["weight"], minlength=size),
        **_covariances(tables, rows, residual),
        squares=np.bincount(group, weights=residual**2, minlength=size),
        answers=np.bincount(group, minlength=size).astype(float),
        ages=sight.ages(tables, tables.is_present),
        ages_tested=sight.ages(tables, _account_weights(tables, tested)),
    )


def fit_components(moments: AnswerMoments, weights: np.ndarray) -> Components:
    """The components for each row of `weights` (replicates × groups).

    γ by least squares on its pairs, variances not below 0: for each persistence tried, both are linear and solved in
    closed form. `current` is the mean of `foretold`, times γ at the ages of all months over γ at the ages tested.
    """
    pairs = weights @ moments.pairs
    covariance = np.divide(weights @ moments.products, pairs, out=np.zeros_like(pairs), where=pairs > 0)
    ages, tested = (_shares(weights @ table) for table in (moments.ages, moments.ages_tested))
    distance, age = np.arange(pairs.shape[1]), np.arange(ages.shape[1])
    best = np.full(len(weights), np.inf)
    found = {name: np.zeros(len(weights)) for name in ("lasting", "moving", "persistence", "ageing")}
    for phi in PERSISTENCE:
        lasting, moving = _variances(covariance, pairs, phi**distance)
        misfit = (pairs * (covariance - lasting[:, None] - moving[:, None] * phi**distance) ** 2).sum(axis=1)
        better = misfit < best
        best = np.where(better, misfit, best)
        usual, seen = (lasting + moving * (shares @ phi**age) for shares in (ages, tested))
        ageing = np.divide(usual, seen, out=np.ones_like(usual), where=seen > 0)
        fitted = {"lasting": lasting, "moving": moving, "persistence": phi, "ageing": ageing}
        found = {name: np.where(better, fitted[name], found[name]) for name in found}
    total = weights @ moments.weight
    foretold = np.divide(weights @ moments.foretold, total, out=np.zeros_like(total), where=total > 0)
    return Components(**found, current=foretold * found["ageing"])


def _shares(table: np.ndarray) -> np.ndarray:
    return table / np.maximum(table.sum(axis=1, keepdims=True), np.finfo(float).tiny)


def _explaining(rows: pd.DataFrame, fit: HazardFit, states: np.ndarray | None = None) -> np.ndarray:
    """The fit's terms but the score, and roles: noise is judged beside the same controls as the slope."""
    frame = rows.assign(score=np.nan, score_state="fresh" if states is None else states)
    return np.column_stack(
        [design_matrix(fit.encoding, frame), pd.get_dummies(rows["contact_role"], dtype=float).to_numpy()]
    )


def _unexplained(values: np.ndarray, columns: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Values less their weighted regression on the columns, which may determine one another."""
    root = np.sqrt(weight)
    return values - columns @ np.linalg.lstsq(columns * root[:, None], values * root, rcond=None)[0]


def _tested(tables: AnswerTables, sight: Sight, fit: HazardFit) -> pd.DataFrame:
    """Answers of a month at risk beside the score seen then, the person's own answers left out: account, month, group,
    weight, product. The answers of an account and month share the weight that the fit gives that month."""
    rows = tables.rows[tables.rows["is_at_risk"]]
    place = rows["account"].to_numpy(), rows["month"].to_numpy()
    own_place = rows["contact"].to_numpy(), rows["month"].to_numpy()
    own = sight.is_seen[own_place]
    others = sight.count[place] - own
    rows = rows.assign(
        whole=sight.total[place] / np.maximum(sight.count[place], 1),
        rest=(sight.total[place] - np.where(own, sight.score[own_place], 0.0)) / np.maximum(others, 1),
        state=sight.states[place],
    )[others > 0].reset_index(drop=True)
    design = design_matrix(fit.encoding, rows.assign(score=rows["whole"], score_state=rows["state"]))
    shared = rows.groupby(["account", "month"])["score"].transform("size")
    weight = np.exp(design @ fit.coef) / shared.to_numpy(float)
    columns = _explaining(rows, fit, rows["state"].to_numpy())
    answer, rest = (_unexplained(rows[name].to_numpy(float), columns, weight) for name in ("score", "rest"))
    return rows[["account", "month", "group"]].assign(weight=weight, product=weight * answer * rest)


def _account_weights(tables: AnswerTables, tested: pd.DataFrame) -> np.ndarray:
    """Weights of the tested answers by account and month."""
    weights = np.zeros(tables.is_present.shape)
    np.add.at(weights, (tested["account"].to_numpy(), tested["month"].to_numpy()), tested["weight"].to_numpy())
    return weights


def _covariances(tables: AnswerTables, rows: pd.DataFrame, residual: np.ndarray) -> dict[str, np.ndarray]:
    own = tables.spread(rows, residual)
    joint = [people_sums(tables, table) for table in own]
    months = own[0].shape[1]
    names = ("products", "pairs", "own_products", "own_pairs")
    sums = {name: np.zeros((tables.count_groups, MAX_DISTANCE_MONTHS + 1)) for name in names}
    for distance in range(min(MAX_DISTANCE_MONTHS, months - 1) + 1):
        earlier, later = slice(0, months - distance), slice(distance, months)
        alone = [people_sums(tables, table[:, earlier] * table[:, later]) for table in own]
        both = [table[:, earlier] * table[:, later] for table in joint]
        for prefix, (products, counts) in (("", (both[0] - alone[0], both[1] - alone[1])), ("own_", alone)):
            is_pair = counts > 0.5
            means = np.divide(products, counts, out=np.zeros_like(products), where=is_pair)
            for name, values in (("products", means), ("pairs", is_pair)):
                sums[prefix + name][:, distance] = tables.group_sums(values.sum(axis=1))
    return sums


def _variances(covariance: np.ndarray, pairs: np.ndarray, decay: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weighted least squares of covariance (replicates × distances) on 1 and φ^h, each coefficient at least 0."""
    total = pairs.sum(axis=1)
    s1, s2 = pairs @ decay, pairs @ decay**2
    y0, y1 = (pairs * covariance).sum(axis=1), (pairs * covariance) @ decay
    determinant = total * s2 - s1**2
    is_solvable = determinant > 1e-9 * total * s2
    safe = np.where(is_solvable, determinant, 1.0)
    lasting = np.where(is_solvable, (s2 * y0 - s1 * y1) / safe, -1.0)
    moving = np.where(is_solvable, (total * y1 - s1 * y0) / safe, -1.0)
    only_lasting = np.maximum(y0 / np.maximum(total, 1e-300), 0.0)
    only_moving = np.maximum(y1 / np.maximum(s2, 1e-300), 0.0)
    inside = (lasting >= 0) & (moving >= 0)
    # On the edge, the better of the two alone: the larger drop of the sum of squares, y²/s.
    take_lasting = y0 * only_lasting >= y1 * only_moving
    return (
        np.where(inside, lasting, np.where(take_lasting, only_lasting, 0.0)),
        np.where(inside, moving, np.where(take_lasting, 0.0, only_moving)),
    )
