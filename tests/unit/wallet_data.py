"""Simulated answers about brands and yearly accounts with planted truths, in the shape that the studies read."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import rankdata

from roi_models.simulate.wallet import war_shares
from roi_models.wallets.brand_answers import ANSWER_COLUMNS

SHARE_ON_RULE, SHARE_ON_SCORE = 3.0, 0.25
GROWTH_ON_SCORE = 0.02


def brand_answers(*, accounts=600, waves=3, seed=1, rank_follows_share=False, answering=0.8) -> pd.DataFrame:
    """One answer per account and wave: share = logit⁻¹(−1.1 + 3 · rule + .25 · score) on average, as in the demo.

    The score is satisfaction itself, without error. `rank_follows_share` plants the reverse: our rank is better where
    the share has just risen, and moves nothing itself.
    """
    rng = np.random.default_rng(seed)
    lasting, rivals = rng.normal(0, 0.9, accounts), rng.normal(-0.35, 1, (accounts, 3))
    brands = rng.choice([1, 2, 3, 4], accounts, p=[0.25, 0.35, 0.27, 0.13])
    passing, surprise, frames = rng.normal(0, 0.9, accounts), np.zeros(accounts), []
    for wave in range(waves):
        # What the demo's autoregression of .95 a month leaves of last year.
        passing = 0.54 * passing + rng.normal(0, 0.9 * (1 - 0.54**2) ** 0.5, accounts)
        satisfaction = lasting + passing
        ours = 4 * surprise if rank_follows_share else satisfaction
        utility = np.rint(2 * np.column_stack([ours, rivals])) / 2
        used = np.where(np.arange(4) < brands[:, None], utility, -np.inf)
        rule = war_shares(rankdata(-used, axis=1)[:, 0], brands)
        effect = 0.0 if rank_follows_share else SHARE_ON_RULE
        mean = expit(np.where(brands == 1, 2.2, -1.1 + effect * rule) + SHARE_ON_SCORE * satisfaction)
        surprise = rng.uniform(-1, 1, accounts)
        frames.append(
            pd.DataFrame(
                {
                    "response_id": [f"R{wave}-{account}" for account in range(accounts)],
                    "account_id": [f"A{account:04d}" for account in range(accounts)],
                    "wave": pd.Timestamp(2022 + wave, 1, 1),
                    "share": mean + 0.5 * surprise * np.minimum(mean, 1 - mean),
                    "war_share": rule,
                    "count_brands": brands,
                    "own_value": np.clip(7 + used[:, 0], 0, 10),
                    "competitor_value": np.where(brands > 1, np.clip(7 + rivals[:, 0], 0, 10), np.nan),
                    "score": satisfaction,
                }
            )[rng.random(accounts) < answering]
        )
    return pd.concat(frames, ignore_index=True)[list(ANSWER_COLUMNS)]


def yearly_accounts(*, accounts=1_500, seed=1, leaving_on_score=-0.5, leaving_on_growth=0.0) -> pd.DataFrame:
    """One row per account and landmark, as `stayers_study` takes them: log revenue grows by .02 per point of score.

    Leaving has log-odds −2 + `leaving_on_score` per point, and `leaving_on_growth` per standard deviation of what else
    moves growth: not 0, it makes those who stayed a selection.
    """
    rng = np.random.default_rng(seed)
    frames = []
    size, segment = rng.normal(7, 1, accounts), rng.choice(["ENT", "SMB"], accounts)
    for landmark in ("2022-12", "2023-12"):
        score = np.clip(rng.normal(7.5, 1.5, accounts), 0, 10)
        shock = rng.standard_normal(accounts)
        growth = GROWTH_ON_SCORE * (score - 7.5) + 0.02 * (segment == "ENT") + 0.1 * shock
        chance = expit(-2 + leaving_on_score * (score - 7.5) + leaving_on_growth * shock)
        is_left, silent = rng.random(accounts) < chance, rng.random(accounts) < 0.2
        frames.append(
            pd.DataFrame(
                {
                    "account_id": [f"A{account:04d}" for account in range(accounts)],
                    "landmark": landmark,
                    "mrr_before": np.exp(size),
                    "mrr_after": np.where(is_left, np.nan, np.exp(size + growth)),
                    "is_left": is_left,
                    "score": np.where(silent, np.nan, score),
                    "score_state": np.where(silent, "silent", "fresh"),
                    "control_key": [f"segment={name}" for name in segment],
                    "tenure_step": rng.choice(["t000", "t024"], accounts),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)
