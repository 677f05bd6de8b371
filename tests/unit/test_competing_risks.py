"""Aalen–Johansen on monthly counts: by hand, against R and lifelines, and refusals that are sentences."""

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from lifelines import AalenJohansenFitter, KaplanMeierFitter
from reference_files import REFERENCE, vectors
from survival_data import BY_HAND, landmark_accounts

from roi_models.durations.competing_risks import aalen_johansen, incidence_by_cause
from roi_models.durations.grouped_months import MonthCounts, count_months, kaplan_meier, log_minus_log_interval


def lifelines_incidence(duration, code, event, *, seed=None):
    fitted = AalenJohansenFitter(seed=seed).fit(duration, code, event_of_interest=event)
    return fitted.cumulative_density_.iloc[:, 0]


def test_counts_and_incidence_by_hand():
    counts = count_months(BY_HAND["duration_months"].to_numpy(), BY_HAND["churn_kind"])
    assert counts.causes == ("involuntary", "voluntary")
    assert counts.at_risk.tolist() == [10, 9, 6, 5, 3, 2]
    assert counts.events.tolist() == [[0, 1], [1, 1], [0, 1], [1, 1], [0, 0], [0, 0]]
    incidence, _ = aalen_johansen(counts)
    # S(m−): 1, 9/10, 7/10, 7/12, 7/20
    involuntary = Fraction(9, 10) / 9 + Fraction(7, 12) / 5
    voluntary = Fraction(1, 10) + Fraction(9, 10) / 9 + Fraction(7, 10) / 6 + Fraction(7, 12) / 5
    assert incidence[-1] == pytest.approx([float(involuntary), float(voluntary)], abs=1e-15)
    survival, _ = kaplan_meier(counts)
    assert survival[-1] == pytest.approx(0.35, abs=1e-15)


def mgus2() -> MonthCounts:
    """R's survival::mgus2 by month: at risk, plasma cell malignancies, deaths before one (the first 240 months)."""
    months = pd.read_csv(REFERENCE / "mgus2_months.csv")
    return MonthCounts(
        month=months["month"].to_numpy(),
        at_risk=months["count_at_risk"].to_numpy(),
        events=months[["count_pcm", "count_death"]].to_numpy(),
        causes=("pcm", "death"),
    )


@pytest.mark.gate
def test_incidence_equals_r_with_many_ties():
    counts = mgus2()
    incidence, _ = aalen_johansen(counts)
    for month, share in vectors()["aj_mgus2_pcm"].items():
        assert incidence[int(month) - 1, 0] == pytest.approx(share, abs=1e-9)


def test_what_lifelines_makes_of_ties_moves_and_ours_does_not():
    rows = landmark_accounts(hazard=0.05, involuntary=0.02)
    code = rows["churn_kind"].map({"voluntary": 1, "involuntary": 2}).fillna(0).astype(int)
    with pytest.warns(Warning, match="Tied event times"):
        jittered = [
            lifelines_incidence(rows["duration_months"], code, 2, seed=seed).loc[:12].iloc[-1] for seed in (1, 2)
        ]
    assert jittered[0] != jittered[1]
    first, again = (incidence_by_cause(rows.sample(frac=1, random_state=seed))[0] for seed in (1, 2))
    pd.testing.assert_frame_equal(first, again)


def test_incidence_equals_lifelines_without_ties():
    rng = np.random.default_rng(5)
    duration, code = rng.permutation(np.arange(1, 201)), rng.integers(0, 3, 200)
    causes = pd.Series(code).map({1: "a", 2: "b"})
    incidence, std_error = aalen_johansen(count_months(duration, causes))
    for position, event in enumerate((1, 2)):
        expected = lifelines_incidence(duration, code, event)
        assert incidence[:, position] == pytest.approx(expected.loc[1:].to_numpy(), abs=1e-12)
        # Its error is another large-sample formula: near ours while many are at risk.
        fitted = AalenJohansenFitter(calculate_variance=True).fit(duration, code, event_of_interest=event)
        theirs = np.sqrt(fitted.variance_.to_numpy().ravel()[100])
        assert std_error[99, position] == pytest.approx(theirs, rel=0.05)


def test_causes_and_survival_sum_to_one_and_exceed_no_naive_curve():
    table, problem = incidence_by_cause(landmark_accounts(hazard=0.05, involuntary=0.02))
    assert problem is None
    everybody = table[table["group"] == "all"]
    stayed = everybody.groupby("month")["incidence"].sum()
    rows = landmark_accounts(hazard=0.05, involuntary=0.02)
    curve = KaplanMeierFitter().fit(rows["duration_months"], rows["churn_kind"].notna()).survival_function_at_times
    assert (1 - stayed).to_numpy() == pytest.approx(curve(stayed.index).to_numpy(), abs=1e-12)
    assert (table["one_minus_kaplan_meier"] >= table["incidence"] - 1e-12).all()
    # The trap: taking the other cause for censoring counts people who were already gone.
    last = everybody[everybody["month"] == 24].set_index("cause")
    assert (last["one_minus_kaplan_meier"] - last["incidence"]).min() > 0.01


def test_the_error_with_one_cause_is_greenwoods():
    rows = landmark_accounts(hazard=0.05, involuntary=0)
    counts = count_months(rows["duration_months"].to_numpy(), rows["churn_kind"])
    _, std_error = aalen_johansen(counts)
    fitted = KaplanMeierFitter().fit(rows["duration_months"], rows["is_churned"], timeline=counts.month)
    survival, greenwood = kaplan_meier(counts)
    assert std_error[:, 0] == pytest.approx(greenwood, rel=1e-12)
    low, high = log_minus_log_interval(survival, greenwood)
    interval = fitted.confidence_interval_survival_function_.to_numpy()
    assert np.column_stack([low, high]) == pytest.approx(interval, abs=1e-12)


def test_the_error_with_two_causes_is_that_of_repeated_samples():
    rng = np.random.default_rng(11)
    drawn = []
    for _ in range(600):
        chosen, forced = np.ceil(rng.exponential(20, 150)), np.ceil(rng.exponential(35, 150))
        kind = pd.Series(np.where(chosen <= forced, "voluntary", "involuntary"))
        left = np.minimum(chosen, forced).astype(int)
        counts = count_months(np.minimum(left, 12), kind.where(left <= 12), causes=("voluntary", "involuntary"))
        incidence, std_error = aalen_johansen(counts)
        drawn.append([incidence[-1, 0], std_error[-1, 0]])
    spread, stated = np.std(drawn, axis=0)[0], np.mean(drawn, axis=0)[1]
    assert stated == pytest.approx(spread, rel=0.1)


def test_few_departures_have_a_share_but_no_interval():
    table, _ = incidence_by_cause(landmark_accounts(involuntary=0.0002))
    rare = table[(table["cause"] == "involuntary") & (table["group"] == "all")]
    assert 0 < rare["count_left"].max() < 5 and rare["ci_low"].isna().all()
    common = table[(table["cause"] == "voluntary") & (table["group"] == "all") & (table["count_left"] >= 5)]
    assert (common["ci_low"] < common["incidence"]).all() and (common["incidence"] < common["ci_high"]).all()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda rows: rows.iloc[:0], "No account left"),
        (lambda rows: rows.assign(churn_kind=None), "No account left"),
        (lambda rows: rows.assign(churn_kind="all_causes"), "cause is not recorded"),
        (lambda rows: rows.assign(churn_kind=rows["churn_kind"].replace("involuntary", "all_causes")), "not recorded"),
        (lambda rows: rows[rows["churn_kind"].notna()].iloc[:12], "Only 12 accounts"),
    ],
)
def test_nothing_to_tell_causes_of_is_a_sentence(spoil, words):
    table, problem = incidence_by_cause(spoil(landmark_accounts()))
    assert table.empty and words in problem


def test_a_small_group_is_left_out():
    rows = landmark_accounts()
    rows["score_group"] = np.where(rows.index < 15, "detractor", "promoter")
    table, _ = incidence_by_cause(rows)
    assert set(table["group"]) == {"all", "promoter"}
