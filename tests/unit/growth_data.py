"""Account-months that leave, shrink and grow with planted slopes, as the marts hold them, and what is then true."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hazard_data import CELL_KEYS, account_months, active_accounts, cells_of, control_levels_of

from roi_models.revenue.growth import GrowthFrames

DEPARTURE_SLOPE, CONTRACTION_SLOPE, EXPANSION_SLOPE = -0.25, -0.30, 0.20
CONTRACTION, EXPANSION = (0.02, 0.15), (0.05, 0.20)  # monthly hazard at 7.5 and among the silent; size
INVOLUNTARY = 0.003


def chance(level: float, slope: float, score: np.ndarray) -> np.ndarray:
    """Chance of a movement in a month; the silent are as likely as who scores 7.5."""
    return -np.expm1(-level * np.exp(slope * np.nan_to_num(score - 7.5)))


def movement_cells_of(months: pd.DataFrame, *, seed: int = 5, moves: bool = True) -> pd.DataFrame:
    """Cells as agg_movement_cells has them, of those who stayed, with contraction and expansion drawn."""
    stayed = months[~months["voluntary"] & ~months["involuntary"]]
    score, draw = stayed["score"].to_numpy(), np.random.default_rng(seed).random(len(stayed))
    grows = draw < chance(EXPANSION[0], EXPANSION_SLOPE, score) * moves
    shrinks = draw > 1 - chance(CONTRACTION[0], CONTRACTION_SLOPE, score) * moves
    rows = stayed.assign(
        score_bin=np.where(np.isnan(score), "", np.floor(np.nan_to_num(score)).astype(int).astype(str)),
        score=np.nan_to_num(score),
        expanded=grows,
        contracted=shrinks,
        expanded_mrr=stayed["mrr"] * grows,
        contracted_mrr=stayed["mrr"] * shrinks,
        expansion=stayed["mrr"] * grows * EXPANSION[1],
        contraction=stayed["mrr"] * shrinks * CONTRACTION[1],
    )
    cells = rows.groupby(CELL_KEYS[1:], as_index=False).agg(
        count_stayed=("account", "size"),
        count_expanded=("expanded", "sum"),
        count_contracted=("contracted", "sum"),
        score_sum=("score", "sum"),
        mrr_sum=("mrr", "sum"),
        expanded_mrr_sum=("expanded_mrr", "sum"),
        contracted_mrr_sum=("contracted_mrr", "sum"),
        expansion_sum=("expansion", "sum"),
        contraction_sum=("contraction", "sum"),
    )
    return cells.assign(lag=3)


def bridge_of(months: int = 12) -> pd.DataFrame:
    """A company that loses 1% by departures and 0.5% by contraction each month, and grows by 2%."""
    month = {"opening_amount": 1000.0, "expansion_amount": 20.0, "contraction_amount": 5.0, "churn_amount": 10.0}
    return pd.DataFrame([month] * months)


def growth_frames(months: pd.DataFrame, *, moves: bool = True) -> GrowthFrames:
    """What the study reads of these account-months."""
    return GrowthFrames(
        hazard_cells=cells_of(months, lags=(3,)),
        movement_cells=movement_cells_of(months, moves=moves),
        control_levels=control_levels_of(months),
        accounts=active_accounts(months),
        bridge=bridge_of(),
    )


def panel(**options) -> pd.DataFrame:
    """The account-months that growth's tests share."""
    return account_months(**({"n_accounts": 1000, "seed": 21} | options))


def true_retention(months: pd.DataFrame, *, lift: float = 0.0, grows: bool = True) -> float:
    """Expected revenue after twelve months over today's, account by account, from the planted laws alone."""
    last = months[(months["month"] == months["month"].max()) & ~months["voluntary"] & ~months["involuntary"]]
    score = np.minimum(last["score"].to_numpy() + lift, 10.0)
    silent, stale = (last["score_state"] == "silent").to_numpy(), (last["score_state"] == "stale").to_numpy()
    revenue = last["mrr"].to_numpy()
    for ahead in range(1, 13):
        tenure = last["tenure"].to_numpy() + ahead
        eta = np.log(0.02) + np.where(silent, 0.3, DEPARTURE_SLOPE * np.nan_to_num(score - 7.5) + 0.1 * stale)
        eta = (
            eta + 0.2 * last["price"].to_numpy() + last["segment"].map({"ENT": -0.5, "MID": 0.0, "SMB": 0.3}).to_numpy()
        )
        eta = eta + 1.0 * (tenure % 12 == 0) - 0.3 * (tenure >= 24)
        revenue = revenue * np.exp(-np.exp(eta)) * (1 - INVOLUNTARY)
        growth = chance(EXPANSION[0], EXPANSION_SLOPE, score) * EXPANSION[1] * grows
        revenue = revenue * (1 + growth - chance(CONTRACTION[0], CONTRACTION_SLOPE, score) * CONTRACTION[1])
    return float(revenue.sum() / last["mrr"].sum())
