"""A small randomised programme with a planted effect: first cases of accounts, and the scores around them."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from roi_models.programmes.programme_effects import programme_evidence
from roi_models.programmes.programme_results import ProgrammeEvidence


def trial_cases(
    accounts: int = 600,
    *,
    seed: int = 7,
    effect: float = 0.5,
    fall: float = 0.0,
    treated_share: float = 0.5,
    base_rate: float = 0.2,
) -> pd.DataFrame:
    """Arms drawn at random; treatment raises the score by `effect` and lowers the chance of leaving by `fall`."""
    draw = np.random.default_rng(seed)
    treated = draw.random(accounts) < treated_share
    quality = draw.standard_normal(accounts)
    prior = 7 + quality + 0.5 * draw.standard_normal(accounts)
    heard = draw.random(accounts) < 0.8
    left = draw.random(accounts) < base_rate - fall * treated
    mrr = np.round(np.exp(6 + draw.standard_normal(accounts)), 2)
    after = 7 + quality + effect * treated + 0.8 * draw.standard_normal(accounts)
    return pd.DataFrame(
        {
            "account_id": [f"a{number:05d}" for number in range(accounts)],
            "is_treated": treated,
            "is_mixed_arm": False,
            "count_months_after": 12 + draw.integers(0, 12, accounts),
            "trigger_score": draw.integers(0, 7, accounts).astype(float),
            "prior_score": np.where(draw.random(accounts) < 0.7, prior, np.nan),
            "mrr_amount": mrr,
            "tenure_months": draw.integers(0, 90, accounts),
            "score_after": np.where(heard, after, np.nan),
            "is_departed": left,
            "is_departed_otherwise": ~left & (draw.random(accounts) < 0.05),
            "mrr_after_amount": np.where(left, 0.0, mrr),
        }
    )


def trial_panel(
    accounts: int = 300, *, seed: int = 11, effect: float = 0.5, drift_before: float = 0.0, drawn: bool = True
) -> pd.DataFrame:
    """Scores by quarter from four before to two after; `drift_before` moves the treated by so much a quarter."""
    draw = np.random.default_rng(seed)
    quarters = np.array([-4, -3, -2, -1, 1, 2])
    level = draw.standard_normal(accounts)
    treated = draw.random(accounts) < 0.5 if drawn else level > 0
    number, quarter = np.repeat(np.arange(accounts), len(quarters)), np.tile(quarters, accounts)
    score = (
        7
        + level[number]
        + 0.1 * quarter
        + drift_before * treated[number] * quarter
        + effect * treated[number] * (quarter > 0)
        + 0.6 * draw.standard_normal(len(number))
    )
    return pd.DataFrame(
        {
            "account_id": [f"a{one:05d}" for one in number],
            "is_treated": treated[number],
            "quarter": quarter,
            "score": score,
        }
    )


@cache
def programme() -> ProgrammeEvidence:
    """The evidence of that trial, with one outcome that cannot be compared."""
    cases = trial_cases().assign(is_departed_otherwise=False)
    cases.loc[cases["is_treated"].idxmax(), "is_departed_otherwise"] = True
    return programme_evidence(cases, trial_panel(), metric="NPS", accounts_per_year=300)
