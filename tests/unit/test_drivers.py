"""Drivers of the score: importance beside rating and revenue, touchpoints before the next answer, and refusals."""

import numpy as np
import pandas as pd
import pytest

from roi_models.drivers.attribute_drivers import attribute_drivers
from roi_models.drivers.drivers_study import study_drivers
from roi_models.drivers.touchpoint_drivers import touchpoint_drivers

NAMES = ("price", "speed", "support", "website")
NO_TOUCHPOINTS = pd.DataFrame(
    columns=["response_id", "metric_id", "metric_label", "touchpoint", "account_id", "known_at", "score"]
)
NO_ANSWERS = pd.DataFrame(columns=["response_id", "account_id", "known_at", "score"])
NO_RATINGS = pd.DataFrame(columns=["response_id", "account_id", "attribute", "performance_pct", "score"])
NO_CURRENT = pd.DataFrame(columns=["account_id", "attribute", "performance_pct", "mrr_amount"])


def rated(answers=300, accounts=60, *, noise=1.0, seed=7):
    """Ratings in long form: support and speed move the score, price and website nothing; price and support are low."""
    generator = np.random.default_rng(seed)
    values = generator.normal(size=(answers, 4)) * 10 + [35, 75, 40, 70]
    score = 0.08 * (values[:, 2] - 40) + 0.07 * (values[:, 1] - 75) + noise * generator.normal(size=answers)
    number = np.repeat(np.arange(answers), 4)
    return pd.DataFrame(
        {
            "response_id": [f"r{row:04d}" for row in number],
            "account_id": [f"a{row % accounts:03d}" for row in number],
            "attribute": np.tile(NAMES, answers),
            "performance_pct": values.ravel(),
            "score": score[number],
        }
    )


def current(rows):
    return pd.DataFrame(rows, columns=["account_id", "attribute", "performance_pct", "mrr_amount"])


CURRENT = current(
    [
        ("a001", "support", 10.0, 500.0),
        ("a002", "support", 49.9, 250.0),
        ("a003", "support", 50.0, 9_000.0),
        ("a001", "price", 20.0, 500.0),
        ("a003", "price", 20.0, 9_000.0),
        ("a001", "speed", 80.0, 500.0),
    ]
)


def study_of(ratings=NO_RATINGS, now=CURRENT, touchpoints=NO_TOUCHPOINTS, overall=NO_ANSWERS):
    return study_drivers(ratings, now, touchpoints, overall, metric_label="NPS", currency="USD", within_days=183)


def test_importance_rating_and_revenue_of_a_planted_truth():
    found = attribute_drivers(rated(), CURRENT, metric_label="NPS")
    table = found.table.set_index("attribute")
    assert table["reading"].to_dict() == {
        "price": "mend later", "support": "mend first", "speed": "keep up", "website": "leave as is",
    }  # fmt: skip
    assert found.table["attribute"].tolist() == ["price", "support", "speed", "website"]
    assert table["low_mrr_amount"].to_dict() == {"price": 9_500, "support": 750, "speed": 0, "website": 0}
    assert table.loc["support", ["count_accounts", "count_low_accounts"]].tolist() == [3, 2]
    assert table.loc["website", ["count_accounts", "count_low_accounts"]].tolist() == [0, 0]
    # .64 and .49 of the variance of 2.13 are theirs.
    assert table.loc["support", "importance_share"] == pytest.approx(0.64 / 1.13, abs=0.08)
    assert found.r_squared == pytest.approx(1.13 / 2.13, abs=0.08)
    assert table.loc["support", "performance_pct"] == pytest.approx(40, abs=2)


def test_neither_order_nor_names_of_accounts_matter():
    ratings = rated()
    found = attribute_drivers(ratings, CURRENT, metric_label="NPS").table
    renamed = ratings.sample(frac=1, random_state=2).assign(account_id=lambda rows: "z" + rows["account_id"])
    again = attribute_drivers(renamed, CURRENT.iloc[::-1], metric_label="NPS").table
    pd.testing.assert_frame_equal(found, again)


def test_attributes_that_repeat_others_never_vary_or_are_rarely_rated_take_no_part():
    ratings = rated()
    support = ratings[ratings["attribute"] == "support"]
    more = [
        support.assign(attribute="zeal", performance_pct=90 - support["performance_pct"]),
        support.assign(attribute="colour", performance_pct=50.0),
        support.head(100).assign(attribute="rare", performance_pct=np.arange(100.0)),
    ]
    found = attribute_drivers(pd.concat([ratings, *more]), CURRENT, metric_label="NPS")
    assert found.left_out == ("colour", "rare", "zeal")
    assert found.count_answers == 300
    pd.testing.assert_frame_equal(found.table, attribute_drivers(ratings, CURRENT, metric_label="NPS").table)
    assert (
        "Left out, as rarely rated or saying what others say: colour, rare, zeal."
        in (study_of(pd.concat([ratings, *more])).sentences[1])
    )


def test_only_answers_that_rate_all_are_used():
    ratings = rated()
    some = ratings[~((ratings["attribute"] == "price") & (ratings["response_id"] < "r0100"))]
    found = attribute_drivers(some, CURRENT, metric_label="NPS")
    assert found.count_answers == 200
    whole = attribute_drivers(ratings[ratings["response_id"] >= "r0100"], CURRENT, metric_label="NPS")
    pd.testing.assert_frame_equal(found.table, whole.table)


REFUSALS = {
    "nothing": (NO_RATINGS, "no attribute ratings are supplied"),
    "few answers": (rated(answers=99), "99 answers of 60 accounts rate all attributes"),
    "twelve accounts": (rated(accounts=12), "300 answers of 12 accounts rate all attributes"),
    "constant score": (rated().assign(score=9.0), "the same NPS"),
    "one attribute": (rated().query("attribute == 'speed'"), "fewer than two attributes"),
    "no scale": (rated().assign(performance_pct=np.nan), "no attribute ratings are supplied"),
    "pure noise": (rated().assign(score=np.repeat(np.arange(300) * 7_919 % 11, 4)), "tell nothing certain about NPS"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_cannot_be_defended_is_refused_in_a_sentence(name):
    ratings, reason = REFUSALS[name]
    study = study_of(ratings)
    assert len(study.sentences) == 1
    assert reason in study.sentences[0]
    for mine, made in zip(study.tables, study_of(rated()).tables, strict=True):
        assert mine.frame.empty
        assert (mine.name, mine.frame.dtypes.to_dict()) == (made.name, made.frame.dtypes.to_dict())


def test_sentences_name_what_to_mend_and_deny_causes():
    first, second = study_of(rated()).sentences
    assert first.startswith("To mend first: 'support', with ")
    assert "accounts with USD 750 a month" in first
    assert "associations" in second
    content = rated()
    content.loc[content["attribute"] == "support", "performance_pct"] += 50
    assert study_of(content).sentences[0].startswith("No attribute both counts for more")


def touched(accounts=60, *, slope=0.8, per_account=4, seed=9):
    """Each account's touchpoint answers and, 30 days after each, an overall answer that follows it."""
    generator = np.random.default_rng(seed)
    account = np.repeat(np.arange(accounts), per_account)
    place = np.tile(np.arange(per_account), accounts)
    score = generator.integers(1, 6, accounts * per_account).astype(float)
    start = pd.Timestamp("2024-01-01") + pd.to_timedelta(60 * place, unit="D")
    touch = pd.DataFrame(
        {
            "response_id": [f"t{row:04d}" for row in range(len(account))],
            "metric_id": "csat",
            "metric_label": "Satisfaction",
            "touchpoint": "support",
            "account_id": [f"a{row:03d}" for row in account],
            "known_at": start,
            "score": score,
        }
    )
    overall = touch.assign(
        response_id=touch["response_id"].str.replace("t", "n"),
        known_at=start + pd.Timedelta(days=30),
        score=4 + slope * score + 0.5 * generator.normal(size=len(account)),
    )
    return touch, overall[["response_id", "account_id", "known_at", "score"]]


def test_slope_of_the_next_answer_comes_back():
    row = touchpoint_drivers(*touched(), within_days=183).iloc[0]
    assert row["slope_low"] < 0.8 < row["slope_high"]
    assert row["slope_high"] - row["slope_low"] < 0.2
    assert (row["count_pairs"], row["count_accounts"], row["problem"]) == (240, 60, "")
    assert row["given_previous_low"] < 0.8 < row["given_previous_high"]
    sentence = study_of(touchpoints=touched()[0], overall=touched()[1]).sentences[0]
    assert "a point higher on Satisfaction at 'support' gave a next NPS answer" in sentence
    assert "associations" in sentence


def test_only_answers_strictly_after_and_within_the_window_are_next():
    touch, overall = touched()
    found = touchpoint_drivers(touch, overall, within_days=183)
    same_time = overall.assign(response_id="x" + overall["response_id"], known_at=touch["known_at"], score=-50.0)
    late = touchpoint_drivers(touch, overall, within_days=29)
    # At the very time of the touchpoint is neither next nor previous; only the slope beside a previous answer moves.
    unknowing = ["count_pairs", "slope", "slope_low", "slope_high"]
    again = touchpoint_drivers(touch, pd.concat([overall, same_time]), within_days=31)
    pd.testing.assert_frame_equal(found[unknowing], again[unknowing])
    assert late.empty
    shuffled = touchpoint_drivers(touch.iloc[::-1], overall.sample(frac=1, random_state=1), within_days=183)
    pd.testing.assert_frame_equal(found, shuffled)


@pytest.mark.parametrize(
    ("touch", "overall"),
    [
        touched(accounts=10),
        touched(per_account=1),
        (touched()[0].assign(score=3.0), touched()[1]),
        (touched()[0], touched()[1].assign(score=7.0)),
    ],
    ids=["ten accounts", "few pairs", "constant touchpoint", "constant overall"],
)
def test_touchpoints_that_cannot_be_told_have_a_problem_and_no_slope(touch, overall):
    row = touchpoint_drivers(touch, overall, within_days=183).iloc[0]
    assert np.isnan(row["slope"]) and np.isnan(row["given_previous_slope"])
    assert "are needed" in row["problem"]
    assert study_of(touchpoints=touch, overall=overall).sentences == (
        "Attributes are not ranked: no attribute ratings are supplied with answers to the overall question.",
    )
