"""Survival by group and the two slopes: against R on Rossi's arrests, and refusals that are sentences."""

import warnings

import numpy as np
import pandas as pd
import pytest
from lifelines.datasets import load_rossi
from reference_files import r_coefficients, vectors

from roi_models.durations.survival import survival_by_group


@pytest.fixture(scope="module")
def rossi():
    """Rossi's arrests as if they were accounts: age is the score, the other covariates are controls."""
    data = load_rossi()
    others = ["fin", "mar", "paro", "prio", "race", "wexp"]
    return pd.DataFrame(
        {
            "account_id": [f"A{number:04d}" for number in range(len(data))],
            "landmark_month": "2023-06",
            "score": data["age"].astype(float),
            "score_state": "fresh",
            "score_group": np.where(data["age"] > 24, "promoter", "detractor"),
            "duration_months": data["week"],
            "is_churned": data["arrest"] == 1,
            "control_key": ["|".join(f"{name}=v{row[name]}" for name in others) for _, row in data.iterrows()],
        }
    )


@pytest.fixture(scope="module")
def prio_levels(rossi):
    """`prio` counts priors, so it enters as a number."""
    levels = sorted({key.split("prio=")[1].split("|")[0] for key in rossi["control_key"]})
    return pd.DataFrame(
        {
            "control_id": "prio",
            "level": levels,
            "kind": "continuous",
            "mean_value": [float(level[1:]) for level in levels],
        }
    )


def test_slopes_equal_r(rossi, prio_levels):
    got = survival_by_group(rossi, prio_levels)
    cox = r_coefficients("rossi", "efron").loc["age"]
    cloglog = r_coefficients("rossi", "glm cloglog person-week (week factor)").loc["age"]
    assert got.problem is None and got.landmark_month == "2023-06"
    assert got.cox_coef == pytest.approx(cox["coef"], abs=1e-6)
    assert got.cox_std_error == pytest.approx(cox["se"], abs=1e-6)
    assert got.cloglog_coef == pytest.approx(cloglog["coef"], abs=1e-6)


@pytest.mark.gate
def test_kaplan_meier_of_everybody(rossi):
    curves = survival_by_group(rossi.assign(score_group="passive")).curves.set_index("month")
    for week, survival in vectors()["km_rossi"].items():
        assert curves.loc[int(week), "survival"] == pytest.approx(survival, abs=1e-9)
    assert curves.loc[0, ["survival", "count_at_risk"]].tolist() == [1, 432]
    assert curves.loc[52, "count_at_risk"] == (rossi["duration_months"] >= 52).sum()
    assert curves["survival"].between(curves["ci_low"] - 1e-12, curves["ci_high"] + 1e-12).all()


def test_groups_come_best_first_and_add_up(rossi):
    silent = rossi.index % 5 == 0
    rows = rossi.assign(
        score=rossi["score"].mask(silent),
        score_state=np.where(silent, "silent", "fresh"),
        score_group=np.where(silent, "silent", rossi["score_group"]),
    )
    got = survival_by_group(rows.sample(frac=1, random_state=1))
    assert got.groups["group"].tolist() == ["promoter", "detractor", "silent"]
    assert got.groups["count_accounts"].sum() == 432 and got.groups["count_churned"].sum() == 114
    ends = got.curves.groupby("group")["survival"].last()
    assert ends[got.groups["group"]].to_numpy() == pytest.approx(got.groups["survival_end"].to_numpy())
    again = survival_by_group(rows)
    assert (again.cox_coef, again.cloglog_coef) == (got.cox_coef, got.cloglog_coef)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda rows: rows.iloc[:0], "No account was at risk at the landmark"),
        (lambda rows: rows.iloc[:1], "Only"),
        (lambda rows: rows.assign(is_churned=False), "Only 0 churn event"),
        (lambda rows: rows.assign(score=7.0), "Every score is the same"),
        (
            lambda rows: rows.assign(score=np.nan, score_state="silent", score_group="silent"),
            "Every account was silent",
        ),
        (
            lambda rows: rows.assign(score=np.where(rows["is_churned"], 2.0, 9.0), duration_months=12, control_key=""),
            "",
        ),
    ],
)
def test_hopeless_data_keep_the_curves_and_give_a_sentence(rossi, spoil, words):
    rows = spoil(rossi)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        got = survival_by_group(rows)
    assert got.problem is not None and words in got.problem
    assert got.cox_coef is None and got.cloglog_coef is None
    assert len(got.curves) == (
        0 if rows.empty else got.groups["group"].map(rows.groupby("score_group")["duration_months"].max() + 1).sum()
    )
