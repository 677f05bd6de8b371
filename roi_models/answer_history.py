"""What the history of answers says about satisfaction that outlasts one answer: moments, and variance components.

Belongs here: covariances of answers of the same account by their distance in months, and the ages of the answers that
a score is made of, both as sums per account group, so that a bootstrap resamples groups and never sees an answer twice.
Does not belong here: what noise does to the slope (`latent_score.py`), scores of accounts (the warehouse).

Two people of one account share the account's satisfaction and nothing else, so the covariance of their answers, h
months apart, is that of satisfaction itself: γ(h) = lasting + moving · φ^h (a variance between accounts, and a first
order autoregression within them). What the answers of one person share beyond γ is the person's own style; the rest
is noise of the single answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from roi_models.design import design_matrix
from roi_models.results import DesignEncoding

MAX_DISTANCE_MONTHS = 24
# Persistence from one month to the next that is tried: half-lives of three weeks to twelve years.
PERSISTENCE = np.concatenate([np.arange(0.40, 0.90, 0.05), np.arange(0.90, 0.996, 0.005)])
ANSWER_COLUMNS = [
    "account_id", "account_group", "contact_key", "contact_role", "answer_month", "last_month", "score", "tenure_step",
    "is_renewal", "control_key",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerMoments:
    """Sums per account group (rows follow `groups`) of answers freed of what the hazard model and roles explain.

    `products`, `pairs` (groups × distance 0…24): mean products of answers of two people of an account, one entry per
    account and pair of months, and how many such entries. `own_products`, `own_pairs`: the same of one person's answers.
    `squares`, `answers` (groups): squared answers, and answers. `ages` (groups × months): how old, in the month at risk,
    the answers are that the score of the headline lag is made of; an account's weight is its months heard.
    """

    groups: np.ndarray
    products: np.ndarray
    pairs: np.ndarray
    own_products: np.ndarray
    own_pairs: np.ndarray
    squares: np.ndarray
    answers: np.ndarray
    ages: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class Components:
    """Variances in squared answer points, one entry per replicate: `lasting` and `moving` (satisfaction), `persistence`
    φ per month, and `current`: covariance of a score with the satisfaction of the month at risk."""

    lasting: np.ndarray
    moving: np.ndarray
    persistence: np.ndarray
    current: np.ndarray


def answer_moments(
    answers: pd.DataFrame, encoding: DesignEncoding, *, lag: int, kept_months: int, groups: np.ndarray
) -> AnswerMoments:
    """Moments of `answers`, one row per answer with `ANSWER_COLUMNS`; months are counted (year · 12 + month).

    `last_month` is the account's last at risk. `kept_months`: how long an answer counts. Answers of groups that are not
    among `groups` (sorted) take no part.
    """
    rows = answers[answers["account_group"].isin(groups)].copy()
    # Sorted, so that sums do not hang on the order in which answers arrive.
    rows = rows.sort_values(["account_id", "contact_key", "answer_month", "score"], kind="stable")
    rows["residual"] = _unexplained(rows, encoding)
    account, _ = pd.factorize(rows["account_id"])
    contact, _ = pd.factorize(pd.MultiIndex.from_frame(rows[["account_id", "contact_key"]]))
    place = np.searchsorted(groups, rows["account_group"].to_numpy())
    month = (rows["answer_month"] - rows["answer_month"].min()).to_numpy(int)
    index = _Index(account=account, contact=contact, group=place, month=month)
    return AnswerMoments(
        groups=groups,
        **_covariances(rows["residual"].to_numpy(), index, len(groups)),
        squares=np.bincount(place, weights=rows["residual"] ** 2, minlength=len(groups)),
        answers=np.bincount(place, minlength=len(groups)).astype(float),
        ages=_ages(rows, index, lag=lag, kept_months=kept_months, count_groups=len(groups)),
    )


def fit_components(moments: AnswerMoments, weights: np.ndarray) -> Components:
    """Least squares of γ(h) on its pairs, variances not below 0, for each row of `weights` (replicates × groups).

    For each persistence tried, the two variances are linear and solved in closed form.
    """
    pairs = weights @ moments.pairs
    covariance = np.divide(weights @ moments.products, pairs, out=np.zeros_like(pairs), where=pairs > 0)
    ages = weights @ moments.ages
    ages = ages / np.maximum(ages.sum(axis=1, keepdims=True), np.finfo(float).tiny)
    distance, age = np.arange(pairs.shape[1]), np.arange(ages.shape[1])
    best = np.full(len(weights), np.inf)
    found = {name: np.zeros(len(weights)) for name in ("lasting", "moving", "persistence", "current")}
    for phi in PERSISTENCE:
        lasting, moving = _variances(covariance, pairs, phi**distance)
        misfit = (pairs * (covariance - lasting[:, None] - moving[:, None] * phi**distance) ** 2).sum(axis=1)
        better = misfit < best
        best = np.where(better, misfit, best)
        fitted = {
            "lasting": lasting, "moving": moving, "persistence": phi, "current": lasting + moving * (ages @ phi**age),
        }  # fmt: skip
        found = {name: np.where(better, fitted[name], found[name]) for name in found}
    return Components(**found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Index:
    """Whose answer it is: numbers of account, contact (each ascending over the rows), group and month."""

    account: np.ndarray
    contact: np.ndarray
    group: np.ndarray
    month: np.ndarray


def _unexplained(rows: pd.DataFrame, encoding: DesignEncoding) -> np.ndarray:
    """Answers less what role and the hazard model's other terms explain: noise is judged beside these controls too."""
    controls = design_matrix(encoding, rows.assign(score=np.nan, score_state="fresh"))
    roles = pd.get_dummies(rows["contact_role"].fillna("unknown"), dtype=float).to_numpy()
    columns, score = np.column_stack([controls, roles]), rows["score"].to_numpy(float)
    return score - columns @ np.linalg.lstsq(columns, score, rcond=None)[0]


def _covariances(residual: np.ndarray, index: _Index, count_groups: int) -> dict[str, np.ndarray]:
    months = int(index.month.max()) + 1
    distances = min(MAX_DISTANCE_MONTHS, months - 1) + 1
    by_account, by_contact = _table(residual, index.account, index.month), _table(residual, index.contact, index.month)
    account_of = index.account[np.unique(index.contact, return_index=True)[1]]
    group_of = index.group[np.unique(index.account, return_index=True)[1]]
    names = ("products", "pairs", "own_products", "own_pairs")
    sums = {name: np.zeros((count_groups, MAX_DISTANCE_MONTHS + 1)) for name in names}
    for distance in range(distances):
        earlier, later = slice(0, months - distance), slice(distance, months)
        product, count = (table[:, earlier] * table[:, later] for table in by_account)
        own_product, own_count = (table[:, earlier] * table[:, later] for table in by_contact)
        own = [_sum_rows(part, account_of, len(group_of)) for part in (own_product, own_count)]
        for prefix, products, counts in (("", product - own[0], count - own[1]), ("own_", own[0], own[1])):
            is_pair = counts > 0.5
            mean = np.divide(products, counts, out=np.zeros_like(products), where=is_pair).sum(axis=1)
            sums[f"{prefix}products"][:, distance] = np.bincount(group_of, weights=mean, minlength=count_groups)
            sums[f"{prefix}pairs"][:, distance] = np.bincount(
                group_of, weights=is_pair.sum(axis=1), minlength=count_groups
            )
    return sums


def _table(residual: np.ndarray, row: np.ndarray, month: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sums of answers and their number by row (account or contact) and month."""
    shape = int(row.max()) + 1, int(month.max()) + 1
    cell = row * shape[1] + month
    size = shape[0] * shape[1]
    total, count = np.bincount(cell, weights=residual, minlength=size), np.bincount(cell, minlength=size)
    return total.reshape(shape), count.reshape(shape).astype(float)


def _sum_rows(table: np.ndarray, row: np.ndarray, count_rows: int) -> np.ndarray:
    """Sum contacts, which are in the order of their accounts, to accounts."""
    starts = np.searchsorted(row, np.arange(count_rows))
    return np.add.reduceat(table, starts, axis=0)


def _ages(rows: pd.DataFrame, index: _Index, *, lag: int, kept_months: int, count_groups: int) -> np.ndarray:
    """An answer counts from the month after it was known to the person's next one, or for `kept_months`; a month at risk
    sees it `lag` − 1 months later. Months after the account's last do not see it."""
    month = index.month
    following = np.append(month[1:], 0)
    is_last = np.append(index.contact[1:] != index.contact[:-1], True)
    longest = np.where(is_last, kept_months, np.minimum(following - month, kept_months))
    oldest = np.minimum(longest + lag - 1, (rows["last_month"] - rows["answer_month"]).to_numpy(int))
    people = np.bincount(index.account[np.unique(index.contact, return_index=True)[1]])
    weight = 1.0 / people[index.account]
    table = np.zeros((count_groups, kept_months + lag))
    for age in range(lag, kept_months + lag):
        table[:, age] = np.bincount(index.group, weights=weight * (oldest >= age), minlength=count_groups)
    return table


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
