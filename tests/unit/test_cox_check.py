"""Cox and the grouped model on the same accounts: R's coefficients and sandwich errors, entry, ties."""

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter
from lifelines.datasets import load_rossi, load_stanford_heart_transplants
from reference_files import r_coefficients
from survival_data import landmark_accounts

from roi_models.durations.cox_check import cox_sandwich, fit_cox, fit_months, month_rows, proportionality, slopes_on
from roi_models.hazards.design import NotEstimableError

ROSSI = ["fin", "age", "race", "wexp", "mar", "paro", "prio"]
HEART = ["age", "year", "surgery", "transplant"]


def spells(*, slope=-0.4, later_slope=None, hazard=0.02, n=3000, seed=8, months=24, late_entry=False):
    """Accounts with a score and a monthly hazard; `later_slope` holds from month 7 on."""
    rng = np.random.default_rng(seed)
    score = rng.normal(0, 1, n)
    entry = rng.integers(0, 30, n) if late_entry else np.zeros(n, dtype=int)
    left, exit_month = np.zeros(n, dtype=bool), entry.copy()
    for step in range(months):
        there = ~left
        now = slope if later_slope is None or step < 6 else later_slope
        leaves = there & (rng.random(n) < -np.expm1(-hazard * np.exp(now * score)))
        exit_month = np.where(there, entry + step + 1, exit_month)
        left |= leaves
    return pd.DataFrame({"score": score}), exit_month, left, entry


def test_slope_and_sandwich_equal_r_with_ties():
    data = load_rossi()
    covariates = data[ROSSI].astype(float).rename(columns={"age": "score"})
    found = fit_cox(covariates, data["week"].to_numpy(), data["arrest"].to_numpy())
    expected = r_coefficients("rossi", "efron robust id").loc["age"]
    assert found.coef == pytest.approx(expected["coef"], abs=1e-6)
    assert found.std_error == pytest.approx(expected["se"], abs=1e-6)
    assert found.std_error_robust == pytest.approx(expected["robse"], abs=1e-6)


def test_sandwich_equals_r_with_delayed_entry_and_clusters_and_lifelines_does_not():
    heart = load_stanford_heart_transplants()
    # R's jasa1 as lifelines ships it; a spell that ends when it began is half a day long there.
    expected = r_coefficients("stanford_heart", "efron cluster(id)").loc[HEART]
    sandwich = cox_sandwich(
        heart[HEART].to_numpy(float),
        expected["coef"].to_numpy(),
        entry=heart["start"].to_numpy(),
        exit_time=heart["stop"].to_numpy(),
        event=heart["event"].to_numpy(bool),
        cluster=heart["id"].to_numpy(),
    )
    assert np.sqrt(np.diag(sandwich)) == pytest.approx(expected["robse"].to_numpy(), abs=1e-6)
    theirs = CoxPHFitter().fit(
        heart[[*HEART, "start", "stop", "event", "id"]],
        "stop",
        "event",
        entry_col="start",
        cluster_col="id",
        fit_options={"precision": 1e-13},
    )
    assert theirs.params_[HEART].to_numpy() == pytest.approx(expected["coef"].to_numpy(), abs=1e-6)
    assert np.abs(theirs.standard_errors_[HEART].to_numpy() - expected["robse"].to_numpy()).max() > 1e-4


def test_splitting_an_account_into_rows_leaves_its_clustered_error():
    covariates, exit_month, left, entry = spells(n=400)
    whole = cox_sandwich(covariates.to_numpy(), np.array([-0.4]), entry=entry, exit_time=exit_month, event=left)
    middle = np.minimum(exit_month - 0.5, 3.5)
    split = cox_sandwich(
        np.vstack([covariates.to_numpy()] * 2),
        np.array([-0.4]),
        entry=np.concatenate([entry, middle]),
        exit_time=np.concatenate([middle, exit_month]),
        event=np.concatenate([np.zeros_like(left), left]),
        cluster=np.tile(np.arange(400), 2),
    )
    assert split == pytest.approx(whole, rel=1e-10)


def test_rows_counted_together_give_the_fit_of_single_rows():
    covariates, exit_month, left, _ = spells(n=500)
    covariates = covariates.round(0)
    grouped, single = (
        month_rows(frame, exit_month, left) for frame in (covariates, covariates.assign(own=np.arange(500) * 1e-300))
    )
    assert len(grouped.month) < len(single.month) / 20
    assert grouped.events.sum() == single.events.sum() == left.sum()
    narrow = fit_months(grouped)
    wide = fit_months(month_rows(covariates, exit_month, left))
    assert narrow.coef == pytest.approx(wide.coef, abs=1e-12)
    from roi_models.hazards.cloglog import fit_cloglog

    account = np.repeat(np.arange(500), exit_month)
    month = np.concatenate([np.arange(1, length + 1) for length in exit_month])
    eventful = np.unique(exit_month[left])
    kept = np.isin(month, eventful)
    design = np.column_stack([covariates["score"].to_numpy()[account], month[:, None] == eventful])[kept].astype(float)
    event = ((month == exit_month[account]) & left[account])[kept]
    expected = fit_cloglog(design, np.ones(len(event)), event)
    assert narrow.coef == pytest.approx(expected.coef[:1], abs=1e-8)
    assert narrow.covariance[0, 0] == pytest.approx(expected.covariance_model[0, 0], rel=1e-8)
    assert narrow.loglik == pytest.approx(expected.loglik, abs=1e-8)


def test_months_without_a_departure_change_nothing():
    covariates, exit_month, left, _ = spells(n=300)
    plain = fit_months(month_rows(covariates, exit_month, left)).coef[0]
    # Every month becomes two, the first of which nobody leaves in: an empty month has a hazard of nil.
    stretched = fit_months(month_rows(covariates, exit_month * 2, left)).coef[0]
    assert stretched == pytest.approx(plain, abs=1e-9)


def test_both_recover_the_planted_slope_on_both_time_scales():
    covariates, exit_month, left, entry = spells(late_entry=True, n=6000)
    rows = [
        slopes_on("landmark", covariates, exit_month - entry, left),
        slopes_on("tenure", covariates, exit_month, left, entry),
    ]
    for row in rows:
        assert row["cox_coef"] == pytest.approx(-0.4, abs=2.5 * row["cox_std_error"])
        assert row["difference"] == pytest.approx(row["cloglog_coef"] - row["cox_coef"], abs=1e-15)
        assert row["difference_in_std_errors"] == pytest.approx(row["difference"] / row["cox_std_error"], rel=1e-12)
        assert row["cox_std_error_robust"] == pytest.approx(row["cox_std_error"], rel=0.1)
        assert row["monthly_hazard"] == pytest.approx(left.sum() / (exit_month - entry).sum())
        assert row["count_events"] == left.sum() and row["count_accounts"] == 6000


def test_the_two_agree_where_few_leave_a_month():
    covariates, exit_month, left, _ = spells(hazard=0.01, n=8000, slope=-0.3)
    row = slopes_on("landmark", covariates, exit_month, left)
    assert row["monthly_hazard"] < 0.03 and abs(row["difference"]) < 1e-3


def test_ignoring_entry_moves_the_slope():
    """Accounts met late are survivors: counted from their start they hide how the young leave."""
    rng = np.random.default_rng(4)
    tenure = rng.integers(0, 36, 4000)
    covariates = pd.DataFrame({"score": tenure / 12 + rng.normal(0, 1, 4000)})
    stay = rng.geometric(0.03, 4000)
    left, exit_month = stay <= 12, tenure + np.minimum(stay, 12)
    entered = slopes_on("tenure", covariates, exit_month, left, tenure)
    naive = slopes_on("tenure", covariates, exit_month, left)
    assert abs(entered["cox_coef"]) < 3 * entered["cox_std_error"]
    assert naive["cox_coef"] < -5 * naive["cox_std_error"]


def test_a_constant_slope_passes_and_a_changing_one_is_found():
    covariates, exit_month, left, _ = spells()
    calm = proportionality(month_rows(covariates, exit_month, left))
    assert calm.p_value > 0.05
    covariates, exit_month, left, _ = spells(slope=-0.8, later_slope=0.0)
    found = proportionality(month_rows(covariates, exit_month, left))
    assert found.p_value < 1e-4 and found.slope_first < -0.6 and found.slope_last > -0.3
    assert (found.first_month, found.last_month) == (1, 24)


def test_the_test_of_a_changing_slope_is_a_likelihood_ratio():
    covariates, exit_month, left, _ = spells(n=400)
    rows = month_rows(covariates, exit_month, left)
    found = proportionality(rows)
    wide = fit_months(rows, rows.covariates[:, 0] * np.log(rows.month))
    assert found.statistic == pytest.approx(2 * (wide.loglik - fit_months(rows).loglik), abs=1e-7)
    assert found.slope_first == pytest.approx(wide.coef[0] + wide.coef[-1] * np.log(rows.month.min()), abs=1e-6)


def test_nulls_are_rejected_as_often_as_stated():
    rejected = [
        proportionality(month_rows(c, t, e)).p_value < 0.05
        for c, t, e, _ in (spells(n=300, hazard=0.05, months=8, seed=seed) for seed in range(100, 220))
    ]
    # The 99.9% band of 120 draws at 5%.
    assert 1 <= sum(rejected) <= 15


def test_separation_and_too_few_departures_are_refused():
    covariates, exit_month, left, _ = spells(n=200)
    apart = pd.DataFrame({"score": np.where(left, 1.0, 0.0)})
    with pytest.raises(NotEstimableError, match=r"converge|finite"):
        fit_cox(apart, np.full(200, 12), left)
    with pytest.raises(NotEstimableError, match="separates"):
        fit_months(month_rows(apart, np.full(200, 12), left))
    with pytest.raises(NotEstimableError, match="cannot be tested"):
        proportionality(month_rows(covariates, exit_month, left & (np.cumsum(left) <= 9)))


def test_a_month_in_which_all_leave_says_nothing_and_breaks_nothing():
    covariates, exit_month, left, _ = spells(n=300)
    plain = fit_months(month_rows(covariates, exit_month, left))
    more = pd.concat([covariates, pd.DataFrame({"score": [2.0, -1.0]})], ignore_index=True)
    late = fit_months(month_rows(more, np.append(exit_month, [40, 40]), np.append(left, [True, True]), None))
    kept = fit_months(month_rows(more, np.append(exit_month, [40, 40]), np.append(left, [False, False]), None))
    assert late.coef == pytest.approx(kept.coef, abs=1e-9) and late.coef != pytest.approx(plain.coef, abs=1e-9)
    with pytest.raises(NotEstimableError, match="nobody or everybody"):
        fit_months(month_rows(covariates, np.full(300, 3), np.ones(300, dtype=bool)))


def test_repeated_accounts_equal_r_only_as_rows():
    """Under Efron, weights are not repeated rows; so ours takes rows, and lifelines' weights are never used."""
    rows = landmark_accounts(hazard=0.08)
    scored = rows[rows["score"].notna()].assign(score=lambda frame: frame["score"].astype(float))
    frame = scored[["score", "duration_months", "is_churned"]].astype(float)
    weighted = CoxPHFitter().fit(frame.assign(w=3), "duration_months", "is_churned", weights_col="w")
    repeated = pd.concat([frame] * 3)
    found = fit_cox(repeated[["score"]], repeated["duration_months"].to_numpy(), repeated["is_churned"].to_numpy())
    assert abs(weighted.params_["score"] - found.coef) > 1e-4
    expanded = CoxPHFitter().fit(repeated, "duration_months", "is_churned", fit_options={"precision": 1e-13})
    assert found.coef == pytest.approx(expanded.params_["score"], abs=1e-9)
