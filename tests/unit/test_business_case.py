"""The business case: retained-revenue vectors, a slow oracle for the g-formula, invariances, refusals."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hazard_data import account_months, active_accounts, answers_of, cells_of, control_levels_of, slow_survival
from reference_files import vectors
from sample_business_case import retention_of

from roi_models.case.assumptions import Assumptions
from roi_models.case.business_case import build_case, case_problem
from roi_models.case.finance import evpi
from roi_models.hazards.retention import estimate_retention
from roi_models.results import DesignEncoding, LatentCorrection

NPS = (0.0, 10.0)
WANT = vectors()["retained_revenue"]
TERMS = Assumptions(
    margin=0.75,
    discount_rate=0.10,
    horizon_months=36,
    ramp_months=6,
    uplift_low=1.0,
    uplift_base=2.0,
    uplift_high=4.0,
    uplift_unit="net_nps_points",
    initial_cost=20_000,
    annual_cost=6_000,
    n_draws=400,
)
POINT = replace(
    TERMS, uplift_low=1.0, uplift_base=1.0, uplift_high=1.0, uplift_unit="answer_points",
    initial_cost=120_000, annual_cost=90_000,
)  # fmt: skip


def known_effect(hazard=0.010, beta=-0.12, std_error=0.0):
    """A fit with a hazard and a slope that are known, for an account whose score is 5."""
    encoding = DesignEncoding(
        terms=("intercept", "score"), score_centre=5.0, tenure_terms={}, level_terms={}, level_values={}
    )
    covariance = np.diag([1e-18, max(std_error, 1e-9) ** 2])
    return retention_of(encoding, [np.log(hazard), beta], covariance)


def one_account(score=5.0, mrr="1000000.00"):
    return pd.DataFrame(
        {
            "account_id": ["A"],
            "segment": ["ENT"],
            "mrr_amount": [Decimal(mrr)],
            "score_state": ["fresh"],
            "score": [score],
            "tenure_months": [12],
            "months_to_renewal": [None],
            "control_key": [""],
        }
    )


def one_answer(score=5):
    return pd.DataFrame({"account_id": ["A"], "contact_key": ["c"], "score": [score]})


@pytest.mark.gate
def test_retained_revenue_vectors_with_the_ramp():
    case = build_case(known_effect(), one_account(), one_answer(), POINT, scale=NPS)
    want = WANT["case_120k_90k"]
    assert case.years["benefit"].tolist() == [0, *WANT["margin_ramp6"]]
    assert case.base.pv_costs == float(want["pvc"]) and case.base.pv_benefits == float(want["pvb"])
    assert case.base.npv == float(want["npv"]) and round(case.base.roi_pct, 2) == float(want["roi_pct"])
    assert case.break_even_uplift == pytest.approx(WANT["break_even_uplift"], abs=1e-8)
    assert case.years["pv_benefit"].sum() - case.years["pv_cost"].sum() == pytest.approx(case.base.npv, abs=0.02)
    assert case.years["cumulative_net"].iloc[-1] == pytest.approx(case.years["net"].sum(), abs=0.005)
    break_even = replace(POINT, uplift_low=0, uplift_base=case.break_even_uplift, uplift_high=2)
    assert build_case(known_effect(), one_account(), one_answer(), break_even, scale=NPS).base.npv == pytest.approx(
        0, abs=0.02
    )


@pytest.mark.gate
def test_retained_revenue_vectors_without_the_ramp():
    case = build_case(known_effect(), one_account(), one_answer(), replace(POINT, ramp_months=0), scale=NPS)
    assert case.years["benefit"].tolist() == [0, *WANT["margin_const"]]
    assert case.base.npv == 16_105.61
    year = replace(POINT, ramp_months=0, horizon_months=12)
    first = build_case(known_effect(), one_account(), one_answer(), year, scale=NPS)
    assert first.retention_base == pytest.approx(WANT["ret12_base"], abs=1e-6)
    assert first.retention_programme == pytest.approx(WANT["ret12_cf"], abs=1e-6)
    assert first.by_segment["retained_revenue_amount"].sum() == pytest.approx(WANT["y1_mrr_months"], abs=0.005)


def test_ceiling_and_unfavourable_slopes_pay_nothing():
    at_ceiling = build_case(known_effect(), one_account(10.0), one_answer(10), POINT, scale=NPS)
    assert at_ceiling.gain_pp == 0 and at_ceiling.base.pv_benefits == 0 and at_ceiling.break_even_uplift is None
    worse = build_case(known_effect(beta=0.12), one_account(), one_answer(), POINT, scale=NPS)
    assert worse.gain_pp < 0 and worse.break_even_uplift is None and worse.prob_npv_positive == 0


@pytest.fixture(scope="module")
def world():
    months = account_months(n_accounts=500, seed=2)
    retention = estimate_retention(cells_of(months, lags=(3,)), control_levels_of(months), metric="nps", headline_lag=3)
    accounts = active_accounts(months)
    return retention, accounts, answers_of(accounts)


@pytest.fixture(scope="module")
def case(world):
    return build_case(*world, TERMS, scale=NPS)


def test_g_formula_equals_an_account_by_account_oracle(world):
    retention, accounts, answers = world
    few = pd.concat([accounts.head(12), accounts[accounts["score_state"] == "silent"].head(4)]).drop_duplicates(
        "account_id"
    )
    terms = replace(TERMS, uplift_unit="answer_points", uplift_low=1, uplift_base=1, uplift_high=1, horizon_months=24)
    got = build_case(retention, few, answers, terms, scale=NPS)
    lifts = answers.assign(lift=np.minimum(answers["score"].astype(float) + 1, 10) - answers["score"].astype(float))
    lift = lifts.groupby("account_id")["lift"].mean()
    mrr = few["mrr_amount"].astype(float).to_numpy()
    survival = np.array(
        [
            [slow_survival(retention.fit, account, 24, moved, 6) for moved in (0.0, lift.get(account.account_id, 0.0))]
            for account in few.itertuples()
        ]
    )
    # Involuntary departures take the same share of both worlds.
    assert retention.background_hazard > 0
    base, lifted = mrr @ survival / mrr.sum() * np.exp(-24 * retention.background_hazard)
    assert got.retention_base == pytest.approx(base, rel=1e-12)
    assert got.gain_pp == pytest.approx(100 * (lifted - base), rel=1e-9)
    assert got.mean_shift_points == pytest.approx(sum(lift.get(a, 0.0) for a in few["account_id"]) / len(few))
    assert got.count_silent_accounts == (few["score_state"] == "silent").sum() >= 4


def test_parts_add_up_and_uncertainty_surrounds_the_estimate(case, world):
    assert case_problem(*world, TERMS, scale=NPS) is None
    accounts, segments = world[1], case.by_segment
    assert segments["count_accounts"].sum() == case.count_accounts == len(accounts)
    assert segments["mrr_amount"].sum() == pytest.approx(case.mrr_amount, abs=0.01)
    weighted = (segments["mrr_amount"] * segments["retention_base"]).sum() / segments["mrr_amount"].sum()
    assert weighted == pytest.approx(case.retention_base)
    kept = segments["retained_revenue_amount"].sum()
    assert kept * TERMS.margin == pytest.approx(case.years["benefit"].sum(), abs=0.05)
    assert 0 < case.gain_low_pp < case.gain_pp < case.gain_high_pp
    assert case.npv_p5 < case.npv_p50 < case.npv_p95 and 0 <= case.prob_npv_positive <= 1
    assert case.scenarios["npv"].is_monotonic_increasing and case.scenarios["npv"].iloc[1] == case.base.npv
    assert case.evpi_amount == pytest.approx(evpi(case.draws["npv"]), abs=0.01)
    assert case.draws["uplift"].between(1, 4).all() and len(case.draws) == TERMS.n_draws


def test_draws_agree_with_the_point_estimate_when_nothing_is_uncertain(world):
    retention, accounts, answers = world
    sure = replace(retention, fit=replace(retention.fit, covariance=np.eye(len(retention.fit.coef)) * 1e-24))
    got = build_case(sure, accounts, answers, replace(TERMS, uplift_low=2, uplift_high=2, n_draws=100), scale=NPS)
    assert got.draws["npv"].to_numpy() == pytest.approx(got.base.npv, abs=0.02)
    assert got.draws["gain_pp"].to_numpy() == pytest.approx(got.gain_pp, rel=1e-6)
    assert got.draws["roi_pct"].to_numpy() == pytest.approx(got.base.roi_pct, abs=1e-3)


def test_the_interval_is_that_of_the_slope():
    uncertain = build_case(
        known_effect(std_error=0.03), one_account(), one_answer(), replace(POINT, n_draws=4000), scale=NPS
    )
    assert uncertain.draws["slope"].std() == pytest.approx(0.03, rel=0.04)

    def gain(beta):
        sure = build_case(known_effect(beta=beta), one_account(), one_answer(), replace(POINT, n_draws=100), scale=NPS)
        return sure.gain_pp

    assert uncertain.gain_low_pp == pytest.approx(gain(-0.12 + 1.96 * 0.03), rel=0.05)
    assert uncertain.gain_high_pp == pytest.approx(gain(-0.12 - 1.96 * 0.03), rel=0.05)


def test_answers_real_by_half_count_as_a_slope_twice_as_steep():
    """Draws are the replicates of the correction, each with its own slope and its own reliability."""
    replicates = np.array([[np.log(0.010), -0.10], [np.log(0.010), -0.14]])
    latent = LatentCorrection(reliability=0.5, coef_draws=replicates, reliability_draws=np.array([0.4, 0.7]))
    effect = replace(known_effect(), latent=latent)
    got = build_case(effect, one_account(), one_answer(), replace(POINT, n_draws=100), scale=NPS)

    def gain(beta):
        return build_case(known_effect(beta=beta), one_account(), one_answer(), POINT, scale=NPS).gain_pp

    assert got.gain_pp == pytest.approx(gain(-0.24), rel=1e-12)
    assert got.observed_gain_pp == pytest.approx(gain(-0.12), rel=1e-12)
    assert sorted(set(got.draws["gain_pp"].round(9))) == pytest.approx([gain(-0.20), gain(-0.25)], rel=1e-6)
    assert (got.observed_gain_low_pp, got.observed_gain_high_pp) == pytest.approx((gain(-0.10), gain(-0.14)), rel=1e-6)
    assert sorted(set(got.draws["slope"].round(9))) == [-0.25, -0.20]


def test_without_a_correction_the_observed_slope_stands():
    case = build_case(known_effect(std_error=0.03), one_account(), one_answer(), POINT, scale=NPS)
    assert case.reliability == 1
    assert case.observed_gain_pp == case.gain_pp and case.observed_gain_low_pp == case.gain_low_pp


def test_order_scale_and_seed(world, case):
    retention, accounts, answers = world
    shuffled = build_case(
        retention,
        accounts.sample(frac=1, random_state=1),
        answers.sample(frac=1, random_state=2),
        TERMS,
        scale=NPS,
    )
    assert shuffled.base == case.base and shuffled.draws.equals(case.draws)
    tenfold = accounts.assign(mrr_amount=accounts["mrr_amount"] * 10)
    rich = build_case(retention, tenfold, answers, TERMS, scale=NPS)
    assert rich.gain_pp == pytest.approx(case.gain_pp, rel=1e-12)
    assert rich.base.pv_benefits == pytest.approx(10 * case.base.pv_benefits, abs=0.5)
    other = build_case(retention, accounts, answers, replace(TERMS, seed=1), scale=NPS)
    assert not other.draws.equals(case.draws) and other.base == case.base


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda r, a, n: (replace(r, fit=replace(r.fit, problem="Nothing happened.")), a, n),
            "Nothing happened.",
        ),
        (lambda r, a, n: (r, a.iloc[:0], n), "No account is active"),
        (lambda r, a, n: (r, a.assign(mrr_amount=Decimal(0)), n), "no recurring revenue"),
        (lambda r, a, n: (r, a, n.iloc[:0]), "No active account has a current answer"),
        (lambda r, a, n: (r, a, n.assign(score=10)), "out of reach"),
    ],
)
def test_no_case_without_its_parts(world, change, words):
    inputs = change(*world)
    assert words in case_problem(*inputs, TERMS, scale=NPS)
    assert build_case(*inputs, TERMS, scale=NPS) is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"horizon_months": 30}, "whole years"),
        ({"uplift_low": 3.0}, "ascending"),
        ({"uplift_unit": "points"}, "net_nps_points or answer_points"),
        ({"margin": 75, "n_draws": 5}, "margin is 75"),
        ({"annual_cost": -1}, "annual_cost is -1"),
    ],
)
def test_assumptions_that_make_no_sense_are_named(change, words):
    with pytest.raises(ValueError, match=words):
        replace(TERMS, **change)
