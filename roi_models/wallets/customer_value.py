"""Customer Value Added: what we are worth to those who use us, over what competitors are worth to those who use them.

Belongs here: the ratio of mean perceived values with its interval, and the study that tells it.
Does not belong here: the same ratio by quarter (`agg_customer_value_added`), what it goes with (`wallet_effects.py`).

Mahajan's CVA = mean perceived value of our brand / mean perceived value of the competitors', each rating counting once.
Its error is that of the log of a ratio of two means by linearisation, over accounts: an account's ratings of us and of
others, which resemble one another, stay together.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from roi_models.study import Section, Shown, Study, StudyTable

TABLES = ("customer_value",)
ALL_PERIODS = "all"
MIN_CLUSTERS = 30
VALUE_TYPES = {
    "period": "object", "label": "object", "own_value": "float64", "competitor_value": "float64",
    "customer_value_added": "float64", "ci_low": "float64", "ci_high": "float64", "count_own_ratings": "int64",
    "count_competitor_ratings": "int64", "count_accounts": "int64", "problem": "object",
}  # fmt: skip
_SHOWN = (
    Shown(
        column="customer_value_added",
        heading="Ours over theirs",
        unit="ratio",
        low="ci_low",
        high="ci_high",
        definition="{label}: mean perceived value of us over that of the competitors; 95% interval by account.",
    ),
    Shown(column="own_value", heading="Ours", unit="score", definition="{label}: mean perceived value of our brand."),
    Shown(
        column="competitor_value",
        heading="Theirs",
        unit="score",
        definition="{label}: mean perceived value of the competitors' brands.",
    ),
    Shown(column="count_own_ratings", heading="Ratings of us", unit="count", definition="{label}: ratings of us."),
)


def customer_value_study(values: pd.DataFrame, *, minimum_ratings: int) -> Study:
    """The study from sums of perceived value.

    `values`: one row per cluster (account), year (YYYY, empty without a date) and is_us: value_sum, count_ratings.
    `minimum_ratings`: of us and of the competitors, below which nothing is shown.
    """
    table = customer_value_added(values, minimum_ratings=minimum_ratings)
    found = table[table["problem"] == ""]
    return Study(
        id="cva",
        section=Section.WALLET,
        title="What customers find us worth",
        sentences=(_sentence(table),),
        tables=(
            StudyTable(
                name=TABLES[0],
                frame=table,
                keys=("period",),
                named_by="label",
                caption="Customer value added: perceived value of us over the competitors’",
                shown=_SHOWN,
                rows=len(found),
            ),
        ),
    )


def customer_value_added(values: pd.DataFrame, *, minimum_ratings: int) -> pd.DataFrame:
    """A row for all periods and one per year (columns `VALUE_TYPES`), those that cannot be shown last."""
    periods = [(ALL_PERIODS, values)] if len(values) else []
    periods += [(str(year), part) for year, part in values.groupby("year", sort=True) if str(year).isdigit()]
    rows = [_of_period(period, part, minimum_ratings) for period, part in periods]
    table = pd.DataFrame(rows, columns=list(VALUE_TYPES)).astype(VALUE_TYPES)
    return table.sort_values("problem", key=lambda problem: problem != "", kind="stable", ignore_index=True)


def _of_period(period: str, values: pd.DataFrame, minimum_ratings: int) -> dict[str, object]:
    is_us = values["is_us"].astype(bool)
    sums, counts = [
        values.assign(own=values[name].where(is_us, 0.0), other=values[name].where(~is_us, 0.0))
        .groupby("cluster", sort=True)[["own", "other"]]
        .sum()
        .to_numpy(float)
        for name in ("value_sum", "count_ratings")
    ]
    totals, ratings = sums.sum(axis=0), counts.sum(axis=0)
    row: dict[str, object] = {
        "period": period,
        "label": "All answers" if period == ALL_PERIODS else period,
        "count_own_ratings": int(ratings[0]),
        "count_competitor_ratings": int(ratings[1]),
        "count_accounts": len(sums),
    }
    problem = _problem(totals, ratings, len(sums), minimum_ratings)
    if problem:
        return row | {"problem": problem}
    own, other = totals / ratings
    # Derivative of log(own / other) by each cluster's sums and counts.
    influence = (sums - counts * (totals / ratings)) / totals
    deviation = influence[:, 0] - influence[:, 1]
    count = len(sums)
    error = float(np.sqrt(count / (count - 1) * (deviation @ deviation)))
    reach = float(np.exp(stats.t.ppf(0.975, count - 1) * error))
    ratio = float(own / other)
    return row | {
        "own_value": float(own),
        "competitor_value": float(other),
        "customer_value_added": ratio,
        "ci_low": ratio / reach,
        "ci_high": ratio * reach,
        "problem": "",
    }


def _problem(totals: np.ndarray, ratings: np.ndarray, clusters: int, minimum_ratings: int) -> str:
    if ratings.min() < max(minimum_ratings, 1):
        return (
            f"{int(ratings[0])} ratings of us and {int(ratings[1])} of competitors are too few: "
            f"{minimum_ratings} of each are needed."
        )
    if clusters < MIN_CLUSTERS:
        return f"{clusters} accounts are too few: {MIN_CLUSTERS} are needed."
    if totals.min() <= 0:
        return "perceived values are not above zero, so their ratio means nothing."
    return ""


def _sentence(table: pd.DataFrame) -> str:
    if table.empty:
        return "What customers find us worth against competitors is not known: no perceived values were supplied."
    row = table[table["period"] == ALL_PERIODS].iloc[0]
    if row["problem"]:
        return f"What customers find us worth against competitors cannot be said: {row['problem']}"
    found = f"{row['customer_value_added']:.2f} times"
    interval = f"95% interval {row['ci_low']:.2f} to {row['ci_high']:.2f}"
    if row["ci_low"] > 1:
        reading = "more than competitors are worth to those who use them"
    elif row["ci_high"] < 1:
        reading = "less than competitors are worth to those who use them"
    else:
        reading = "which cannot be told from what competitors are worth"
    return f"To those who use us we are worth {found} the competitors’ perceived value ({interval}): {reading}."
