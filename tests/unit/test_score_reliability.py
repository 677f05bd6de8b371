"""Scores of few answers: variance components recovered, the extremes of one answer shrunk, refusals."""

import numpy as np
import pandas as pd
import pytest

from roi_models.satisfaction.score_reliability import measure_reliability, pull_scores


def answers(count_per_account, *, between=1.0, within=1.5, seed=0):
    """Answers of accounts with planted standard deviations, and their true scores."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(7, between, len(count_per_account))
    account = np.repeat(np.arange(len(count_per_account)), count_per_account)
    score = truth[account] + rng.normal(0, within, len(account))
    return pd.DataFrame({"account_id": [f"A{i}" for i in account], "score": score}), truth


def test_equal_counts_give_the_textbook_components():
    frame, _ = answers(np.full(200, 4))
    values = frame["score"].to_numpy().reshape(200, 4)
    within = values.var(axis=1, ddof=1).mean()
    found = measure_reliability(frame)
    assert found.within == pytest.approx(within)
    assert found.between == pytest.approx(values.mean(axis=1).var(ddof=1) - within / 4)
    assert measure_reliability(frame.sample(frac=1, random_state=1)) == found


def test_planted_variances_are_recovered_from_unequal_counts():
    found = measure_reliability(answers(np.random.default_rng(1).integers(1, 9, 4000))[0])
    assert found.between == pytest.approx(1.0, rel=0.1) and found.within == pytest.approx(2.25, rel=0.05)


def test_extremes_of_one_answer_stop_looking_extreme():
    counts = np.where(np.arange(6000) % 2, 1, 6)
    frame, truth = answers(counts, seed=3)
    score = frame.groupby("account_id", sort=False)["score"].mean().reset_index(drop=True)
    found = measure_reliability(frame)
    pulled = pull_scores(score, pd.Series(counts), found, (-100, 100))
    single = counts == 1

    def slope(seen, rows):
        return np.cov(truth[rows], seen[rows])[0, 1] / seen[rows].var()

    usual = slope(score, np.ones_like(single))
    assert slope(score, single) < 0.75 * usual, "the damage: one answer tells less than its score seems to say"
    assert slope(pulled, single) == pytest.approx(usual, rel=0.08)
    assert (pulled == score)[~single].all(), "scores of many answers stay as they were given"


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (answers(np.ones(500, dtype=int))[0], "Too few accounts have several answers"),
        (answers(np.zeros(0, dtype=int))[0], "Too few accounts have several answers"),
        (
            answers(np.full(400, 3), between=0.0, seed=5)[0].assign(score=lambda f: np.tile([1, 5, 9], 400)),
            "as much as",
        ),
        (answers(np.array([40]))[0], "Only one account"),
    ],
)
def test_what_cannot_be_told_pulls_nothing(frame, words):
    found = measure_reliability(frame)
    assert words in found.problem
    score = pd.Series([2.0, 9.0])
    assert pull_scores(score, pd.Series([1, 5]), found, (0, 10)).equals(score)


def test_missing_scores_stay_missing_and_all_stay_on_the_scale():
    found = measure_reliability(answers(np.full(200, 4))[0])
    pulled = pull_scores(pd.Series([np.nan, 0.0, 10.0]), pd.Series([0, 1, 1]), found, (0, 10))
    assert np.isnan(pulled[0]) and 0 < pulled[1] < pulled[2] < 10
