"""How far answers move: the exponential tilt, its coupling, ceilings, and what is out of reach."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roi_models.case.uplift import answer_mix, shift_accounts, tilt, uplift_problem

LEVELS = np.arange(11.0)
VOTE = np.where(LEVELS >= 9, 1, np.where(LEVELS <= 6, -1, 0))
# NPS 33, a third of it promoters at 10: the mix of the demo.
TYPICAL = np.array([10, 5, 10, 15, 20, 50, 60, 130, 200, 250, 250.0])


def net_nps(counts):
    return 100 * VOTE @ counts / counts.sum()


def test_a_point_of_net_nps_on_a_typical_mix():
    assert net_nps(TYPICAL) == pytest.approx(33)
    shift = tilt(LEVELS, TYPICAL, 1.0)
    hazard = -np.log(0.887)
    retention = np.exp(-hazard * np.exp(-0.12 * shift)) @ TYPICAL / TYPICAL.sum()
    gain_pp = 100 * (retention - 0.887)
    # methods.md section 1: +0.048 percentage points, between the 0.023 of passive → promoter moves and the
    # 1.21 of a whole answer point on everyone; the exact figure hangs on how detractors are spread.
    assert gain_pp == pytest.approx(0.048, abs=0.012)


@given(
    st.lists(st.integers(0, 50), min_size=11, max_size=11).filter(lambda c: sum(c[:7]) and sum(c[7:9]) and sum(c[9:])),
    st.floats(0.1, 0.9),
    st.sampled_from([1, -1]),
)
def test_tilt_reaches_its_target_by_moves_in_one_direction(counts, reach, sign):
    counts = np.array(counts, dtype=float)
    now = net_nps(counts)
    points = reach * (100 - now) if sign > 0 else -reach * (100 + now)
    shift = tilt(LEVELS, counts, points)
    answered = counts > 0
    assert np.all(sign * shift[answered] >= -1e-9)
    moved = LEVELS + shift
    assert np.all((moved[answered] >= -1e-9) & (moved[answered] <= 10 + 1e-9))
    assert np.all(np.diff(moved[answered]) >= -1e-9), "quantile coupling keeps the order of answers"
    if sign > 0:
        assert shift[10] == pytest.approx(0, abs=1e-9)
    # The coupling carries the whole moved distribution: its mean is that of the tilted one.
    weight = counts * tilt_factor(counts, points) ** LEVELS
    assert VOTE @ weight / weight.sum() * 100 == pytest.approx(now + points, abs=1e-6)
    assert moved @ counts / counts.sum() == pytest.approx(LEVELS @ weight / weight.sum(), abs=1e-6)


def tilt_factor(counts, points):
    """e^λ by bisection on a logarithmic scale, one number at a time."""
    low, high = 1e-9, 1e9
    for _ in range(400):
        middle = np.sqrt(low * high)
        weight = counts * middle**LEVELS
        if 100 * VOTE @ weight / weight.sum() < net_nps(counts) + points:
            low = middle
        else:
            high = middle
    return middle


def test_no_uplift_moves_nothing_and_many_uplifts_are_one_call():
    together = tilt(LEVELS, TYPICAL, np.array([0.0, 2.0, 5.0]))
    assert np.all(together[0] == 0)
    assert np.allclose(together[2], tilt(LEVELS, TYPICAL, 5.0))
    assert np.all(together[2] >= together[1])


@pytest.mark.parametrize(
    ("levels", "want"),
    [
        ([5.0, 8.0], [0.12, 0.0]),  # 4% of the detractors rise by three points
        ([8.0, 9.0], [0.04, 0.0]),
        ([5.0, 9.0], [0.08, 0.0]),
    ],
)
def test_mixes_with_only_two_kinds_of_answers(levels, want):
    # Half the answers at each level; net NPS + 2 moves 2% (or 1% two steps up) of all, from half of them.
    levels = np.array(levels)
    assert tilt(levels, np.array([10.0, 10.0]), 2.0) == pytest.approx(want)


def test_out_of_reach_is_a_sentence():
    with pytest.raises(ValueError, match=r"An uplift of \+70 net NPS points is out of reach.*\+67\.0"):
        tilt(LEVELS, TYPICAL, np.array([1.0, 70.0]))
    mix = answer_mix(pd.DataFrame({"account_id": ["a"], "score": [10]}), pd.Series(["a"]))
    assert "out of reach" in uplift_problem(mix, (1, 1, 1), unit="net_nps_points", scale=(0.0, 10.0))
    assert "answer_points" in uplift_problem(mix, (1, 1, 1), unit="net_nps_points", scale=(1.0, 5.0))
    assert uplift_problem(mix, (0, 1, 2), unit="answer_points", scale=(0.0, 10.0)) is None
    empty = answer_mix(pd.DataFrame({"account_id": [], "score": []}), pd.Series(["a"]))
    assert "No active account" in uplift_problem(empty, (1, 1, 1), unit="answer_points", scale=(0.0, 10.0))


def test_accounts_move_by_the_mean_over_their_contacts():
    answers = pd.DataFrame(
        {
            "account_id": ["b", "b", "a", "gone"],
            "contact_key": ["1", "2", "3", "4"],
            "score": [9, 4, 10, 0],
        }
    )
    ids = pd.Series(["a", "b", "silent"])
    mix = answer_mix(answers, ids)
    assert mix.counts.sum() == 3, "an account that is gone takes no part"
    shift = shift_accounts(mix, 2.0, unit="answer_points", scale=(0.0, 10.0))
    assert shift.tolist() == [0.0, 1.5, 0.0]  # 10 stays, 9 gains one, 4 gains two; silence gains nothing
    many = shift_accounts(mix, np.array([-1.0, 1.0]), unit="answer_points", scale=(4.0, 10.0))
    assert many.tolist() == [[-1.0, 0.0], [-0.5, 1.0], [0.0, 0.0]]
