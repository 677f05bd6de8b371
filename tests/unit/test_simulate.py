"""The demo's process: its marginals, its switches, common random numbers, and the truth of an uplift."""

from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from roi_models.simulate import (
    SWITCHES,
    Parameters,
    dollar_cents,
    realised_marginals,
    retention_features,
    simulate,
    true_retention_gain,
)
from roi_models.simulate.touchpoints import poisson_quantile
from roi_models.simulate.wallet import war_shares

SMALL = {"seed": 3, "accounts": 400, "months": 15}
LATENT = {"satisfaction", "between", "has_decided"}


@pytest.fixture(scope="module")
def demo():
    return simulate(seed=7)


@pytest.fixture(scope="module")
def small():
    return simulate(**SMALL)


@pytest.mark.parametrize(
    ("name", "stated", "tolerance"),
    [
        ("response_rate", 0.31, 0.015),
        ("nps", 33, 2.5),
        ("nps_executive", 23, 4),
        ("nps_champion", 37, 4),
        ("nps_user", 33, 3),
        ("churn_year1", 0.120, 0.015),
        ("churn_voluntary_year1", 0.107, 0.015),
        ("grr", 0.91, 0.02),
        ("nrr", 1.01, 0.03),
        ("war_share", 0.57, 0.03),
        ("measured_share", 0.64, 0.02),
    ],
)
def test_stated_marginals_come_out(demo, name, stated, tolerance):
    assert realised_marginals(demo)[name] == pytest.approx(stated, abs=tolerance)


def test_same_arguments_same_frames(small):
    again = simulate(**SMALL)
    for name in (
        "accounts",
        "account_months",
        "answers",
        "tickets",
        "brand_ratings",
        "follow_ups",
        "fx_rates",
    ):
        pd.testing.assert_frame_equal(getattr(small, name), getattr(again, name))
    assert not simulate(**{**SMALL, "seed": 4}).account_months.equals(small.account_months)


def test_longer_history_begins_with_the_shorter_one(small):
    longer = simulate(**{**SMALL, "months": 18})
    early = longer.account_months[longer.account_months["month"] < SMALL["months"]]
    pd.testing.assert_frame_equal(early, small.account_months)


@pytest.mark.parametrize("switch", SWITCHES)
def test_switches_leave_the_random_numbers_alone(small, switch):
    other = simulate(**SMALL, switches=frozenset({switch}))
    fixed = ["segment", "region", "price", "tenure_start", "mrr_start_cents", "is_treated", "between"]
    pd.testing.assert_frame_equal(other.accounts[fixed], small.accounts[fixed])
    # An account that is never called has the same satisfaction under every switch.
    keys = ["account", "month"]
    both = small.account_months.merge(other.account_months, on=keys, suffixes=("", "_other"))
    untreated = ~small.accounts["is_treated"].to_numpy()[both["account"]]
    assert untreated.sum() > 1_000
    assert (both["satisfaction"] == both["satisfaction_other"])[untreated].all()
    # And unless it ever decides to leave, the same answers at the same time, where both worlds have one.
    decided = {
        account
        for world in (small, other)
        for account in world.account_months.loc[world.account_months["has_decided"], "account"]
    }
    answers = small.answers.merge(other.answers, on=["contact", "month", "survey"], suffixes=("", "_other"))
    is_treated = small.accounts["is_treated"].to_numpy()[answers["account"]]
    rows = answers[~answers["account"].isin(decided) & ~is_treated]
    assert len(rows) > 300
    assert (rows["score"] == rows["score_other"]).all()
    assert (rows["answered_at"] == rows["answered_at_other"]).all()


@pytest.mark.parametrize(
    ("switches", "sentence"),
    [
        ({"nul"}, "Unknown simulation switch 'nul': choose among null, between_only"),
        ({"null", "reverse"}, "null and reverse each set what satisfaction does to leaving"),
        ({"null", "between_only"}, "null and between_only each set"),
    ],
)
def test_wrong_switches_are_refused(switches, sentence):
    with pytest.raises(ValueError, match=sentence):
        simulate(**SMALL, switches=frozenset(switches))


def test_needs_an_account_and_a_month():
    with pytest.raises(ValueError, match="an account and a month at least: got 0 accounts"):
        simulate(seed=1, accounts=0)


def test_account_months_run_until_the_account_leaves(small):
    panel, accounts = small.account_months, small.accounts
    spans = panel.groupby("account")["month"].agg(["min", "max", "size"])
    last = accounts["event_month"].where(accounts["event_month"] >= 0, SMALL["months"] - 1)
    assert len(spans) == SMALL["accounts"]
    assert (spans["min"] == 0).all()
    assert (spans["max"] == last).all()
    assert (spans["size"] == spans["max"] + 1).all()
    ends = panel[panel["voluntary"] | panel["involuntary"]]
    assert not (ends["voluntary"] & ends["involuntary"]).any()
    months = ends.set_index("account")["month"]
    assert months.to_dict() == accounts.loc[accounts["event_month"] >= 0, "event_month"].to_dict()
    event_month = accounts["event_date"].dropna().to_numpy().astype("datetime64[M]") - np.datetime64("2022-01")
    assert (event_month.astype(int) == accounts.loc[accounts["event_month"] >= 0, "event_month"]).all()
    assert (panel["renewal"] == ((panel["tenure"] > 0) & (panel["tenure"] % 12 == 0))).all()
    assert panel["mrr_cents"].dtype == np.int64


def test_revenue_moves_only_as_recorded(small):
    panel = small.account_months.sort_values(["account", "month"])
    later = panel.groupby("account")[["mrr_cents", "renewal"]].shift(-1)
    rows = later["mrr_cents"].notna()
    factor = panel["movement"].map({1: 1.15, -1: 0.85, 0: 1.0}) * np.where(later["renewal"] == 1, 1.03, 1.0)
    assert (later["mrr_cents"] - panel["mrr_cents"] * factor)[rows].abs().max() <= 1.1
    shrunk = small.churn_events.query("kind == 'contraction'")
    assert len(shrunk) == (panel["movement"] == -1).sum() > 0


@pytest.mark.parametrize("frame", ["answers", "tickets", "brand_ratings", "invitations"])
def test_nobody_is_heard_after_leaving(small, frame):
    table = getattr(small, frame)
    left_at = small.accounts["event_date"].reindex(table["account"]).to_numpy()
    time = {"answers": "answered_at", "tickets": "opened_at", "brand_ratings": "responded_at"}.get(frame, "invited_at")
    assert not (table[time].to_numpy() >= left_at).any()


def test_survey_times_are_in_order_and_invitations_apart(small):
    answers = small.answers
    assert (answers["invited_at"] < answers["answered_at"]).all()
    assert (answers["answered_at"] < answers["recorded_at"]).all()
    assert (answers["recorded_at"] < small.month_starts[-1]).all()
    late = (answers["recorded_at"] - answers["answered_at"]).dt.days >= 7
    assert 0.005 < late.mean() < 0.05
    gaps = small.invitations.sort_values(["contact", "invited_at"]).groupby("contact")["invited_at"].diff().dropna()
    assert gaps.min() > pd.Timedelta(days=45)
    assert answers["score"].between(0, 10).all()


def test_exit_surveys_add_answers_after_leaving_and_nothing_else(small):
    leaking = simulate(**SMALL, switches=frozenset({"exit_surveys"}))
    columns = ["contact", "month", "answered_at", "score"]
    kept = leaking.answers[leaking.answers["survey"] == "relationship"].reset_index(drop=True)
    exits = leaking.answers[leaking.answers["survey"] == "exit"]
    pd.testing.assert_frame_equal(kept[columns], small.answers[columns])
    pd.testing.assert_frame_equal(leaking.account_months, small.account_months)
    left_at = small.accounts["event_date"].reindex(exits["account"]).to_numpy()
    assert len(exits) > 20
    assert (exits["answered_at"].to_numpy() > left_at).all()
    assert exits["score"].mean() < 4


def test_reverse_makes_leavers_fall_only_in_their_last_three_months():
    simulation = simulate(seed=5, accounts=4_000, months=18, switches=frozenset({"reverse"}))
    event = simulation.accounts["event_month"].to_numpy()
    voluntary = (simulation.accounts["event_kind"] == "voluntary").to_numpy()
    answers = simulation.answers
    ahead = event[answers["account"]] - answers["month"]
    leaver = voluntary[answers["account"]]
    usual = answers["score"][~leaver].mean()
    assert answers["score"][leaver & ahead.between(1, 2)].mean() == pytest.approx(usual - 2, abs=0.35)
    assert answers["score"][leaver & ahead.between(3, 6)].mean() == pytest.approx(usual, abs=0.25)


def test_mnar_silences_the_unhappy():
    def silent_leavers(switches: frozenset[str]) -> float:
        simulation = simulate(seed=5, accounts=3_000, months=12, switches=switches)
        months = simulation.account_months
        decided = months.loc[months["has_decided"], ["account", "month"]]
        invited = simulation.invitations.merge(decided)
        return len(simulation.answers.merge(decided)) / len(invited)

    assert silent_leavers(frozenset({"mnar"})) < 0.5 * silent_leavers(frozenset())


def test_wallet_allocation_and_spending(demo):
    ratings = demo.brand_ratings
    size = ratings.groupby("rating")["brand"].transform("size")
    totals = ratings.assign(war=war_shares(ratings["mid_rank"], size), size=size).groupby("rating")
    assert totals["war"].sum().to_numpy() == pytest.approx(1)
    spent = totals["spend_share"].sum()[totals["size"].first() > 1]
    assert spent.to_numpy() == pytest.approx(1)
    ties = ratings["mid_rank"] % 1 != 0
    assert ties.any()
    assert war_shares(np.array([1.5, 1.5, 3]), 3) == pytest.approx([5 / 12, 5 / 12, 1 / 6])


def test_randomised_arm_is_even_and_only_treated_are_called(demo):
    cases = demo.follow_ups
    assert demo.accounts["is_treated"].mean() == pytest.approx(0.5, abs=0.04)
    assert cases["acted_at"][~cases["is_treated"]].isna().all()
    assert cases["acted_at"][cases["is_treated"]].notna().mean() > 0.9
    assert (demo.answers["score"].to_numpy()[cases["answer"]] <= 6).all()


def test_features_hold_nothing_latent(small):
    features, answers = retention_features(small)
    assert not LATENT & (set(features) | set(answers))
    assert {"account", "month", "voluntary", "involuntary", "segment", "price", "tenure", "renewal"} <= set(features)
    assert features["segment"].tolist() == small.accounts["segment"].reindex(features["account"]).tolist()
    assert (features["period_start"].dt.day == 1).all()


@given(st.integers(-(10**12), 10**12), st.integers(1, 30_000))
def test_dollars_are_exact(cents, rate):
    exact = (Decimal(cents) * rate / 10_000).quantize(Decimal(1), ROUND_HALF_EVEN)
    assert int(dollar_cents(np.array([cents]), np.array([rate]))[0]) == exact


def test_poisson_quantile_against_scipy():
    generator = np.random.default_rng(0)
    uniform, rate = generator.random(5_000), generator.uniform(0, 8, 5_000)
    assert (poisson_quantile(uniform, rate) == stats.poisson.ppf(uniform, rate)).all()
    assert poisson_quantile(np.array([0.999]), np.array([0.0])) == 0


TRUTH = {"seed": 2, "accounts": 2_000, "months": 12, "horizon_months": 12}


@pytest.mark.parametrize("switch", ["null", "between_only", "reverse"])
def test_no_gain_where_satisfaction_retains_nobody(switch):
    gain = true_retention_gain(**TRUTH, uplift=1.0, switches=frozenset({switch}))
    assert gain.gain_pp == 0
    assert gain.answer_shift_points > 0.5


def test_gain_grows_with_the_uplift_and_its_reach():
    full = true_retention_gain(**TRUTH, uplift=1.0)
    assert true_retention_gain(**TRUTH, uplift=0.0).gain_pp == 0
    assert 0 < true_retention_gain(**TRUTH, uplift=0.5).gain_pp < full.gain_pp
    assert 0 < true_retention_gain(**TRUTH, uplift=1.0, only_heard=True).gain_pp < full.gain_pp
    assert 0 < true_retention_gain(**TRUTH, uplift=1.0, ramp_months=6).gain_pp < full.gain_pp
    # The ceiling: a 10 cannot rise, so a whole point of satisfaction moves answers by less.
    assert 0.5 < full.answer_shift_points < 1
    assert full.std_error_pp < 0.1 * full.gain_pp
    assert full.gain_pp < full.gain_voluntary_pp < 1.05 * full.gain_pp


def test_followed_hazards_agree_with_drawn_departures():
    equal_money = {
        "log_mrr_means": (8.0, 8.0, 8.0),
        "log_mrr_sds": (0.0, 0.0, 0.0),
        "euro_share_of_emea": 0.0,
    }
    still = {
        "expansion_hazard": 0.0,
        "contraction_hazard": 0.0,
        "renewal_uplift_factor": 1.0,
        "treated_share": 0.0,
    }
    parameters = Parameters(**equal_money, **still)
    arguments = {"seed": 9, "accounts": 12_000, "parameters": parameters}
    expected = true_retention_gain(**arguments, months=12, horizon_months=12, uplift=0.0)
    event = simulate(**arguments, months=24).accounts["event_month"].to_numpy()
    active = (event < 0) | (event >= 12)
    assert expected.count_accounts == active.sum()
    drawn = (event[active] < 0).mean()
    noise = np.sqrt(drawn * (1 - drawn) / active.sum())
    assert expected.retention_base == pytest.approx(drawn, abs=4 * noise)


def test_truth_refuses_an_empty_horizon():
    with pytest.raises(ValueError, match="one month of horizon"):
        true_retention_gain(seed=1, uplift=1.0, horizon_months=0)
