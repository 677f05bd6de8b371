"""The account-months that bench/models.py fits: drawn by numpy, kept as the warehouse has them and as plain numbers.

Belongs here: what the two tables hold, and the query from rows to cells. Does not belong here: fitting or timing.

`panel` has the columns of the warehouse's account-months that the hazard model reads. `design` has the same rows as the
numbers that other libraries want: centred score, dummies, within-bin means, and both time scales.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

LAG = 3
MONTHS, SLOPE, BASE_HAZARD, CENTRE = 36, -0.25, 0.008, 7.5
STEPS = np.array([0, 6, 12, 24, 36, 60])
STEP_LABELS = np.array([f"t{step:03d}" for step in STEPS], dtype=object)
SEGMENTS = np.array(["ENT", "MID", "SMB"], dtype=object)
SEGMENT_EFFECTS = np.array([-0.6, -0.1, 0.3])
PRICE_EDGES = (-1.0, 0.0, 1.0)
CHURNING = 0.86  # share of the months that are left when everybody's departures are taken off

# Groups rows as marts.agg_hazard_cells does; the shape of one lag.
CELLS = f"""
    select
        {LAG} as lag,
        account_group,
        score_state,
        coalesce(cast(score_bin_number as varchar), '') as score_bin,
        tenure_step,
        is_renewal,
        control_key,
        count(*) as count_at_risk,
        count(*) filter (churn_kind = 'voluntary') as count_voluntary,
        count(*) filter (churn_kind = 'involuntary') as count_involuntary,
        count(churn_kind) as count_churned,
        sum(coalesce(score, 0)) as score_sum
    from (select *, cast(floor(score / 0.5) as int) as score_bin_number from panel)
    group by account_group, score_state, score_bin_number, tenure_step, is_renewal, control_key
"""
WITHOUT_GROUPS = CELLS.replace(
    "        account_group,\n", "        cast(count(*) % 2 as int) as account_group,\n"
).replace("group by account_group, ", "group by ")


def draw(path: Path, *, rows: int, seed: int = 1) -> dict[str, float]:
    """Write both tables and the control levels into a DuckDB file; returns how many rows and departures they hold."""
    import duckdb

    drawn = _rows(np.random.default_rng(seed), round(rows / MONTHS / CHURNING))
    means = drawn.groupby("price_bin")["price"].mean()
    with duckdb.connect(str(path)) as connection:
        connection.register("drawn", drawn)
        connection.register("design_rows", _design(drawn, means.to_numpy()))
        connection.execute(
            "create table panel as select account_id, month, account_group, cast(score as decimal(9, 4)) as score, "
            "score_state, tenure_step, is_renewal, control_key, churn_kind from drawn"
        )
        connection.execute("create table design as select * from design_rows")
        levels = pd.DataFrame(
            {"control_id": "price_index", "level": [f"b{number}" for number in means.index], "kind": "continuous"}
        ).assign(mean_value=means.to_numpy())
        connection.register("levels", levels)
        connection.execute("create table control_levels as select * from levels")
    return {"rows": len(drawn), "events": int((drawn["churn_kind"] == "voluntary").sum())}


def _rows(rng: np.random.Generator, accounts: int) -> pd.DataFrame:
    """Account-months at risk: a score in half points that holds for a quarter, silent or stale in some of them."""
    shape, quarters = (accounts, MONTHS), MONTHS // 3
    quarter = np.arange(MONTHS) // 3
    level = rng.normal(CENTRE, 1.3, accounts)
    score = np.clip(np.round(2 * (level[:, None] + rng.normal(0, 0.8, (accounts, quarters)))) / 2, 0, 10)[:, quarter]
    state = rng.choice(3, (accounts, quarters), p=[0.5, 0.3, 0.2])[:, quarter]
    segment, price = rng.choice(3, accounts, p=[0.15, 0.3, 0.55]), rng.normal(0, 1, accounts)
    price_bin = np.digitize(price, PRICE_EDGES)
    tenure = rng.integers(0, 96, accounts)[:, None] + np.arange(MONTHS)
    step = np.searchsorted(STEPS, tenure, side="right") - 1
    predictor = (
        np.log(BASE_HAZARD)
        + np.where(state == 1, 0.3, SLOPE * (score - CENTRE) + 0.1 * (state == 2))
        + (SEGMENT_EFFECTS[segment] + 0.2 * price)[:, None]
        + 1.2 * (tenure % 12 == 0)
        - 0.07 * step
    )
    voluntary = rng.random(shape) < -np.expm1(-np.exp(predictor))
    involuntary = ~voluntary & (rng.random(shape) < 0.0012)
    churned = voluntary | involuntary
    place = np.nonzero(np.cumsum(churned, axis=1) - churned == 0)
    account = place[0]
    return pd.DataFrame(
        {
            "account_id": account,
            "month": place[1],
            # As good as the md5 hash of an id, because accounts are numbered at random.
            "account_group": account % 256,
            "score": np.where(state == 1, np.nan, score)[place],
            "score_state": np.array(["fresh", "silent", "stale"], dtype=object)[state[place]],
            "tenure_step": STEP_LABELS[step[place]],
            "is_renewal": (tenure % 12 == 0)[place],
            "control_key": _control_keys()[price_bin, segment][account],
            "churn_kind": np.array([None, "voluntary", "involuntary"], dtype=object)[
                (voluntary + 2 * involuntary)[place]
            ],
            "price": price[account],
            "price_bin": price_bin[account],
            "segment": SEGMENTS[segment][account],
            "step": step[place],
        }
    )


def _control_keys() -> np.ndarray:
    bins = range(len(PRICE_EDGES) + 1)
    return np.array([[f"price_index=b{number}|segment={name}" for name in SEGMENTS] for number in bins], dtype=object)


def _design(rows: pd.DataFrame, means: np.ndarray) -> pd.DataFrame:
    """The model's columns as numbers; `month` and `step` are the time scales, `event` is a voluntary departure."""
    columns = {
        "score": (rows["score"] - CENTRE).fillna(0.0),
        "stale": rows["score_state"] == "stale",
        "silent": rows["score_state"] == "silent",
        "renewal": rows["is_renewal"],
        "price": means[rows["price_bin"]],
        "ent": rows["segment"] == "ENT",
        "mid": rows["segment"] == "MID",
        **{f"step{number}": rows["step"] == number for number in range(1, len(STEPS))},
        "month": rows["month"],
        "step": rows["step"],
        "event": rows["churn_kind"] == "voluntary",
        "account_group": rows["account_group"],
    }
    return pd.DataFrame(columns).astype(float)
