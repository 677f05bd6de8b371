"""Small panels with a planted slope, drawn by numpy in hundredths of a second and counted into cells at once.

Belongs here: drawing account-months and counting them. Does not belong here: fitting, or whether anything holds.

A score moves about the account's own level and is answered in half points; it grows stale and falls silent. Hazards
follow score, state, tenure, renewal, segment and price, as the model says: the planted slope is the truth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

STEPS = np.array([0, 6, 12, 24, 36, 60])
STEP_LABELS = np.array([f"t{step:03d}" for step in STEPS])
SEGMENTS = np.array(["ENT", "MID", "SMB"])
SEGMENT_EFFECTS = np.array([-0.5, 0.0, 0.3])
STATES = np.array(["fresh", "silent", "stale"])
STATE_EFFECTS = np.array([0.0, 0.3, 0.1])
PRICE_EDGES = (-1.0, 0.0, 1.0)
BIN_WIDTH = 0.5
SCORE_CENTRE = 7.5
GROUPS = 256
LAG = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Account-months at risk, one entry of each array per row; `account` counts from 0, `price` is per account."""

    account: np.ndarray
    month: np.ndarray
    score: np.ndarray
    state: np.ndarray
    step: np.ndarray
    renewal: np.ndarray
    segment: np.ndarray
    price: np.ndarray
    voluntary: np.ndarray
    involuntary: np.ndarray
    group: np.ndarray


def draw_panel(*, seed: int, accounts: int, slope: float, months: int = 24, base: float = 0.015) -> Panel:
    """Draw accounts × months and keep the months at risk. `slope` is the log hazard ratio of one point of score."""
    rng = np.random.default_rng(seed)
    shape = accounts, months
    level, wave = rng.normal(SCORE_CENTRE, 1.3, accounts), np.zeros(accounts)
    score = np.empty(shape)
    for month in range(months):
        wave = 0.9 * wave + rng.normal(0, 0.4, accounts)
        score[:, month] = level + wave + rng.normal(0, 0.5, accounts)
    score = np.clip(np.round(score / BIN_WIDTH) * BIN_WIDTH, 0, 10)
    # Whoever falls silent stays so for a quarter, in a rhythm of the account's own.
    quarter = (np.arange(months) + rng.integers(0, 3, accounts)[:, None]) // 3
    state = np.take_along_axis(rng.choice(3, (accounts, months // 3 + 1), p=[0.5, 0.3, 0.2]), quarter, axis=1)
    tenure = rng.integers(0, 72, accounts)[:, None] + np.arange(months)
    step = np.searchsorted(STEPS, tenure, side="right") - 1
    segment, price = rng.choice(3, accounts, p=[0.2, 0.3, 0.5]), rng.normal(0, 1, accounts)
    is_silent = STATES[state] == "silent"
    predictor = (
        np.log(base)
        + np.where(is_silent, 0.0, slope * (score - SCORE_CENTRE))
        + STATE_EFFECTS[state]
        + (SEGMENT_EFFECTS[segment] + 0.2 * price)[:, None]
        + 1.0 * (tenure % 12 == 0)
        - 0.08 * step
    )
    voluntary = rng.random(shape) < -np.expm1(-np.exp(predictor))
    involuntary = ~voluntary & (rng.random(shape) < 0.003)
    gone = np.cumsum(voluntary | involuntary, axis=1)
    account, month = np.nonzero(gone - (voluntary | involuntary) == 0)
    pick = account, month
    return Panel(
        account=account,
        month=month,
        score=np.where(is_silent, np.nan, score)[pick],
        state=state[pick],
        step=step[pick],
        renewal=(tenure % 12 == 0)[pick],
        segment=segment[account],
        price=price,
        voluntary=voluntary[pick],
        involuntary=involuntary[pick],
        group=rng.permutation(accounts)[account] % GROUPS,
    )


def cells_of_panel(panel: Panel, rows: np.ndarray | slice = slice(None)) -> pd.DataFrame:
    """The chosen rows as agg_hazard_cells has them, at one lag."""
    price_bin = np.digitize(panel.price, PRICE_EDGES)[panel.account]
    is_scored = ~np.isnan(panel.score)
    score_bin = np.where(is_scored, np.nan_to_num(panel.score) / BIN_WIDTH + 1, 0).astype(int)
    parts = {
        "group": (panel.group, int(panel.group.max()) + 1),
        "state": (panel.state, len(STATES)),
        "score_bin": (score_bin, round(10 / BIN_WIDTH) + 2),
        "step": (panel.step, len(STEPS)),
        "renewal": (panel.renewal.astype(int), 2),
        "price_bin": (price_bin, len(PRICE_EDGES) + 1),
        "segment": (panel.segment, len(SEGMENTS)),
    }
    code = np.ravel_multi_index([part[rows] for part, _ in parts.values()], [size for _, size in parts.values()])
    found, cell = np.unique(code, return_inverse=True)
    key = dict(zip(parts, np.unravel_index(found, [size for _, size in parts.values()]), strict=True))
    voluntary, involuntary = panel.voluntary[rows], panel.involuntary[rows]

    def total(of: np.ndarray) -> np.ndarray:
        return np.bincount(cell, of, minlength=len(found))

    bins = np.array(["", *(str(number) for number in range(round(10 / BIN_WIDTH) + 1))], dtype=object)
    controls = np.array(
        [[f"price_index=b{price}|segment={name}" for name in SEGMENTS] for price in range(len(PRICE_EDGES) + 1)],
        dtype=object,
    )
    return pd.DataFrame(
        {
            "lag": LAG,
            "account_group": key["group"],
            "score_state": STATES.astype(object)[key["state"]],
            "score_bin": bins[key["score_bin"]],
            "tenure_step": STEP_LABELS.astype(object)[key["step"]],
            "is_renewal": key["renewal"] == 1,
            "control_key": controls[key["price_bin"], key["segment"]],
            "count_at_risk": np.bincount(cell, minlength=len(found)),
            "count_voluntary": total(voluntary).astype(int),
            "count_involuntary": total(involuntary).astype(int),
            "count_churned": total(voluntary | involuntary).astype(int),
            "score_sum": total(np.nan_to_num(panel.score[rows])),
        }
    )


def levels_of_panel(panel: Panel) -> pd.DataFrame:
    """Levels as agg_control_levels has them: the means of the price bins, taken over account-months."""
    price = panel.price[panel.account]
    place = np.digitize(price, PRICE_EDGES)
    bins = [
        ("price_index", f"b{number}", "continuous", float(price[place == number].mean())) for number in np.unique(place)
    ]
    segments = [("segment", name, "categorical", np.nan) for name in SEGMENTS]
    return pd.DataFrame([*bins, *segments], columns=["control_id", "level", "kind", "mean_value"])
