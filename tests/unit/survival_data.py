"""Accounts at a landmark, small enough to count by hand or drawn from a planted truth."""

from __future__ import annotations

import numpy as np
import pandas as pd

# Ten accounts, months and causes chosen so that months hold ties of both causes and of censoring.
BY_HAND = pd.DataFrame(
    {
        "duration_months": [1, 2, 2, 2, 3, 4, 4, 5, 6, 6],
        "churn_kind": [
            *("voluntary", "voluntary", "involuntary", None, "voluntary"),
            *("voluntary", "involuntary", None, None, None),
        ],
    }
)


def landmark_accounts(
    *, n=600, seed=3, slope=-0.3, hazard=0.015, involuntary=0.002, months=24, silent_share=0.2, shape=1.0
) -> pd.DataFrame:
    """Accounts whose voluntary hazard follows the score; the time of leaving is Weibull of that shape, in months."""
    rng = np.random.default_rng(seed)
    score = np.clip(rng.normal(7.5, 1.8, n), 0, 10).round(1)
    silent = rng.random(n) < silent_share
    scale = (hazard * np.exp(np.where(silent, 0.2, slope * (score - 7.5)))) ** (-1 / shape)
    chosen = np.ceil(scale * rng.weibull(shape, n))
    forced = np.ceil(rng.exponential(1 / involuntary, n)) if involuntary else np.full(n, np.inf)
    left = np.minimum(chosen, forced)
    kind = np.where(left > months, None, np.where(chosen <= forced, "voluntary", "involuntary"))
    group = np.select([silent, score >= 8.5, score <= 6.5], ["silent", "promoter", "detractor"], "passive")
    return pd.DataFrame(
        {
            "account_id": [f"A{number:05d}" for number in range(n)],
            "landmark_month": "2023-01",
            "score": np.where(silent, np.nan, score),
            "score_state": np.where(silent, "silent", "fresh"),
            "score_group": group,
            "control_key": rng.choice(["segment=MID", "segment=SMB"], n),
            "tenure_months": rng.integers(0, 60, n),
            "duration_months": np.minimum(left, months).astype(int),
            "churn_kind": kind,
            "is_churned": kind == "voluntary",
        }
    )
