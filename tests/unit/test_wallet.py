"""The Wallet Allocation Rule in exact fractions, and the summary over responses."""

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_files import vectors

from roi_models.wallets.wallet import summarise_wallet, wallet_allocation_rule


@pytest.mark.gate
@pytest.mark.parametrize(("count", "shares"), vectors()["war"].items())
def test_rule_by_rank(count, shares):
    ranks = range(1, int(count) + 1)
    assert wallet_allocation_rule(ranks, lower_is_better=True) == tuple(map(Fraction, shares))


@pytest.mark.gate
@pytest.mark.parametrize("case", vectors()["war_ties_midrank"], ids=lambda case: str(case["scores"]))
def test_ties_take_the_mid_rank(case):
    assert wallet_allocation_rule(case["scores"]) == tuple(map(Fraction, case["war"]))


def test_ties_in_the_middle():
    want = tuple(map(Fraction, ("2/5", "1/4", "1/4", "1/10")))
    assert wallet_allocation_rule([10, 9, 9, 5]) == want


@given(st.lists(st.integers(0, 4), min_size=1, max_size=9))
def test_shares_sum_to_one_and_follow_the_scores(scores):
    shares = wallet_allocation_rule(scores)
    assert sum(shares) == 1
    pairs = sorted(zip(scores, shares, strict=True))
    assert all(low[1] <= high[1] for low, high in pairwise(pairs))


def ratings(responses):
    """One row per response and brand; the measured share is 0.1 + 0.8·rule."""
    rows = []
    for number, scores in enumerate(responses):
        for position, share in enumerate(wallet_allocation_rule(scores)):
            rows.append(
                {
                    "response_id": f"R{number}",
                    "account_id": f"A{number // 2}",
                    "brand": f"brand {position}",
                    "is_us": position == 0,
                    "rating": scores[position],
                    "war_share": Decimal(f"{float(share):.12f}"),
                    "spend_share": Decimal(f"{0.1 + 0.8 * float(share):.12f}") if number % 3 else None,
                    "n_brands": len(scores),
                }
            )
    return pd.DataFrame(rows)


def measured_mean(responses):
    shares = [float(wallet_allocation_rule(scores)[0]) for number, scores in enumerate(responses) if number % 3]
    return 0.1 + 0.8 * sum(shares) / len(shares)


def test_summary():
    responses = [[9, 7], [7, 9], [8], [9, 8, 7], [5, 9, 9]] * 6
    got = summarise_wallet(ratings(responses))
    assert (got.count_responses, got.count_accounts, got.problem, got.caution) == (30, 15, None, None)
    assert got.multi_brand_pct == pytest.approx(80)
    assert got.mean_set_size == pytest.approx(11 / 5)
    assert got.war_share_mean == pytest.approx((2 / 3 + 1 / 3 + 1 + 1 / 2 + 1 / 6) / 5)
    # Of the third of responses without a measured share nothing is made up.
    assert got.measured_share_mean == pytest.approx(measured_mean(responses))


def test_thin_or_unfit_ratings_say_so():
    sole = summarise_wallet(ratings([[9], [8], [7]]))
    assert "repertoire" not in sole.caution and "0%" in sole.caution
    nothing = summarise_wallet(ratings([[9]]).iloc[:0])
    assert nothing.problem and nothing.war_share_mean is None
    others = summarise_wallet(ratings([[9, 8]]).assign(is_us=False))
    assert "our own brand" in others.problem
