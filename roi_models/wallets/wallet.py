"""Wallet share: the Wallet Allocation Rule, and its mean beside measured share of spend.

Belongs here: the rule in exact fractions, the summary over responses.
Does not belong here: ranking brands in the warehouse (`fct_wallet_share` carries `war_share`), holding the rule
against measured share (`wallet_rule.py`), texts for the report.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pandas as pd

from roi_models.results import WalletSummary

MIN_MULTI_BRAND_PCT = 40.0
MIN_MEAN_SET_SIZE = 1.4


def wallet_allocation_rule(scores: Sequence[float], *, lower_is_better: bool = False) -> tuple[Fraction, ...]:
    """Share of wallet by (1 − rank/(n + 1))·(2/n), n brands, ties at the mid-rank (Keiningham et al. 2011).

    `scores` are one respondent's ratings of the brands used, or, with `lower_is_better`, ranks. Exact: the
    shares sum to 1.
    """
    count = len(scores)
    signed = [score if lower_is_better else -score for score in scores]
    shares = []
    for own in signed:
        better = sum(other < own for other in signed)
        equal = sum(other == own for other in signed)
        mid_rank = better + Fraction(equal + 1, 2)
        shares.append((1 - mid_rank / (count + 1)) * Fraction(2, count))
    return tuple(shares)


def summarise_wallet(ratings: pd.DataFrame) -> WalletSummary:
    """Summarise wallet share over responses.

    `ratings`: one row per response and brand: response_id, account_id, brand, is_us, war_share (0…1),
    spend_share (0…1 or None), n_brands.
    """
    if ratings.empty:
        return _absent("Wallet share could not be computed: there are no brand ratings.")
    us = ratings[ratings["is_us"].astype(bool)].sort_values("response_id", kind="stable")
    if us.empty:
        return _absent("Wallet share could not be computed: no rating is of our own brand (is_us is true in no row).")
    rule = us["war_share"].astype(float)
    measured = us["spend_share"].astype(float)
    set_size = ratings.groupby("response_id", sort=True)["n_brands"].first().astype(float)
    multi_brand_pct, mean_set_size = 100 * float((set_size >= 2).mean()), float(set_size.mean())
    return WalletSummary(
        count_responses=len(set_size),
        count_accounts=int(us["account_id"].nunique()),
        war_share_mean=float(rule.mean()),
        measured_share_mean=float(measured.mean()) if measured.notna().any() else None,
        multi_brand_pct=multi_brand_pct,
        mean_set_size=mean_set_size,
        caution=_caution(multi_brand_pct, mean_set_size),
    )


def _caution(multi_brand_pct: float, mean_set_size: float) -> str | None:
    """Say when the market is not one of repertoires, which the rule was made for."""
    if multi_brand_pct >= MIN_MULTI_BRAND_PCT and mean_set_size >= MIN_MEAN_SET_SIZE:
        return None
    return (
        f"Only {multi_brand_pct:.0f}% of respondents use more than one brand (mean {mean_set_size:.2f}): "
        "the Wallet "
        f"Allocation Rule is made for markets with at least {MIN_MULTI_BRAND_PCT:.0f}% and "
        f"{MIN_MEAN_SET_SIZE:.1f} brands."
    )


def _absent(problem: str) -> WalletSummary:
    """A summary that holds nothing but the reason why."""
    return WalletSummary(
        count_responses=0,
        count_accounts=0,
        war_share_mean=None,
        measured_share_mean=None,
        multi_brand_pct=None,
        mean_set_size=None,
        problem=problem,
    )
