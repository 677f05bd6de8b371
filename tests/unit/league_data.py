"""Accounts at dates with metrics of planted worth, in the shape of the league's queries."""

from __future__ import annotations

import numpy as np
import pandas as pd

from roi_models.predictions.league_candidates import LeagueMetric
from roi_models.predictions.league_study import LeagueFrames

METRICS = [
    LeagueMetric(id="first", label="First", kind="csat", scale=(1, 5)),
    LeagueMetric(id="second", label="Second", kind="custom", scale=(0, 10)),
]


def league_frames(
    slopes: dict[str, float],
    *,
    n_accounts=1800,
    dates=(24000, 24006, 24012),
    base=0.14,
    noise=0.5,
    coverage=0.8,
    seed=1,
    share=False,
) -> LeagueFrames:
    """Every metric sees a trait of its own, or with "shared" in `slopes` all see one; slopes act on the log hazard."""
    rng = np.random.default_rng(seed)
    rows, answers = [], []
    shared = rng.normal(size=n_accounts)
    traits = {metric.id: shared if "shared" in slopes else rng.normal(size=n_accounts) for metric in METRICS}
    segment = rng.choice(["ENT", "SMB"], n_accounts)
    for date in dates:
        eta = np.log(base) + 0.3 * (segment == "SMB") + slopes.get("shared", 0.0) * shared
        for name, trait in traits.items():
            eta = eta + slopes.get(name, 0.0) * trait
        ids = [f"{account:05d} {date}" for account in range(n_accounts)]
        target = rng.random(n_accounts) < -np.expm1(-np.exp(eta))
        if share:
            target = np.clip(0.5 - 0.1 * (eta - np.log(base)) + rng.normal(0, 0.1, n_accounts), 0, 1)
        rows.append(
            pd.DataFrame(
                {
                    "row_id": ids,
                    "account_group": np.arange(n_accounts) % 256,
                    "period": date,
                    "month": date,
                    "known_month": date + 6,
                    "is_heard": True,
                    "is_renewal_near": rng.random(n_accounts) < 0.5,
                    "tenure_step": rng.choice(["t000", "t012"], n_accounts),
                    "control_key": "segment=" + pd.Series(segment),
                    "target": target,
                    "count_all": n_accounts * len(dates),
                }
            )
        )
        for name, trait in traits.items():
            seen = trait + rng.normal(0, noise, n_accounts)
            answers.append(
                pd.DataFrame(
                    {
                        "row_id": ids,
                        "lag": 1,
                        "metric_id": name,
                        "mean_score": 3 + seen,
                        "high_share": (seen > 0.5).astype(float),
                        "low_share": (seen < -0.5).astype(float),
                    }
                )[rng.random(n_accounts) < coverage]
            )
    return LeagueFrames(rows=pd.concat(rows, ignore_index=True), answers=pd.concat(answers, ignore_index=True))


def no_frames() -> LeagueFrames:
    """An outcome that was not measured."""
    frames = league_frames({}, n_accounts=2)
    return LeagueFrames(rows=frames.rows.head(0), answers=frames.answers.head(0))
