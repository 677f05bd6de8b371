"""The grouped fit and its sandwich: against R, against statsmodels, and against sums written out row by
row."""

import warnings

import numpy as np
import pandas as pd
import pytest
from lifelines.datasets import load_rossi
from reference_files import r_coefficients

from roi_models.hazards.cloglog import fit_cloglog

COVARIATES = ["fin", "age", "race", "wexp", "mar", "paro", "prio"]


@pytest.fixture(scope="module")
def person_weeks():
    """Rossi's arrests, one row per person and week, for the weeks in which anybody was arrested."""
    rossi = load_rossi()
    rows = rossi.loc[rossi.index.repeat(rossi["week"])].copy()
    rows["at"] = rows.groupby(level=0).cumcount() + 1
    rows["event"] = ((rows["at"] == rows["week"]) & (rows["arrest"] == 1)).astype(float)
    # A week without arrests has a coefficient of −∞ in R; leaving it out changes no other.
    return rows[rows.groupby("at")["event"].transform("sum") > 0]


def design_of(rows):
    return np.hstack([rows[COVARIATES].to_numpy(float), pd.get_dummies(rows["at"]).to_numpy(float)])


def test_equals_r_glm_with_a_week_factor(person_weeks):
    want = r_coefficients("rossi", "glm cloglog person-week (week factor)")
    got = fit_cloglog(design_of(person_weeks), np.ones(len(person_weeks)), person_weeks["event"].to_numpy())
    assert got.problem is None
    assert got.coef[:7] == pytest.approx(want["coef"][COVARIATES].to_numpy(), abs=1e-6)
    assert np.sqrt(np.diag(got.covariance_model))[:7] == pytest.approx(want["se"][COVARIATES].to_numpy(), abs=1e-6)
    assert got.loglik == pytest.approx(want["loglik"].iloc[0], abs=1e-6)


def test_grouping_rows_changes_nothing(person_weeks):
    rows = person_weeks.assign(third=person_weeks["at"] // 18, person=person_weeks.index % 7)
    columns = ["fin", "race", "third"]
    grouped = rows.groupby([*columns, "person"], as_index=False)["event"].agg(["size", "sum"])

    def fit(frame, at_risk, events):
        design = np.column_stack([np.ones(len(frame)), frame[columns].to_numpy(float)])
        return fit_cloglog(design, at_risk, events, frame["person"].to_numpy())

    single = fit(rows, np.ones(len(rows)), rows["event"].to_numpy())
    compressed = fit(grouped, grouped["size"].to_numpy(), grouped["sum"].to_numpy())
    for name in ("coef", "covariance_model", "covariance", "loglik"):
        assert getattr(compressed, name) == pytest.approx(getattr(single, name), rel=1e-9, abs=1e-12)


@pytest.fixture(scope="module")
def small():
    rng = np.random.default_rng(3)
    cluster = np.repeat(np.arange(40), 10)
    design = np.column_stack([np.ones(400), rng.normal(size=400), np.repeat(rng.normal(size=40), 10)])
    at_risk = rng.integers(1, 30, 400).astype(float)
    events = rng.binomial(at_risk.astype(int), -np.expm1(-np.exp(design @ [-2.5, 0.3, -0.4]))).astype(float)
    return design, at_risk, events, cluster


def test_equals_statsmodels(small):
    import statsmodels.api as sm

    design, at_risk, events, cluster = small
    family = sm.families.Binomial(link=sm.families.links.CLogLog())
    want = sm.GLM(np.column_stack([events, at_risk - events]), design, family=family).fit(tol=1e-13, maxiter=100)
    got = fit_cloglog(design, at_risk, events, cluster)
    assert got.coef == pytest.approx(want.params, abs=1e-9)
    assert got.covariance_model == pytest.approx(want.cov_params(), abs=1e-10)


def test_clustered_covariance_equals_sums_written_out(small):
    design, at_risk, events, cluster = small
    got = fit_cloglog(design, at_risk, events, cluster)
    scores = np.zeros((40, 3))
    for x, n, d, g in zip(design, at_risk, events, cluster, strict=True):
        mean = np.exp(x @ got.coef)
        probability = 1 - np.exp(-mean)
        for is_event, count in ((True, d), (False, n - d)):
            factor = mean * np.exp(-mean) / probability if is_event else -mean
            scores[g] += count * factor * x
    want = got.covariance_model @ scores.T @ scores @ got.covariance_model * 40 / 39
    assert got.covariance == pytest.approx(want, rel=1e-9)
    assert np.abs(scores.sum(axis=0)).max() < 1e-8, "the score is nil at the maximum"
    relabelled = fit_cloglog(design, at_risk, events, np.array([f"group {39 - g}" for g in cluster]))
    assert relabelled.covariance == pytest.approx(got.covariance, rel=1e-12)


def test_weights_times_k_scale_the_errors(small):
    design, at_risk, events, _ = small
    once, four_times = fit_cloglog(design, at_risk, events), fit_cloglog(design, 4 * at_risk, 4 * events)
    assert four_times.coef == pytest.approx(once.coef, abs=1e-9)
    assert four_times.covariance_model == pytest.approx(once.covariance_model / 4, rel=1e-8)


ONES = np.ones(20)
HALF = np.repeat([0.0, 1.0], 10)


@pytest.mark.parametrize(
    ("columns", "events", "words"),
    [
        ([ONES, HALF], np.zeros(20), "none or all"),
        ([ONES, HALF], 10 * ONES, "none or all"),
        ([ONES, HALF], 3 * HALF, "'dummy' separates"),
        ([ONES, 1 - HALF], 10 * HALF + (1 - HALF), "separates|collinear|converge|none or all"),
        ([ONES, HALF, 2 * HALF + 1], ONES, "collinear"),
    ],
)
def test_what_cannot_be_estimated_is_a_sentence_and_no_warning(columns, events, words):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        got = fit_cloglog(
            np.column_stack(columns), 10 * ONES, events, terms=["intercept", "dummy", "copy"][: len(columns)]
        )
    assert got.problem is not None and pd.Series([got.problem]).str.contains(words).all()
    assert np.isnan(got.coef).all()
