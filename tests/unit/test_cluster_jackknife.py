"""The delete-one-cluster jackknife: equal to refitting without each cluster, whatever the order of rows."""

import numpy as np
import pytest

from roi_models.regression.cluster_jackknife import fit_jackknife


@pytest.fixture
def sample():
    """200 rows of 30 clusters of unequal size."""
    generator = np.random.default_rng(12)
    cluster = generator.integers(0, 30, 200)
    design = np.column_stack([generator.normal(size=200), np.ones(200), generator.normal(size=200)])
    outcome = design @ [0.5, 2.0, 0.0] + generator.normal(size=30)[cluster] + generator.normal(size=200)
    return outcome, design, cluster


def test_equal_to_refitting_without_each_cluster(sample):
    outcome, design, cluster = sample
    fit = fit_jackknife(outcome, design, cluster)
    whole = np.linalg.lstsq(design, outcome, rcond=None)[0]
    away = [
        np.linalg.lstsq(design[cluster != gone], outcome[cluster != gone], rcond=None)[0] - whole
        for gone in np.unique(cluster)
    ]
    assert fit.coef == pytest.approx(whole, abs=1e-12)
    assert fit.covariance == pytest.approx(29 / 30 * np.transpose(away) @ away, abs=1e-12)
    assert (fit.degrees, fit.count_clusters) == (29, 30)


def test_order_of_rows_and_names_of_clusters_do_not_matter(sample):
    outcome, design, cluster = sample
    order = np.random.default_rng(1).permutation(200)
    fit = fit_jackknife(outcome, design, cluster)
    again = fit_jackknife(outcome[order], design[order], np.char.add("z", cluster[order].astype(str)))
    assert again.covariance == pytest.approx(fit.covariance, abs=1e-12)


def test_a_column_of_one_cluster_leaves_the_errors_of_the_others(sample):
    """What only cluster 3 has takes its mean away: the others' coefficients are those without it."""
    outcome, design, cluster = sample
    with_own = np.column_stack([design[:, :2], (cluster == 3).astype(float)])
    fit = fit_jackknife(outcome, with_own, cluster)
    away = []
    for gone in np.unique(cluster):
        kept = cluster != gone
        chosen = with_own[kept][:, :2] if gone == 3 else with_own[kept]
        away.append(np.linalg.lstsq(chosen, outcome[kept], rcond=None)[0][0] - fit.coef[0])
    assert fit.covariance[0, 0] == pytest.approx(29 / 30 * np.square(away).sum(), abs=1e-12)


def test_what_cannot_be_estimated_is_none(sample):
    outcome, design, cluster = sample
    assert fit_jackknife(outcome, np.column_stack([design, design[:, 0] * 2]), cluster) is None
    assert fit_jackknife(outcome, design, np.zeros(200)) is None
    assert fit_jackknife(outcome, design * [0, 1, 1], cluster) is None
