"""The parts of the slope: planted effects of standing differences, of changes, and of roles are told apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from roi_models.hazards.decomposition import COLUMNS, ROLES, decompose

WITHIN, BETWEEN = -0.2, -0.6
WIDTH = 0.25


@pytest.fixture(scope="module")
def baseline_cells():
    """Months of accounts that differ for good (slope BETWEEN) and change for a while (slope WITHIN)."""
    rng = np.random.default_rng(11)
    accounts, months = 5_000, 24
    baseline = rng.normal(7, 0.8, accounts)
    rows = []
    alive = np.ones(accounts, bool)
    for _ in range(months):
        score = baseline + rng.normal(0, 1.0, accounts)
        hazard = np.exp(-4 + BETWEEN * (baseline - 7) + WITHIN * (score - baseline))
        leaves = rng.random(accounts) < -np.expm1(-hazard)
        rows.append(pd.DataFrame({"account": np.arange(accounts), "score": score, "leaves": leaves})[alive])
        alive &= ~leaves
    frame = pd.concat(rows)
    frame["baseline"] = baseline[frame["account"]]
    return as_cells(frame)


def as_cells(frame):
    keys = {
        "lag": 3,
        "account_group": frame["account"] % 256,
        "score_state": "fresh",
        "score_bin": np.floor(frame["score"] / WIDTH).astype(int).astype(str),
        "baseline_bin": np.floor(frame["baseline"] / WIDTH).astype(int).astype(str),
        "tenure_step": "t000",
        "is_renewal": False,
    }
    counted = frame.assign(
        **keys,
        count_at_risk=1,
        count_voluntary=frame["leaves"].astype(int),
        score_sum=frame["score"],
        baseline_sum=frame["baseline"],
    )
    sums = ["count_at_risk", "count_voluntary", "score_sum", "baseline_sum"]
    return counted.groupby(list(keys), as_index=False)[sums].sum()


@pytest.fixture(scope="module")
def role_cells(baseline_cells):
    """The executive's word is the score itself, the user's is noise, and no champion was asked."""
    rng = np.random.default_rng(12)
    executive = baseline_cells.assign(contact_role="executive")
    noise = rng.integers(0, 40, len(baseline_cells))
    user = baseline_cells.assign(
        contact_role="user",
        score_bin=noise.astype(str),
        score_sum=baseline_cells["count_at_risk"] * (noise + 0.5) * WIDTH,
    )
    return pd.concat([executive, user], ignore_index=True)


@pytest.fixture(scope="module")
def parts(baseline_cells, role_cells):
    return decompose(baseline_cells, role_cells, lag=3).set_index("part")


def off(parts, part, truth):
    """How many standard errors an estimate is from the truth."""
    return abs(parts.loc[part, "coef"] - truth) / parts.loc[part, "std_error"]


def test_change_and_standing_difference_are_told_apart(parts):
    # One draw: three standard errors hold it 997 times in a thousand.
    assert off(parts, "within", WITHIN) < 3
    assert off(parts, "between", BETWEEN) < 3
    assert off(parts, "difference", BETWEEN - WITHIN) < 3
    assert parts.loc["difference", "p_value"] < 0.001
    # The score alone mixes the two, and is neither.
    assert parts.loc["between", "coef"] < parts.loc["pooled", "coef"] < parts.loc["within", "coef"]
    assert min(off(parts, "pooled", WITHIN), off(parts, "pooled", BETWEEN)) > 3


def test_intervals_are_of_the_ratio(parts):
    within = parts.loc["within"]
    assert within["hazard_ratio"] == pytest.approx(np.exp(within["coef"]))
    assert np.log(within["ci_high"] / within["ci_low"]) == pytest.approx(2 * 1.959964 * within["std_error"], rel=1e-6)


def test_a_role_that_knows_and_one_that_does_not(parts):
    assert parts.loc["role:executive", "coef"] == pytest.approx(parts.loc["pooled", "coef"], abs=0.02)
    assert abs(parts.loc["role:user", "coef"]) < 3 * parts.loc["role:user", "std_error"]
    assert np.isnan(parts.loc["role:champion", "coef"])
    assert "Nobody was at risk" in parts.loc["role:champion", "problem"]


def test_order_and_split_of_cells_change_nothing(baseline_cells, role_cells, parts):
    halves = [baseline_cells.assign(**{name: baseline_cells[name] / 2 for name in SUMS}) for _ in range(2)]
    shuffled = pd.concat(halves).sample(frac=1, random_state=3)
    again = decompose(shuffled, role_cells.iloc[::-1], lag=3).set_index("part")
    pd.testing.assert_frame_equal(again, parts, rtol=1e-9)


SUMS = ["count_at_risk", "count_voluntary", "score_sum", "baseline_sum"]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda cells: cells.iloc[:0], "Nobody was at risk"),
        (lambda cells: cells.assign(count_voluntary=0), "Only 0 churn event"),
        (lambda cells: cells.assign(account_group=7), "one account group"),
        (lambda cells: cells.assign(baseline_bin=""), "Nobody was at risk"),
    ],
    ids=["nothing", "nobody left", "one group", "no baseline yet"],
)
def test_hopeless_data_give_a_sentence(baseline_cells, role_cells, spoil, words):
    table = decompose(spoil(baseline_cells), role_cells.iloc[:0], lag=3)
    assert list(table.columns) == COLUMNS
    assert len(table) == 4 + len(ROLES)
    against = table[~table["part"].str.startswith("role:")]
    assert against["coef"].isna().all()
    assert against["problem"].str.contains(words).all()


def test_a_baseline_that_is_the_score_cannot_be_told_apart(baseline_cells, role_cells):
    same = baseline_cells.assign(baseline_bin=baseline_cells["score_bin"], baseline_sum=baseline_cells["score_sum"])
    table = decompose(same, role_cells.iloc[:0], lag=3).set_index("part")
    assert np.isnan(table.loc["within", "coef"])
    assert table.loc["within", "problem"]
