"""Customer Value Added: Mahajan's ratio, its interval, and what is withheld."""

import numpy as np
import pandas as pd
import pytest

from roi_models.wallets.customer_value import VALUE_TYPES, customer_value_added, customer_value_study


def values(own, other, *, year="2024", cluster="A"):
    """Sums per account of one rating of us and one of a competitor each."""
    rows = []
    for number, (ours, theirs) in enumerate(zip(own, other, strict=True)):
        for is_us, value in ((True, ours), (False, theirs)):
            rows.append((f"{cluster}{number}", year, is_us, float(value), 1))
    return pd.DataFrame(rows, columns=["cluster", "year", "is_us", "value_sum", "count_ratings"])


def drawn(accounts=200, seed=1, own=8.2, other=7.6):
    rng = np.random.default_rng(seed)
    generosity = rng.normal(0, 0.5, accounts)
    return values(own + generosity + rng.normal(0, 1, accounts), other + generosity + rng.normal(0, 1, accounts))


def test_the_ratio_is_ours_over_theirs():
    row = customer_value_added(values([8.2] * 40, [7.6] * 40), minimum_ratings=30).iloc[0]
    assert row["customer_value_added"] == pytest.approx(1.078947, abs=1e-6)
    assert (row["own_value"], row["competitor_value"]) == pytest.approx((8.2, 7.6))


def test_each_rating_counts_once():
    frame = values([8, 6] * 20, [5, 5] * 20)
    frame.loc[frame["is_us"] & (frame["value_sum"] == 8), ["value_sum", "count_ratings"]] = (24.0, 3)
    row = customer_value_added(frame, minimum_ratings=30).iloc[0]
    assert row["customer_value_added"] == pytest.approx((24 + 6) / 4 / 5)
    assert row["count_own_ratings"] == 80


def test_the_interval_is_that_of_resampled_accounts():
    frame = drawn()
    row = customer_value_added(frame, minimum_ratings=30).iloc[0]
    wide = frame.pivot_table(index="cluster", columns="is_us", values="value_sum")
    rng, logs = np.random.default_rng(2), []
    for _ in range(2_000):
        chosen = wide.to_numpy()[rng.integers(0, len(wide), len(wide))].mean(axis=0)
        logs.append(np.log(chosen[1] / chosen[0]))
    ours = np.log(row["ci_high"] / row["ci_low"]) / (2 * 1.972)
    assert ours == pytest.approx(np.std(logs), rel=0.06)


def test_accounts_that_rate_everything_alike_do_not_widen_it():
    rng = np.random.default_rng(3)
    mood = rng.normal(7, 1.5, 100)
    together = customer_value_added(values(mood, mood / 1.1), minimum_ratings=30).iloc[0]
    apart = customer_value_added(values(mood, rng.permutation(mood) / 1.1), minimum_ratings=30).iloc[0]
    assert together["ci_high"] - together["ci_low"] < 1e-9
    assert apart["ci_high"] - apart["ci_low"] > 0.05


def test_years_stand_beside_all_answers_and_undated_ones_count_in_all_only():
    frame = pd.concat(
        [drawn(), drawn(seed=2).assign(year="2023"), drawn(5, seed=3).assign(year=""), drawn(9).assign(year="2022")]
    )
    table = customer_value_study(frame, minimum_ratings=30).tables[0]
    assert table.frame["period"].tolist() == ["all", "2023", "2024", "2022"]
    assert (table.frame.loc[0, "count_own_ratings"], table.rows) == (414, 3)
    assert "9 ratings of us and 9 of competitors are too few" in table.frame.loc[3, "problem"]


@pytest.mark.parametrize(
    ("own", "other", "said"),
    [(8.2, 7.6, "more than competitors"), (7.6, 8.2, "less than competitors"), (8, 8, "cannot be told")],
)
def test_the_sentence_reads_the_interval(own, other, said):
    (sentence,) = customer_value_study(drawn(own=own, other=other), minimum_ratings=30).sentences
    assert said in sentence


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (drawn(5).iloc[:0], "no perceived values were supplied"),
        (drawn(12), "12 ratings of us and 12 of competitors are too few"),
        (drawn(100).assign(cluster="one"), "1 accounts are too few"),
        (drawn(100).query("is_us"), "100 ratings of us and 0 of competitors"),
        (drawn(100).assign(value_sum=0.0), "ratio means nothing"),
    ],
    ids=["nothing", "12 accounts", "one account", "no competitor", "nil"],
)
def test_what_cannot_be_defended_is_a_sentence(frame, said):
    study = customer_value_study(frame, minimum_ratings=30)
    assert said in study.sentences[0]
    assert study.tables[0].rows == 0
    assert study.tables[0].frame["customer_value_added"].isna().all()
    assert study.tables[0].frame.dtypes.astype(str).to_dict() == VALUE_TYPES
