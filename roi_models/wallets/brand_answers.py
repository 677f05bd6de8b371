"""Answers about brands as the share models take them: with the account's own past, and as changes between waves.

Belongs here: which answers can be used, an account's earlier share, its waves and their changes, number of brands as
columns.
Does not belong here: reading answers (`orchestration/studies`), fitting (`wallet_effects.py`, `wallet_rule.py`).

An answer is one respondent's: response_id, account_id, wave (first day of its quarter, missing without a date), share
(measured share of spend, 0…1, or missing), war_share (0…1), count_brands, own_value and competitor_value (perceived
value of us and the mean of the others, or missing), score (of the account, known before the month of the answer, or
missing).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

ANSWER_COLUMNS = (
    "response_id", "account_id", "wave", "share", "war_share", "count_brands", "own_value", "competitor_value", "score",
)  # fmt: skip
# Fewer answers than these with one number of brands are pooled with the number below.
MIN_ANSWERS_PER_SIZE = 10
_MEANS = ["share", "war_share", "count_brands", "value_ratio", "score"]


def measured(answers: pd.DataFrame) -> pd.DataFrame:
    """Answers with a measured share between 0 and 1, in an order of their own, with value_ratio and earlier_share.

    `earlier_share` is the mean measured share of the account's answers in earlier waves: an expanding baseline that
    knows neither this wave nor later ones; missing in an account's first wave and without a date.
    """
    usable = answers[answers["share"].astype(float).between(0, 1)]
    usable = usable.sort_values(["account_id", "wave", "response_id"], ignore_index=True)
    numbers = {name: usable[name].astype(float) for name in ANSWER_COLUMNS[3:]}
    usable = usable.assign(**numbers, wave=pd.to_datetime(usable["wave"]))
    ratio = usable["own_value"] / usable["competitor_value"].where(usable["competitor_value"] > 0)
    return usable.assign(value_ratio=ratio, earlier_share=_earlier_share(usable))


def several_brands(answers: pd.DataFrame) -> pd.DataFrame:
    """Answers of those who use more than one brand: with one, rank and comparison say nothing."""
    return answers[answers["count_brands"] >= 2].reset_index(drop=True)


def changes(answers: pd.DataFrame) -> pd.DataFrame:
    """One row per account and wave with one before: change_… of the wave's means, next_change_… where one follows.

    Waves of an account follow one another whatever lies between them; different people may have answered.
    """
    waves = answers.dropna(subset=["wave"]).groupby(["account_id", "wave"], sort=True, as_index=False)[_MEANS].mean()
    of_account = waves.groupby("account_id", sort=True)
    change = of_account[_MEANS].diff().add_prefix("change_")
    following = change.groupby(waves["account_id"], sort=True).shift(-1).add_prefix("next_")
    return pd.concat([waves[["account_id", "wave"]], change, following], axis=1).dropna(
        subset=["change_share"], ignore_index=True
    )


def size_columns(count_brands: pd.Series) -> np.ndarray:
    """Dummies of the number of brands against the least one (rows × numbers); rare numbers join the one below."""
    counts = count_brands.value_counts().sort_index()
    levels: list[float] = []
    for size, count in counts.items():
        if not levels or count >= MIN_ANSWERS_PER_SIZE:
            levels.append(float(size))
    level = np.searchsorted(levels, count_brands.to_numpy(float), side="right") - 1
    return (level[:, None] == np.arange(1, len(levels))).astype(float)


def _earlier_share(answers: pd.DataFrame) -> pd.Series:
    by_wave = answers.groupby(["account_id", "wave"], sort=True)["share"].agg(["sum", "count"])
    known = by_wave.groupby(level="account_id", sort=True).cumsum() - by_wave
    earlier = (known["sum"] / known["count"].where(known["count"] > 0)).rename("earlier_share")
    return answers.join(earlier, on=["account_id", "wave"])["earlier_share"]
