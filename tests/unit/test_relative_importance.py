"""Shapley values of R²: known values, R's relaimpo, and intervals that know accounts. The last test repeats samples
and runs with `make validate`."""

from itertools import permutations

import numpy as np
import pytest
from scipy.stats import binom

from roi_models.drivers.relative_importance import (
    MAX_PREDICTORS,
    decompose_r_squared,
    r_squared_of_subsets,
    shapley_of_r_squared,
)
from roi_models.simulate.attributes import attribute_ratings, declared_correlations


def bordered(between, with_outcome):
    """Correlations of predictors and outcome as one matrix, the outcome last."""
    column = np.asarray(with_outcome, dtype=float)[:, None]
    return np.block([[np.asarray(between, dtype=float), column], [column.T, np.ones((1, 1))]])


def by_orders(correlations):
    """The definition: what each predictor adds to R², averaged over all orders, each R² from a solve of its own."""
    count = len(correlations) - 1

    def r_squared(members):
        chosen = list(members)
        column = correlations[chosen, count]
        return column @ np.linalg.solve(correlations[np.ix_(chosen, chosen)], column) if chosen else 0.0

    parts = np.zeros(count)
    orders = list(permutations(range(count)))
    for order in orders:
        for place, member in enumerate(order):
            parts[member] += r_squared(order[: place + 1]) - r_squared(order[:place])
    return parts / len(orders)


@pytest.fixture(scope="module")
def sample():
    """400 answers of 100 accounts, four correlated predictors."""
    generator = np.random.default_rng(3)
    account = np.repeat(np.arange(100), 4)
    mood = generator.normal(size=100)[account]
    predictors = mood[:, None] * [0.8, 0.4, 0.0, 0.2] + generator.normal(size=(400, 4))
    outcome = predictors @ [0.6, 0.3, 0.0, -0.2] + mood + generator.normal(size=400)
    return predictors, outcome, account


def test_without_correlation_shares_are_squared_correlations():
    with_outcome = [0.6, -0.5, 0.3, 0.0]
    parts = shapley_of_r_squared(bordered(np.eye(4), with_outcome)[None])[0]
    assert parts == pytest.approx([0.36, 0.25, 0.09, 0.0], abs=1e-12)


def test_two_predictors_by_hand():
    """R² = (.36 + .25 − 2·.6·.5·.3)/(1 − .09) = .43/.91; the first's part = (.36 + R² − .25)/2."""
    whole = 0.43 / 0.91
    parts = shapley_of_r_squared(bordered([[1, 0.3], [0.3, 1]], [0.6, 0.5])[None])[0]
    assert parts == pytest.approx([(0.36 + whole - 0.25) / 2, (0.25 + whole - 0.36) / 2], abs=1e-12)


def test_equal_to_relaimpo_on_the_swiss_data():
    """calc.relimp(Fertility ~ ., swiss, type = "lmg") of R's relaimpo, from cor(swiss)."""
    between = np.eye(5)
    between[np.triu_indices(5, 1)] = [
        -0.6865422, -0.63952252, 0.4010951, -0.06085861, 0.6984153, -0.5727418, -0.11402160, -0.1538589, -0.09932185,
        0.17549591,
    ]  # fmt: skip
    between = between + between.T - np.eye(5)
    parts = shapley_of_r_squared(bordered(between, [0.35307918, -0.6458827, -0.66378886, 0.4636847, 0.41655603])[None])[
        0
    ]
    assert parts == pytest.approx([0.05709122, 0.17117303, 0.26013468, 0.10557015, 0.11276592], abs=1e-7)


def test_equal_to_the_average_over_all_orders_and_to_least_squares(sample):
    predictors, outcome, _ = sample
    correlations = np.corrcoef(np.column_stack([predictors, outcome]).T)
    parts = shapley_of_r_squared(correlations[None])[0]
    assert parts == pytest.approx(by_orders(correlations), abs=1e-12)
    design = np.column_stack([np.ones(len(outcome)), predictors])
    residual = outcome - design @ np.linalg.lstsq(design, outcome, rcond=None)[0]
    assert parts.sum() == pytest.approx(1 - residual.var() / outcome.var(), abs=1e-12)


def test_every_subset_has_its_own_place():
    found = r_squared_of_subsets(bordered(np.eye(3), [0.6, 0.5, 0.3])[None])[0]
    assert found == pytest.approx([0, 0.36, 0.25, 0.61, 0.09, 0.45, 0.34, 0.70], abs=1e-12)


def test_predictors_that_say_the_same_share_it_equally():
    between = [[1, 1, 0], [1, 1, 0], [0, 0, 1]]
    parts = shapley_of_r_squared(bordered(between, [0.6, 0.6, 0.5])[None])[0]
    assert parts == pytest.approx([0.18, 0.18, 0.25], abs=1e-9)


def test_more_predictors_than_can_be_decomposed_are_refused():
    with pytest.raises(ValueError, match="At most 12"):
        shapley_of_r_squared(np.eye(MAX_PREDICTORS + 2)[None])


def test_nothing_hangs_on_the_order_of_rows_names_of_accounts_or_units(sample):
    predictors, outcome, account = sample
    found = decompose_r_squared(predictors, outcome, account)
    order = np.random.default_rng(0).permutation(len(outcome))
    shuffled = decompose_r_squared(predictors[order], outcome[order], account[order])
    for name in ("share", "low", "high"):
        assert (getattr(found, name) == getattr(shuffled, name)).all()
    other_units = decompose_r_squared(predictors * [3, 1, 10, 0.5] + 7, 100 - 2 * outcome, account)
    assert other_units.share == pytest.approx(found.share, abs=1e-10)
    assert found.share.sum() == pytest.approx(1)
    assert (found.low <= found.share).all() and (found.share <= found.high).all()


def test_the_same_answers_of_fewer_accounts_are_less_certain(sample):
    """Each answer four times: by four accounts it is four times the evidence, by one account it is not."""
    predictors, outcome, _ = sample
    many = np.tile(predictors, (4, 1)), np.tile(outcome, 4)
    as_one = decompose_r_squared(*many, np.tile(np.arange(400), 4))
    as_own = decompose_r_squared(*many, np.arange(1_600))
    once = decompose_r_squared(predictors, outcome, np.arange(400))
    assert as_one.high - as_one.low == pytest.approx(once.high - once.low, rel=1e-9)
    assert ((as_own.high - as_own.low)[:2] < 0.65 * (once.high - once.low)[:2]).all()


def test_the_demos_declared_importance_comes_back():
    """Rounding to seven answers takes little from it: within three points of each share, and in order."""
    between, with_score = declared_correlations()
    truth = shapley_of_r_squared(bordered(between, with_score)[None])[0]
    generator = np.random.default_rng(11)
    scores = np.clip(np.rint(generator.normal(8.0, 1.45, 80_000)), 0, 10)
    ratings = attribute_ratings(scores, generator.random((13, len(scores))))
    wide = ratings.pivot(index="place", columns="attribute", values="rating").dropna()
    names = ["Support", "Reliability", "Ease of use", "Reporting", "Onboarding", "Invoicing"]
    found = decompose_r_squared(wide[names].to_numpy(), scores[wide.index], wide.index.to_numpy(), replicates=50)
    assert found.share == pytest.approx(truth / truth.sum(), abs=0.03)
    assert (np.diff(found.share) < 0).all()
    assert truth[-1] == pytest.approx(0, abs=1e-12)


@pytest.mark.validate
def test_intervals_cover_the_truth_as_often_as_they_say():
    """300 samples of 200 accounts with three answers each; fails outside of the 99.9% binomial band around 95%."""
    between, with_score = np.array([[1, 0.4, 0.2], [0.4, 1, 0.3], [0.2, 0.3, 1]]), np.array([0.6, 0.45, 0.3])
    truth = shapley_of_r_squared(bordered(between, with_score)[None])[0]
    truth = truth / truth.sum()
    root = np.linalg.cholesky(bordered(between, with_score))
    generator, samples = np.random.default_rng(20_104), 300
    covered = np.zeros(3)
    account = np.repeat(np.arange(200), 3)
    for _ in range(samples):
        shared, own = generator.normal(size=(200, 4))[account], generator.normal(size=(600, 4))
        drawn = (np.sqrt(0.5) * shared + np.sqrt(0.5) * own) @ root.T
        found = decompose_r_squared(drawn[:, :3], drawn[:, 3], account, replicates=400)
        covered += (found.low <= truth) & (truth <= found.high)
    least, most = binom.interval(0.999, samples, 0.95)
    assert (least <= covered).all() and (covered <= most).all()
