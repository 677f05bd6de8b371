"""Retention beyond the data: likelihoods by hand, planted shapes, the choice, and every refusal."""

import warnings

import numpy as np
import pandas as pd
import pytest
from lifelines import KaplanMeierFitter, LogNormalAFTFitter, WeibullAFTFitter
from scipy.stats import norm
from survival_data import landmark_accounts

from roi_models.durations.aft_shapes import fit_shape
from roi_models.durations.extrapolation import MAX_STRETCH, extrapolate
from roi_models.hazards.design import NotEstimableError


def members_of(rows: pd.DataFrame, group="all") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "group": group if isinstance(group, str) else rows["score_group"],
            "month": rows["duration_months"],
            "has_left": rows["churn_kind"].notna(),
        }
    )


def interval_loglik(members, survival):
    """Σ log of S(m − 1) − S(m) for who left in month m and of S(m) for who stayed."""
    month, left = members["month"].to_numpy(float), members["has_left"].to_numpy()
    return np.log(np.where(left, survival(month - 1) - survival(month), survival(month))).sum()


def log_normal_survival(location, shape):
    def survival(month):
        with np.errstate(divide="ignore"):
            return norm.sf((np.log(month) - location) / np.exp(shape))

    return survival


@pytest.mark.parametrize("model", ["weibull", "log_normal"])
def test_likelihood_and_aic_are_those_of_intervals(model):
    members = members_of(landmark_accounts(hazard=0.03))
    fit = fit_shape(model, members, ("all",))
    location, shape = fit.coef
    by_hand = {
        "weibull": lambda month: np.exp(-((month / np.exp(location)) ** np.exp(shape))),
        "log_normal": log_normal_survival(location, shape),
    }[model]
    assert fit.loglik == pytest.approx(interval_loglik(members, by_hand), abs=1e-5)
    assert fit.aic == pytest.approx(4 - 2 * fit.loglik)
    for step in np.eye(2) * 1e-2:
        moved = fit.log_survival("all", np.arange(25.0), fit.coef + step)
        there = lambda month, moved=moved: np.exp(moved)[month.astype(int)]  # noqa: E731
        assert interval_loglik(members, there) < fit.loglik


@pytest.mark.parametrize(("model", "fitter"), [("weibull", WeibullAFTFitter), ("log_normal", LogNormalAFTFitter)])
def test_counted_accounts_fit_as_lifelines_fits_rows(model, fitter):
    rows = landmark_accounts(n=300, hazard=0.04)
    rows = rows[rows["score_group"].isin(["promoter", "passive"])]
    members = members_of(rows, group=None)
    fit = fit_shape(model, members, ("passive", "promoter"))
    frame = pd.DataFrame(
        {
            "promoter": (members["group"] == "promoter") * 1.0,
            "low": np.maximum(members["month"] - members["has_left"], 1e-9),
            "high": np.where(members["has_left"], members["month"], np.inf),
        }
    )
    plain = fitter().fit_interval_censoring(frame, "low", "high")
    assert np.sort(fit.coef) == pytest.approx(np.sort(plain.params_.to_numpy()), abs=1e-4)
    assert fit.loglik == pytest.approx(plain.log_likelihood_, abs=1e-4)
    errors = np.sqrt(np.diag(fit.covariance))
    assert np.sort(errors) == pytest.approx(np.sort(plain.standard_errors_.to_numpy()), rel=1e-3)


def test_the_first_month_needs_no_logarithm_of_zero():
    """lifelines' log-normal fails when an interval begins at 0; a departure in the first month begins there."""
    members = members_of(landmark_accounts(hazard=0.1))
    assert ((members["month"] == 1) & members["has_left"]).any()
    assert np.isfinite(fit_shape("log_normal", members, ("all",)).coef).all()


def test_months_as_exact_times_would_be_biased_and_intervals_are_not():
    rows = landmark_accounts(n=4000, hazard=0.1, slope=0.0, silent_share=0.0, involuntary=0, seed=4)
    location, shape = fit_shape("weibull", members_of(rows), ("all",)).coef
    assert np.exp(location) == pytest.approx(10, rel=0.06) and np.exp(shape) == pytest.approx(1, abs=0.05)
    exact = WeibullAFTFitter().fit(
        rows.assign(left=rows["churn_kind"].notna())[["duration_months", "left"]], "duration_months", "left"
    )
    assert exact.params_.loc[("rho_", "Intercept")] > 0.08


def test_the_better_shape_is_chosen_by_aic():
    rng = np.random.default_rng(7)
    rows = landmark_accounts(n=2500, involuntary=0)
    planted = np.ceil(np.exp(rng.normal(2.6, 0.8, len(rows)))).astype(int)
    rows = rows.assign(duration_months=np.minimum(planted, 24), churn_kind=np.where(planted <= 24, "voluntary", None))
    found = extrapolate(rows, 36)
    models = found.models[found.models["scope"] == "all"].set_index("model")
    assert models.loc["log_normal", "is_chosen"] and models.loc["weibull", "aic_difference"] > 10
    assert models["aic"].to_numpy() == pytest.approx(2 * models["count_parameters"] - 2 * models["loglik"])
    end = found.curves[(found.curves["group"] == "all") & (found.curves["month"] == 36)].iloc[0]
    assert end["retention"] == pytest.approx(norm.sf((np.log(36) - 2.6) / 0.8), abs=0.02)


def test_observed_months_are_never_replaced_by_a_model():
    rows = landmark_accounts(n=1500, hazard=0.02)
    curves = extrapolate(rows, 36).curves
    everybody = curves[curves["group"] == "all"].set_index("month")
    assert everybody.index.tolist() == list(range(37))
    assert (everybody["basis"] == np.where(everybody.index <= 24, "observed", "extrapolated")).all()
    observed = KaplanMeierFitter().fit(rows["duration_months"], rows["churn_kind"].notna())
    expected = observed.survival_function_at_times(range(25)).to_numpy()
    assert everybody.loc[:24, "retention"].to_numpy() == pytest.approx(expected, abs=1e-12)
    assert everybody.loc[25:, "observed"].isna().all()
    # Carried on from the observed end, by what the chosen model says of the months after it.
    models = extrapolate(rows, 36).models
    chosen = models[(models["scope"] == "all") & models["is_chosen"]]["model"].item()
    carried = everybody.loc[24, "retention"] * everybody.loc[36, chosen] / everybody.loc[24, chosen]
    assert everybody.loc[36, "retention"] == pytest.approx(carried, rel=1e-9)


def test_the_interval_spans_both_models_and_widens():
    everybody = extrapolate(landmark_accounts(n=1500, hazard=0.02), 48).curves.query("group == 'all' and month >= 24")
    width = (everybody["ci_high"] - everybody["ci_low"]).to_numpy()
    assert (np.diff(width) > 0).all()
    end = everybody.iloc[-1]
    for model in ("weibull", "log_normal"):
        carried = everybody.iloc[0]["retention"] * end[model] / everybody.iloc[0][model]
        assert end["ci_low"] < carried < end["ci_high"]


@pytest.mark.validate
def test_the_interval_holds_the_truth_as_often_as_it_says():
    held = []
    for seed in range(24):
        rows = landmark_accounts(n=400, hazard=0.02, slope=0.0, silent_share=0.0, involuntary=0, seed=seed)
        rows = rows.assign(score_group="passive")
        end = extrapolate(rows, 36).curves.query("group == 'all' and month == 36").iloc[0]
        held.append(end["ci_low"] <= np.exp(-0.02 * 36) <= end["ci_high"])
    # It spans two models, so it may hold more often than 95%; 18 of 24 lies below the 99.9% band of that.
    assert sum(held) > 18


def test_a_horizon_inside_the_data_is_not_extrapolated():
    found = extrapolate(landmark_accounts(n=800, hazard=0.03), 12)
    assert found.models.empty and set(found.curves["basis"]) == {"observed"}
    assert found.curves["month"].max() == 12 and found.curves[["weibull", "log_normal"]].isna().all(axis=None)
    assert "nothing is extrapolated" in found.notes[0]


def test_a_curve_goes_no_further_than_twice_the_data():
    found = extrapolate(landmark_accounts(n=800, hazard=0.04, months=10), 36)
    assert found.curves[found.curves["group"] == "all"]["month"].max() == 10 * MAX_STRETCH
    assert any("10 months are observed" in note and "20 months" in note for note in found.notes)


def test_a_model_that_misses_the_observed_end_is_not_carried_on():
    """A few leave early, then in the 18th month a third does at once: no smooth shape is near that."""
    rows = landmark_accounts(n=900, hazard=0.01, involuntary=0, slope=0.0)
    left = np.select([rows.index < 6, rows.index % 3 == 0], [1 + rows.index % 3, 18], 24)
    rows = rows.assign(duration_months=left, churn_kind=np.where(left < 24, "voluntary", None))
    found = extrapolate(rows, 36)
    assert any("misses the observed curve" in note for note in found.notes)
    assert (found.curves["basis"] == "observed").all()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda rows: rows.iloc[:0],
        lambda rows: rows.iloc[:12],
        lambda rows: rows.assign(churn_kind=None),
        lambda rows: rows.assign(churn_kind=np.where(rows.index == 5, "voluntary", None)),
    ],
)
def test_too_little_is_a_sentence(spoil):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = extrapolate(spoil(landmark_accounts(hazard=0.03)), 36)
    assert found.models.empty and found.curves.empty
    assert found.notes and all("not carried beyond" in note for note in found.notes)


def test_no_convergence_is_a_sentence(monkeypatch):
    def refuse(model, members, groups):
        raise NotEstimableError("The Weibull model did not converge.")

    monkeypatch.setattr("roi_models.durations.extrapolation.fit_shape", refuse)
    found = extrapolate(landmark_accounts(hazard=0.03), 36)
    assert any("did not converge" in note for note in found.notes)
    assert found.models.empty and (found.curves["basis"] == "observed").all()


def test_everybody_leaving_at_once_gives_no_number_beyond():
    rows = landmark_accounts(hazard=0.03).assign(duration_months=3, churn_kind="voluntary")
    found = extrapolate(rows, 36)
    assert (found.curves["basis"] == "observed").all() and found.curves["month"].max() == 3
    assert any("show no shape" in note for note in found.notes)
