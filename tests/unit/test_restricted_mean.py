"""Months stayed out of a horizon: by hand, against R and against repeated samples."""

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from lifelines.datasets import load_rossi
from reference_files import vectors
from scipy.stats import norm
from survival_data import BY_HAND, landmark_accounts

from roi_models.durations.grouped_months import any_departure, count_months
from roi_models.durations.restricted_mean import restricted_mean, restricted_means


def counts_of(rows: pd.DataFrame):
    return count_months(rows["duration_months"].to_numpy(), any_departure(rows))


def test_mean_and_error_by_hand():
    # S after months 1 to 4: 9/10, 7/10, 7/12, 7/20. Area to 5: 1 + 9/10 + 7/10 + 7/12 + 7/20.
    heights = [Fraction(1), Fraction(9, 10), Fraction(7, 10), Fraction(7, 12), Fraction(7, 20)]
    mean, error = restricted_mean(counts_of(BY_HAND), 5)
    assert mean == pytest.approx(float(sum(heights)), abs=1e-15)
    departures = {1: (1, 10), 2: (2, 9), 3: (1, 6), 4: (2, 5)}
    variance = sum(sum(heights[month:]) ** 2 * Fraction(d, n * (n - d)) for month, (d, n) in departures.items())
    assert error == pytest.approx(float(variance) ** 0.5, abs=1e-15)


@pytest.mark.gate
def test_area_equals_r_on_rossi():
    data = load_rossi()
    counts = count_months(data["week"].to_numpy(), data["arrest"].map({1: "left", 0: None}))
    assert restricted_mean(counts, 52)[0] == pytest.approx(vectors()["rossi_rmst52"], abs=1e-9)


def test_a_horizon_at_which_all_have_left_has_a_finite_error():
    counts = count_months(np.array([1, 2, 3, 3]), pd.Series(["left"] * 4))
    mean, error = restricted_mean(counts, 3)
    assert mean == pytest.approx(1 + 3 / 4 + 2 / 4) and 0 < error < 1


def test_the_error_is_that_of_repeated_samples():
    rng = np.random.default_rng(2)
    drawn = []
    for _ in range(500):
        left = np.ceil(rng.exponential(18, 120)).astype(int)
        drawn.append(
            restricted_mean(count_months(np.minimum(left, 12), pd.Series(left <= 12).map({True: "l", False: None})), 12)
        )
    spread, stated = np.std(drawn, axis=0)[0], np.mean(drawn, axis=0)[1]
    assert stated == pytest.approx(spread, rel=0.1)


def test_groups_are_compared_with_the_lowest_scored_one():
    rows = landmark_accounts(n=1500, hazard=0.03)
    table, problem = restricted_means(rows)
    assert problem is None and table["group"].tolist() == ["promoter", "passive", "detractor", "silent"]
    assert set(table["compared_with"].dropna()) == {"detractor"} and set(table["horizon_months"]) == {24}
    found = table.set_index("group")
    parts = [restricted_mean(counts_of(rows[rows["score_group"] == name]), 24) for name in ("promoter", "detractor")]
    (mean, error), (other, other_error) = parts
    spread = (error**2 + other_error**2) ** 0.5
    row = found.loc["promoter"]
    assert row["difference_months"] == pytest.approx(mean - other) and row["difference_low"] > 0
    assert row["difference_high"] - row["difference_low"] == pytest.approx(2 * norm.ppf(0.975) * spread)
    assert row["p_value"] == pytest.approx(2 * norm.sf((mean - other) / spread))
    assert np.isnan(found.loc["detractor", "difference_months"])


def test_departures_of_any_cause_end_a_stay():
    rows = landmark_accounts(hazard=0.03)
    forced = rows.assign(churn_kind=rows["churn_kind"].replace("voluntary", "involuntary"), is_churned=False)
    pd.testing.assert_frame_equal(restricted_means(rows)[0], restricted_means(forced)[0])


def test_the_horizon_is_one_that_every_compared_group_reaches():
    rows = landmark_accounts(n=1500, hazard=0.03)
    short = (rows["score_group"] == "passive") & (rows["duration_months"] > 9)
    rows = rows.assign(
        duration_months=rows["duration_months"].mask(short, 9), churn_kind=rows["churn_kind"].mask(short, None)
    )
    assert set(restricted_means(rows)[0]["horizon_months"]) == {9}


@pytest.mark.parametrize(
    ("spoil", "note", "words"),
    [
        (lambda rows: rows.assign(churn_kind=None), "fewer than 5 departures", "No group"),
        (lambda rows: rows.iloc[:12], "fewer than 20 accounts", "No group"),
        (lambda rows: rows.assign(score_group="silent"), "", "Only one group"),
    ],
)
def test_too_little_is_a_note_and_a_sentence(spoil, note, words):
    table, problem = restricted_means(spoil(landmark_accounts()))
    assert set(table["note"]) == {note} and words in problem
    assert table["difference_months"].isna().all()
    assert table["mean_months"].isna().all() == bool(note)


def test_a_group_without_departures_gets_no_interval_of_no_width():
    rows = landmark_accounts(hazard=0.03)
    loyal = rows["score_group"] == "promoter"
    rows = rows.assign(
        churn_kind=rows["churn_kind"].mask(loyal, None), duration_months=rows["duration_months"].mask(loyal, 24)
    )
    row = restricted_means(rows)[0].set_index("group").loc["promoter"]
    assert row["note"] == "fewer than 5 departures" and np.isnan(row["mean_months"]) and np.isnan(row["ci_low"])


def test_everybody_leaving_in_one_month_is_no_certainty():
    rows = landmark_accounts().assign(duration_months=1, churn_kind="voluntary")
    table, problem = restricted_means(rows)
    assert set(table["note"]) == {"no spread in the months stayed"} and "No group" in problem
    assert table[["mean_months", "difference_months", "p_value"]].isna().all(axis=None)
