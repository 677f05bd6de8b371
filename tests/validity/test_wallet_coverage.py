"""Intervals of the wallet studies hold a planted truth as often as they say. Slow: run by `make validate`."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from scipy.stats import binom

from roi_models.revenue.stayers import stayer_effects
from roi_models.verdicts.judgement import Level
from roi_models.verdicts.thresholds import THRESHOLDS
from roi_models.wallets.brand_answers import measured, several_brands
from roi_models.wallets.customer_value import customer_value_added
from roi_models.wallets.share_study import share_study
from roi_models.wallets.wallet_effects import share_effects
from tests.unit.test_customer_value import drawn
from tests.unit.wallet_data import GROWTH_ON_SCORE, SHARE_ON_RULE, brand_answers, yearly_accounts
from tests.validity.declared import BINOMIAL_BAND

pytestmark = pytest.mark.validate

SEEDS = range(30_001, 30_121)
NO_LEVELS = pd.DataFrame(columns=["control_id", "level", "kind", "mean_value"])


def require_nominal(held):
    low, high = binom.interval(BINOMIAL_BAND, len(held), 0.95)
    assert low <= sum(held) <= high, f"{sum(held)} of {len(held)} intervals hold the truth"


def partial_effect(answers):
    """The average partial effect of .1 of the rule's share, over these answers, by the planted coefficients."""
    mean = expit(-1.1 + SHARE_ON_RULE * answers["war_share"] + 0.25 * answers["score"])
    return 0.1 * SHARE_ON_RULE * float((mean * (1 - mean)).mean())


@pytest.fixture(scope="module")
def drawn_effects():
    """Per seed: answers, and the effects estimated from them."""
    found = []
    for seed in SEEDS:
        answers = measured(brand_answers(accounts=150, seed=seed))
        found.append((answers, share_effects(answers, metric="NPS").set_index(["exposure", "method"])))
    return found


def test_average_partial_effect_of_rank(drawn_effects):
    held = []
    for answers, effects in drawn_effects:
        row = effects.loc["rank", "score_held"]
        held.append(row["ci_low"] < partial_effect(several_brands(answers)) < row["ci_high"])
    require_nominal(held)


def test_the_lead_of_rank_is_flagged_no_oftener_than_by_chance(drawn_effects):
    require_nominal([effects.loc["rank", "lead"]["p_value"] >= 0.05 for _, effects in drawn_effects])


def test_a_trace_of_a_lead_that_very_many_answers_show_is_not_flagged():
    (check,) = share_study(brand_answers(accounts=20_000, answering=1.0), metric="NPS").checks
    assert check.value > THRESHOLDS.share_lead_z_review
    assert check.level == Level.PASS


def test_growth_of_stayers():
    held = []
    for seed in SEEDS:
        row = stayer_effects(yearly_accounts(accounts=150, seed=seed), NO_LEVELS).set_index("outcome").loc["growth"]
        held.append(row["ci_low"] < np.expm1(GROWTH_ON_SCORE) < row["ci_high"])
    require_nominal(held)


def test_customer_value_added():
    rows = [customer_value_added(drawn(60, seed), minimum_ratings=30).iloc[0] for seed in SEEDS]
    require_nominal([row["ci_low"] < 8.2 / 7.6 < row["ci_high"] for row in rows])
