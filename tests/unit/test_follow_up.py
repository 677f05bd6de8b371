"""The follow-up as a whole: every estimator stands or falls on its own, and each refusal is a sentence."""

import dataclasses
import re
import warnings

import numpy as np
import pandas as pd
import pytest
from survival_data import landmark_accounts

from roi_models.durations.follow_up import follow_up


def followed(rows, *, horizon_months=36, outcome="voluntary"):
    return follow_up(rows, horizon_months=horizon_months, outcome=outcome)


def said(found, topic) -> str:
    return " ".join(found.notes.loc[found.notes["topic"] == topic, "sentence"])


@pytest.fixture(scope="module")
def plain():
    return followed(landmark_accounts(n=1500, hazard=0.02))


def test_every_estimator_speaks(plain):
    frames = (plain.incidence, plain.restricted_means, plain.by_tenure, plain.slopes, plain.models, plain.curves)
    assert all(len(frame) for frame in frames) and plain.proportionality is not None
    assert plain.slopes["time_scale"].tolist() == ["since landmark", "tenure, delayed entry"]
    assert set(plain.notes["topic"]) == {"restricted_mean", "causes", "slopes", "proportionality", "extrapolation"}


def test_sentences_state_what_the_tables_hold(plain):
    means = plain.restricted_means.set_index("group")
    widest = means["difference_months"].abs().max()
    assert f"{widest:.1f} months longer than the group detractor" in said(plain, "restricted_mean")
    last = plain.incidence[plain.incidence["group"] == "all"].groupby("cause")["incidence"].last()
    assert f"Within 24 months {100 * last['voluntary']:.1f}%" in said(plain, "causes")
    assert f"{abs(plain.slopes['difference'].iloc[0]):.4f} apart" in said(plain, "slopes")
    end = plain.curves[plain.curves["group"] == "all"].iloc[-1]
    words = said(plain, "extrapolation")
    assert f"retention after 36 months, {100 * end['retention']:.1f}%" in words
    assert "Observed are 24 months" in words and "no data speak to it" in words
    gap = plain.models.loc[plain.models["scope"] == "all", "aic_difference"].max()
    assert f"AIC {gap:.1f} below" in words and ("too little to tell them apart" in words) == (gap < 2)


def test_the_slope_is_the_outcomes_and_money_is_any_cause():
    rows = landmark_accounts(n=1200, hazard=0.02, involuntary=0.01)
    found = followed(rows)
    assert found.slopes["count_events"].tolist() == [int(rows["is_churned"].sum())] * 2
    assert found.models["count_left"].iloc[0] == rows["churn_kind"].notna().sum() > rows["is_churned"].sum()


def test_order_of_rows_and_names_of_accounts_change_nothing(plain):
    rows = landmark_accounts(n=1500, hazard=0.02).sample(frac=1, random_state=3)
    again = followed(rows)
    for field in dataclasses.fields(plain):
        one, other = getattr(plain, field.name), getattr(again, field.name)
        if isinstance(one, pd.DataFrame):
            pd.testing.assert_frame_equal(one, other)
        else:
            assert one == other
    renamed = followed(rows.assign(account_id=[f"Z{number}" for number in range(len(rows))]))
    pd.testing.assert_frame_equal(renamed.curves, plain.curves, rtol=1e-6)
    pd.testing.assert_frame_equal(renamed.slopes, plain.slopes, rtol=1e-6)


def test_a_changing_slope_is_said():
    rng = np.random.default_rng(9)
    rows = landmark_accounts(n=4000, hazard=0.02, slope=0.0, silent_share=0.0)
    early = np.ceil(rng.exponential(60 * np.exp(0.6 * (rows["score"] - 7.5)))).astype(int)
    hit = (early <= 4) & (early < rows["duration_months"])
    rows = rows.assign(
        duration_months=rows["duration_months"].mask(hit, early),
        churn_kind=rows["churn_kind"].mask(hit, "voluntary"),
        is_churned=rows["is_churned"] | hit,
    )
    words = said(followed(rows), "proportionality")
    assert "changes with time" in words and "is an average" in words


def test_many_ties_are_said():
    assert "need not agree closely" in said(followed(landmark_accounts(hazard=0.15)), "slopes")


BAD = {
    "nobody": lambda rows: rows.iloc[:0],
    "no events": lambda rows: rows.assign(churn_kind=None, is_churned=False, duration_months=24),
    "one event": lambda rows: rows.assign(
        churn_kind=np.where(rows.index == 7, "voluntary", None), is_churned=rows.index == 7
    ),
    "everybody silent": lambda rows: rows.assign(score=np.nan, score_state="silent", score_group="silent"),
    "one group": lambda rows: rows.assign(score_group="passive"),
    "twelve accounts": lambda rows: rows.iloc[:12],
    "one account": lambda rows: rows.iloc[:1],
    "no causes known": lambda rows: rows.assign(churn_kind=rows["churn_kind"].replace(r".+", "all_causes", regex=True)),
    "constant score": lambda rows: rows.assign(score=7.0, score_state="fresh"),
    "separated": lambda rows: rows.assign(
        score=np.where(rows["is_churned"], 2.0, 9.0), score_state="fresh", score_group="passive"
    ),
    "all leave in a month": lambda rows: rows.assign(duration_months=1, churn_kind="voluntary", is_churned=True),
}  # fmt: skip
UNSAYABLE = {
    "no events": {"incidence", "by_tenure", "slopes", "models", "curves"},
    "one event": {"by_tenure", "slopes", "models", "curves"},
    "everybody silent": {"slopes"},
    "one group": set(),
    "twelve accounts": {"incidence", "by_tenure", "slopes", "models", "curves"},
    "one account": {"incidence", "by_tenure", "slopes", "models", "curves"},
    "no causes known": {"incidence"},
    "constant score": {"slopes"},
    "separated": {"slopes"},
    "all leave in a month": {"models"},
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_a_sentence_and_no_number(name):
    rows = BAD[name](landmark_accounts(n=600, hazard=0.03))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = followed(rows, outcome="all_causes" if name == "no causes known" else "voluntary")
    if name == "nobody":
        assert found.notes.empty and found.curves.empty
        return
    for table in UNSAYABLE[name]:
        assert getattr(found, table).empty, table
    if "slopes" in UNSAYABLE[name]:
        assert said(found, "slopes") and found.proportionality is None and said(found, "proportionality")
    if "incidence" in UNSAYABLE[name]:
        assert re.search("No account left|too few|not recorded", said(found, "causes"))
    assert not found.notes["sentence"].str.contains("nan|None|inf").any()
    if not found.curves.empty:
        assert found.curves["retention"].between(0, 1).all()
