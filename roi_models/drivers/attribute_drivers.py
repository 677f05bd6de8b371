"""What moves the score: how much each rated attribute tells about it, how well it is rated, and whose revenue says so.

Belongs here: which attributes and answers take part, importance beside performance, revenue of accounts that rate an
attribute low. Does not belong here: the decomposition (`relative_importance.py`), touchpoints
(`touchpoint_drivers.py`), sentences and tables (`drivers_study.py`).

Importance is an association within answers: a rating that goes with the score may follow it (a halo) or lead it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from roi_models.drivers.relative_importance import MAX_PREDICTORS, Importance, decompose_r_squared
from roi_models.regression.cluster_jackknife import fit_jackknife
from roi_models.regression.clustered_ols import is_full_rank

MIN_ANSWERS = 100
MIN_ACCOUNTS = 20
# Attributes shown to few respondents would leave no answer that rates them all.
MIN_RATED_SHARE = 0.5
LOW_BELOW_PCT = 50.0
MEND_FIRST = "mend first"
_SIGNIFICANCE = 0.05
_TYPES = {
    "attribute": "str", "importance_share": "float64", "importance_low": "float64", "importance_high": "float64",
    "correlation": "float64", "performance_pct": "float64", "count_accounts": "int64", "count_low_accounts": "int64",
    "low_mrr_amount": "float64", "reading": "str",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeDrivers:
    """`table`: a row per attribute, by the revenue of accounts that rate it low. `problem`: why it is empty.

    `left_out`: attributes without part, by name; `r_squared`: what the others explain together, with its interval.
    """

    table: pd.DataFrame
    count_answers: int = 0
    count_accounts: int = 0
    r_squared: float = float("nan")
    r_squared_low: float = float("nan")
    r_squared_high: float = float("nan")
    left_out: tuple[str, ...] = ()
    problem: str | None = None


def attribute_drivers(ratings: pd.DataFrame, current: pd.DataFrame, *, metric_label: str) -> AttributeDrivers:
    """Importance, performance and affected revenue of every attribute.

    `ratings`: response_id, account_id, attribute, performance_pct (0 to 100), score (the overall metric of the same
    response). `current`: account_id, attribute, performance_pct (the account's, today), mrr_amount. Only answers that
    rated all attributes taking part are used (complete cases); attributes rated in less than half as many answers as
    the most rated one, and those that repeat others, take no part.
    """
    rated = ratings.dropna(subset=["performance_pct", "score"])
    if rated.empty:
        return _refused("no attribute ratings are supplied with answers to the overall question")
    names = _often_rated(rated)
    wide, score, account = _complete(rated, names)
    if len(wide) < MIN_ANSWERS or len(set(account)) < MIN_ACCOUNTS:
        return _refused(
            f"{len(wide):,} answers of {len(set(account)):,} accounts rate all attributes, "
            f"and {MIN_ANSWERS} of {MIN_ACCOUNTS} are needed"
        )
    kept = _independent(wide, names)
    problem = _no_signal(wide[kept].to_numpy(), score, account, kept, metric_label)
    if problem:
        return _refused(problem)
    found = decompose_r_squared(wide[kept].to_numpy(), score, account)
    table = _table(kept, found, wide[kept], score).merge(_affected(current), on="attribute", how="left")
    counts = ["count_accounts", "count_low_accounts"]
    table[counts] = table[counts].fillna(0).astype("int64")
    table["low_mrr_amount"] = table["low_mrr_amount"].fillna(0.0)
    order = table.assign(importance=-found.share, revenue=-table["low_mrr_amount"])
    order = order.sort_values(["revenue", "importance", "attribute"], kind="stable").index
    return AttributeDrivers(
        table=table.loc[order, list(_TYPES)].astype(_TYPES).reset_index(drop=True),
        count_answers=len(wide),
        count_accounts=len(set(account)),
        r_squared=found.r_squared,
        r_squared_low=found.r_squared_low,
        r_squared_high=found.r_squared_high,
        left_out=tuple(sorted(set(rated["attribute"]) - set(kept))),
    )


def _refused(problem: str) -> AttributeDrivers:
    return AttributeDrivers(table=pd.DataFrame(columns=list(_TYPES)).astype(_TYPES), problem=problem)


def _often_rated(rated: pd.DataFrame) -> list[str]:
    """The most rated attributes, at most as many as can be decomposed exactly; ties by name."""
    counts = rated.groupby("attribute")["response_id"].nunique().reset_index(name="count")
    counts = counts[counts["count"] >= MIN_RATED_SHARE * counts["count"].max()]
    return (
        counts.sort_values(["count", "attribute"], ascending=[False, True])["attribute"].head(MAX_PREDICTORS).tolist()
    )


def _complete(rated: pd.DataFrame, names: list[str]) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Answers that rated all of these, ordered by their id: ratings (n, p), scores (n,) and accounts (n,)."""
    chosen = rated[rated["attribute"].isin(names)]
    wide = chosen.pivot(index="response_id", columns="attribute", values="performance_pct")[names].dropna().sort_index()
    answers = chosen.drop_duplicates("response_id").set_index("response_id").loc[wide.index]
    return wide.astype(float), answers["score"].to_numpy(float), answers["account_id"].to_numpy(str)


def _independent(wide: pd.DataFrame, names: list[str]) -> list[str]:
    """Attributes that vary and are no combination of those before them."""
    kept: list[str] = []
    for name in names:
        design = np.column_stack([np.ones(len(wide)), wide[[*kept, name]].to_numpy()])
        if is_full_rank(design):
            kept.append(name)
    return kept


def _no_signal(
    ratings: np.ndarray, score: np.ndarray, account: np.ndarray, kept: list[str], metric_label: str
) -> str | None:
    """Why shares of what is explained would mean nothing, if they would."""
    if np.ptp(score) == 0:
        return f"all answers that rate attributes give the same {metric_label}"
    if len(kept) < 2:
        return "fewer than two attributes are rated differently from one answer to the next and from each other"
    fit = fit_jackknife(score, np.column_stack([np.ones(len(score)), ratings]), account)
    if fit is None:
        return "there are not enough accounts for so many attributes"
    p_value = fit.joint_p_value(list(range(1, ratings.shape[1] + 1)))
    if p_value > _SIGNIFICANCE:
        return f"the attributes together tell nothing certain about {metric_label} (p = {p_value:.2f})"
    return None


def _table(kept: list[str], found: Importance, wide: pd.DataFrame, score: np.ndarray) -> pd.DataFrame:
    performance = wide.mean().to_numpy()
    return pd.DataFrame(
        {
            "attribute": kept,
            "importance_share": found.share,
            "importance_low": found.low,
            "importance_high": found.high,
            "correlation": [float(np.corrcoef(wide[name], score)[0, 1]) for name in kept],
            "performance_pct": performance,
            "reading": [
                _reading(low, high, 1 / len(kept), is_weak)
                for low, high, is_weak in zip(found.low, found.high, performance < performance.mean(), strict=True)
            ],
        }
    )


def _reading(low: float, high: float, even: float, is_weak: bool) -> str:
    """The quadrant of importance and performance; importance is decided where its interval excludes the even share."""
    if low > even:
        return MEND_FIRST if is_weak else "keep up"
    if high < even:
        return "mend later" if is_weak else "leave as is"
    return "not decided"


def _affected(current: pd.DataFrame) -> pd.DataFrame:
    """Per attribute: accounts that rate it today, those in the lower half of its scale, and the revenue of these."""
    rated = current.sort_values(["attribute", "account_id"], kind="stable")
    is_low = rated["performance_pct"].astype(float) < LOW_BELOW_PCT
    revenue = rated["mrr_amount"].astype(float).where(is_low, 0.0)
    return (
        rated.assign(low=is_low, revenue=revenue)
        .groupby("attribute", sort=True)
        .agg(
            count_accounts=("account_id", "size"), count_low_accounts=("low", "sum"), low_mrr_amount=("revenue", "sum")
        )
        .reset_index()
    )
