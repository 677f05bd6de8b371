"""The active accounts as one world: what the case is computed over.

Belongs here: from frames of accounts and answers to arrays in one order.
Does not belong here: revenue by uplift (`respond.py`), what the case says of it (`business_case.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from roi_models.case.assumptions import Assumptions
from roi_models.case.projection import DEFAULT_RENEWAL_INTERVAL_MONTHS, Projection, project
from roi_models.case.uplift import HIGHEST_DETRACTOR, AnswerMix, answer_mix, shift_accounts
from roi_models.results import RetentionEffect
from roi_models.revenue.expansion import NOT_ASKED, ExpansionEvidence
from roi_models.revenue.growth_path import GrowthPath, lay_out_growth

# Revenue is computed at least so far ahead, so that a longer horizon can be looked at.
MONTHS_AHEAD = 60
NO_SEGMENT = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The active accounts, all arrays in the order of `accounts` (by account_id).

    `mrr`: money per month. `segment`: position of each account's segment among `segments`. `low_max`: highest answer
    that counts as low. `growth`: how revenue of those who stay grows; None where that is not counted.
    """

    accounts: pd.DataFrame
    projection: Projection
    mix: AnswerMix
    mrr: np.ndarray
    segments: tuple[str, ...]
    segment: np.ndarray
    scale: tuple[float, float]
    low_max: float
    growth: GrowthPath | None = None

    def shift(self, assumptions: Assumptions, uplift: float | np.ndarray) -> np.ndarray:
        """Points by which each account's score moves (accounts, or accounts × uplifts)."""
        return shift_accounts(
            self.mix,
            uplift,
            unit=assumptions.uplift_unit,
            scale=self.scale,
            low_max=self.low_max if assumptions.uplift_path == "low_answers" else None,
        )

    def by_segment(self) -> np.ndarray:
        """Monthly revenue of each account in the row of its segment (segments × accounts)."""
        table = np.zeros((len(self.segments), len(self.mrr)))
        table[self.segment, np.arange(len(self.mrr))] = self.mrr
        return table


def make_world(
    retention: RetentionEffect,
    accounts: pd.DataFrame,
    answers: pd.DataFrame,
    assumptions: Assumptions,
    *,
    scale: tuple[float, float],
    renewal_interval_months: int = DEFAULT_RENEWAL_INTERVAL_MONTHS,
    low_max: float = HIGHEST_DETRACTOR,
    expansion: ExpansionEvidence = NOT_ASKED,
) -> World:
    """Lay the accounts out over the months; parameters as of `business_case.build_case`."""
    # Sorted so that neither sums nor draws hang on the order in which accounts arrive.
    accounts = accounts.sort_values("account_id", kind="stable").reset_index(drop=True)
    accounts = accounts.assign(segment=accounts["segment"].fillna(NO_SEGMENT).astype(str))
    months = max(assumptions.horizon_months, MONTHS_AHEAD)
    segments, segment = np.unique(accounts["segment"], return_inverse=True)
    ahead = {"months": months, "renewal_interval_months": renewal_interval_months}
    growth = None
    if expansion.is_evidenced:
        growth = lay_out_growth(expansion.model.hazards, expansion.model.sizes, accounts, **ahead)
    return World(
        accounts=accounts,
        projection=project(retention.fit.encoding, accounts, background_hazard=retention.background_hazard, **ahead),
        mix=answer_mix(answers, accounts["account_id"]),
        mrr=accounts["mrr_amount"].astype(float).to_numpy(),
        segments=tuple(segments),
        segment=segment,
        scale=scale,
        low_max=low_max,
        growth=growth,
    )
