"""Resampled scores against counting by hand: every replicate is what expanding the rows would give."""

import numpy as np
import pytest

from roi_models.predictions.group_bootstrap import Scored, compare, concordance, explained_share, group_draws, lift_at


@pytest.fixture
def sample():
    rng = np.random.default_rng(7)
    count = 120
    event = rng.random(count) < 0.3
    predictions = np.column_stack([np.zeros(count), rng.normal(size=count).round(1) + event])
    return predictions, event, rng.integers(0, 3, count), rng.integers(0, 12, count)


def by_hand(prediction, event, stratum, weight):
    """Pairs counted one by one."""
    wins = total = 0.0
    for i in np.flatnonzero(event):
        for j in np.flatnonzero(~event & (stratum == stratum[i])):
            pair = weight[i] * weight[j]
            total += pair
            wins += pair * ((prediction[i] > prediction[j]) + 0.5 * (prediction[i] == prediction[j]))
    return wins / total


def test_concordance_and_its_replicates_equal_pairs_counted_by_hand(sample):
    predictions, event, stratum, group = sample
    draws = group_draws(12, replicates=4)
    scored = concordance(predictions, event, stratum, group, draws)
    ones = np.ones(len(event))
    assert scored.estimate == pytest.approx([by_hand(column, event, stratum, ones) for column in predictions.T])
    for replicate, draw in zip(scored.replicates, draws, strict=True):
        weights = draw[group]
        assert replicate == pytest.approx([by_hand(column, event, stratum, weights) for column in predictions.T])


def test_a_constant_prediction_ranks_by_chance(sample):
    scored = concordance(*sample, group_draws(12, replicates=20))
    assert scored.estimate[0] == pytest.approx(0.5) and scored.replicates[:, 0] == pytest.approx(np.full(20, 0.5))


def test_explained_share_equals_its_formula_on_expanded_rows(sample):
    predictions, event, _, group = sample
    outcome = event + 0.1 * group
    draws = group_draws(12, replicates=3)
    scored = explained_share(predictions, outcome, group, draws)
    for replicate, draw in zip(scored.replicates, draws, strict=True):
        expanded = np.repeat(np.arange(len(outcome)), draw[group].astype(int))
        y, p = outcome[expanded], predictions[expanded]
        assert replicate == pytest.approx(1 - ((y[:, None] - p) ** 2).sum(axis=0) / ((y - y.mean()) ** 2).sum())


def test_lift_shares_places_among_ties_and_equals_counting_without(sample):
    _, event, _, _ = sample
    date = np.zeros(len(event))
    everyone_alike = np.zeros((len(event), 1))
    assert lift_at(everyone_alike, event, date) == pytest.approx([1.0])
    perfect = event[:, None] + np.arange(len(event))[:, None] / 1e6
    assert lift_at(perfect, event, date) == pytest.approx([1 / event.mean()])


def test_draws_are_the_same_every_time_and_keep_their_number():
    draws = group_draws(30, replicates=50)
    assert (draws.sum(axis=1) == 30).all() and (draws == group_draws(30, replicates=50)).all()


def test_better_equal_and_worse_are_told_apart():
    rng = np.random.default_rng(0)
    spread = rng.normal(0, 0.01, (1000, 1)) + rng.normal(0, 0.005, (1000, 4))
    estimate = np.array([0.60, 0.70, 0.699, 0.65])
    against = compare(Scored(estimate=estimate, replicates=estimate + spread))
    assert against.best == 1
    assert list(against.tied) == [False, True, True, False] and list(against.adds) == [False, True, True, True]
    assert against.prob_best.sum() == pytest.approx(1) and against.prob_best[1] > against.prob_best[2] > 0.3
