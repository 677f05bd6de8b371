"""Simulated account-months with a planted truth, in the shape of the marts that the models read."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd

from roi_models.hazards.hazard import predict_log_hazard

STEPS = np.array([0, 6, 12, 24, 36, 60])
CELL_KEYS = [
    "lag", "account_group", "score_state", "score_bin", "tenure_step", "is_renewal", "control_key",
]  # fmt: skip


def account_months(*, n_accounts=600, n_months=24, beta=-0.25, base=0.02, seed=1, silent_share=0.3) -> pd.DataFrame:
    """One row per account and month at risk; churn follows the score with slope `beta`."""
    rng = np.random.default_rng(seed)
    score = np.clip(rng.normal(7.5, 1.8, n_accounts), 0, 10).round(2)
    silent = rng.random(n_accounts) < silent_share
    stale = ~silent & (rng.random(n_accounts) < 0.3)
    segment = rng.choice(["ENT", "MID", "SMB"], n_accounts, p=[0.2, 0.3, 0.5])
    price = rng.normal(0, 1, n_accounts)
    tenure0 = rng.integers(0, 50, n_accounts)
    mrr = np.round(np.exp(rng.normal(7, 0.6, n_accounts)), 2)
    rows = []
    for month in range(n_months):
        tenure = tenure0 + month
        eta = np.log(base) + np.where(silent, 0.3, beta * (score - 7.5) + 0.1 * stale)
        eta = eta + 0.2 * price + np.select([segment == "ENT", segment == "SMB"], [-0.5, 0.3], 0)
        eta = eta + 1.0 * (tenure % 12 == 0) - 0.3 * (tenure >= 24)
        rows.append(
            pd.DataFrame(
                {
                    "account": np.arange(n_accounts),
                    "month": month,
                    "score": np.where(silent, np.nan, score),
                    "score_state": np.select([silent, stale], ["silent", "stale"], "fresh"),
                    "tenure": tenure,
                    "is_renewal": tenure % 12 == 0,
                    "segment": segment,
                    "price": price,
                    "mrr": mrr,
                    "voluntary": rng.random(n_accounts) < -np.expm1(-np.exp(eta)),
                    "involuntary": rng.random(n_accounts) < 0.003,
                }
            )
        )
    frame = pd.concat(rows, ignore_index=True)
    frame["involuntary"] &= ~frame["voluntary"]
    left = (frame["voluntary"] | frame["involuntary"]).groupby(frame["account"]).cumsum()
    gone = left.groupby(frame["account"]).shift(fill_value=0) > 0
    frame = frame[~gone].reset_index(drop=True)
    frame["account_group"] = frame["account"] % 256
    frame["tenure_step"] = [f"t{STEPS[i]:03d}" for i in np.searchsorted(STEPS, frame["tenure"], side="right") - 1]
    frame["price_bin"] = "b" + pd.Series(np.digitize(frame["price"], [-1, 0, 1])).astype(str)
    frame["control_key"] = "price_index=" + frame["price_bin"] + "|segment=" + frame["segment"]
    return frame


def cells_of(frame: pd.DataFrame, lags=(1, 3)) -> pd.DataFrame:
    """Cells as agg_hazard_cells has them; scores never change here, so every lag sees the same."""
    binned = frame.assign(
        score_bin=np.where(frame["score"].isna(), "", np.floor(frame["score"].fillna(0)).astype(int).astype(str)),
        score=frame["score"].fillna(0),
        churned=frame["voluntary"] | frame["involuntary"],
    )
    grouped = binned.groupby(CELL_KEYS[1:], as_index=False).agg(
        count_at_risk=("account", "size"),
        count_voluntary=("voluntary", "sum"),
        count_involuntary=("involuntary", "sum"),
        count_churned=("churned", "sum"),
        score_sum=("score", "sum"),
        mrr_sum=("mrr", "sum"),
    )
    grouped["score_sum"] = [Decimal(f"{value:.4f}") for value in grouped["score_sum"]]
    grouped["mrr_sum"] = [Decimal(f"{value:.2f}") for value in grouped["mrr_sum"]]
    return pd.concat([grouped.assign(lag=lag) for lag in lags], ignore_index=True)


def control_levels_of(frame: pd.DataFrame) -> pd.DataFrame:
    """Levels as agg_control_levels has them."""
    price = frame.groupby("price_bin")["price"].agg(["mean", "size"]).reset_index()
    segment = frame.groupby("segment").size().reset_index()
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "control_id": "price_index",
                    "level": price["price_bin"],
                    "kind": "continuous",
                    "mean_value": price["mean"],
                    "count_account_months": price["size"],
                }
            ),
            pd.DataFrame(
                {
                    "control_id": "segment",
                    "level": segment["segment"],
                    "kind": "categorical",
                    "mean_value": np.nan,
                    "count_account_months": segment[0],
                }
            ),
        ],
        ignore_index=True,
    )


def active_accounts(frame: pd.DataFrame) -> pd.DataFrame:
    """Accounts still there in the last month, as dim_accounts has them."""
    last = frame[(frame["month"] == frame["month"].max()) & ~frame["voluntary"] & ~frame["involuntary"]]
    return pd.DataFrame(
        {
            "account_id": [f"A{account:05d}" for account in last["account"]],
            "name": [f"Account {account}" for account in last["account"]],
            "segment": last["segment"].to_numpy(),
            "owner": "nobody",
            "mrr_amount": [Decimal(f"{value:.2f}") for value in last["mrr"]],
            "score_state": last["score_state"].to_numpy(),
            "score": last["score"].to_numpy(),
            "count_contacts": np.where(last["score_state"] == "silent", 0, 2),
            "tenure_months": last["tenure"].to_numpy() + 1,
            "months_to_renewal": [int(12 - tenure % 12) for tenure in last["tenure"]],
            "control_key": last["control_key"].to_numpy(),
        }
    )


def answers_of(accounts: pd.DataFrame) -> pd.DataFrame:
    """Two contacts per answering account, whole answers around its score."""
    scored = accounts[accounts["score_state"] != "silent"]
    rows = [
        (account_id, f"{account_id}-{contact}", Decimal(int(np.clip(round(score + shift), 0, 10))))
        for account_id, score in zip(scored["account_id"], scored["score"], strict=True)
        for contact, shift in enumerate((-0.7, 0.8))
    ]
    return pd.DataFrame(rows, columns=["account_id", "contact_key", "score"])


def slow_survival(fit, account, months, lift, ramp_months):
    """Survival of one account, month by month, through the model's own prediction of single rows."""
    total = 0.0
    for month in range(1, months + 1):
        tenure = account.tenure_months + month - 1
        step = max(step for step in fit.encoding.tenure_terms if int(step[1:]) <= tenure)
        since = month - account.months_to_renewal
        row = pd.DataFrame(
            {
                "score": [account.score + lift * min(month / ramp_months, 1)],
                "score_state": [account.score_state],
                "control_key": [account.control_key],
                "tenure_step": [step],
                "is_renewal": [since >= 0 and since % 12 == 0],
            }
        )
        total += np.exp(predict_log_hazard(fit, row)[0])
    return np.exp(-total)
