"""Arms compared as drawn: the estimators against others' implementations, and a sentence where no number is due."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from roi_models.programmes.difference_in_differences import difference_in_differences
from roi_models.programmes.programme_balance import balance_table, covariates
from roi_models.programmes.programme_effects import programme_evidence
from roi_models.programmes.programme_results import (
    BALANCE_COLUMNS,
    EFFECT_COLUMNS,
    HOLDOUT_COLUMNS,
    ProgrammeEvidence,
)
from roi_models.regression.clustered_ols import fit_ols
from roi_models.verdicts.judgement import Level
from tests.unit.sample_programme import trial_cases, trial_panel

PLAIN, ADJUSTED = "difference of means", "covariate-adjusted"


def evidence_of(cases: pd.DataFrame, panel: pd.DataFrame | None = None) -> ProgrammeEvidence:
    return programme_evidence(cases, trial_panel() if panel is None else panel, metric="NPS", accounts_per_year=300)


def effect(evidence: ProgrammeEvidence, outcome: str, method: str = PLAIN) -> pd.Series:
    frame = evidence.effects
    return frame[(frame["outcome"] == outcome) & (frame["method"] == method)].iloc[0]


def number_free(evidence: ProgrammeEvidence) -> bool:
    return bool(evidence.effects[["effect", "std_error", "ci_low", "ci_high", "p_value"]].isna().all(axis=None))


def test_plain_difference_has_neymans_variance():
    cases = trial_cases()
    found = effect(evidence_of(cases), "score_after")
    arms = [cases.loc[cases["is_treated"] == arm, "score_after"].dropna() for arm in (True, False)]
    neyman = np.sqrt(sum(arm.var(ddof=1) / len(arm) for arm in arms))
    assert found["effect"] == pytest.approx(arms[0].mean() - arms[1].mean(), abs=1e-12)
    assert found["std_error"] == pytest.approx(neyman, rel=1e-9)
    assert found["ci_low"] < 0.5 < found["ci_high"] and found["level"] == "PASS"


def test_adjustment_keeps_the_estimand_and_narrows_the_interval():
    evidence = evidence_of(trial_cases())
    plain, adjusted = (effect(evidence, "score_after", method) for method in (PLAIN, ADJUSTED))
    assert adjusted["ci_low"] < 0.5 < adjusted["ci_high"]
    assert adjusted["std_error"] < 0.9 * plain["std_error"]


def test_regression_equals_statsmodels_with_one_row_per_cluster():
    draw = np.random.default_rng(3)
    design = np.column_stack([np.ones(80), draw.standard_normal((80, 2))])
    outcome = design @ [1.0, 0.5, -0.2] + draw.standard_normal(80) * (1 + np.abs(design[:, 1]))
    ours = fit_ols(outcome, design, np.arange(80))
    theirs = sm.OLS(outcome, design).fit(cov_type="HC2")
    assert ours.coef == pytest.approx(theirs.params, abs=1e-12)
    assert ours.covariance == pytest.approx(theirs.cov_params(), rel=1e-9)


def test_clustered_errors_agree_with_statsmodels_where_clusters_are_many_and_grow_with_likeness():
    draw = np.random.default_rng(4)
    clusters = np.repeat(np.arange(400), 5)
    treated = (draw.random(400) < 0.5)[clusters].astype(float)
    outcome = treated * 0.3 + draw.standard_normal(400)[clusters] + draw.standard_normal(2_000)
    design = np.column_stack([treated, np.ones(2_000)])
    ours = fit_ols(outcome, design, clusters)
    theirs = sm.OLS(outcome, design).fit(cov_type="cluster", cov_kwds={"groups": clusters})
    assert ours.std_error(0) == pytest.approx(theirs.bse[0], rel=0.01)
    assert ours.std_error(0) > 1.5 * fit_ols(outcome, design, np.arange(2_000)).std_error(0)
    wald = theirs.f_test("x1 = 0")
    assert ours.joint_p_value([0]) == pytest.approx(float(wald.pvalue), rel=0.1)


def test_columns_that_say_the_same_are_not_estimated():
    assert fit_ols(np.arange(6.0), np.ones((6, 2)), np.arange(6)) is None
    assert fit_ols(np.arange(3.0), np.eye(3), np.arange(3)) is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda cases: cases.iloc[:0], "No account was drawn"),
        (lambda cases: cases.assign(is_treated=True), "without a control arm"),
        (lambda cases: cases.assign(is_treated=False), "without a treated arm"),
        (lambda cases: cases.head(12), "too few to compare"),
        (
            lambda cases: cases.assign(prior_score=7.0 + cases["is_treated"] + 0.01 * cases["trigger_score"]),
            "not drawn at random",
        ),
    ],
)
def test_arms_that_carry_no_effect_get_a_sentence_and_no_number(change, words):
    evidence = evidence_of(change(trial_cases()))
    assert evidence.level == "FAIL" and words in evidence.headline
    assert number_free(evidence)


def test_an_outcome_without_spread_or_events_gets_a_sentence_and_the_others_their_number():
    cases = trial_cases().assign(score_after=8.0, is_departed=False)
    evidence = evidence_of(cases)
    for outcome, words in (("score_after", "same for every account"), ("is_departed", "too lopsided")):
        found = effect(evidence, outcome)
        assert words in found["sentence"] and pd.isna(found["effect"]) and pd.isna(found["mean_treated"])
    assert pd.notna(effect(evidence, "is_departed_otherwise")["effect"])
    assert evidence.level == "REVIEW"


def test_departures_in_one_arm_only_are_not_compared():
    cases = trial_cases()
    evidence = evidence_of(cases.assign(is_departed=cases["is_departed"] & cases["is_treated"]))
    assert "too lopsided" in effect(evidence, "is_departed")["sentence"]


def test_only_the_calendar_decides_who_was_followed():
    cases = trial_cases()
    recent = cases["account_id"] < "a00200"
    evidence = evidence_of(cases.assign(count_months_after=np.where(recent, 11, 12)))
    left, score = effect(evidence, "is_departed"), effect(evidence, "score_after")
    assert left["count_treated"] + left["count_control"] == (~recent).sum()
    assert score["count_treated"] + score["count_control"] == cases["score_after"].notna().sum()


def test_arms_of_another_size_than_planned_ask_for_a_look():
    balance = evidence_of(trial_cases(treated_share=0.7)).balance.set_index("check")
    assert balance.loc["sample_ratio", "level"] == "REVIEW"
    assert balance.loc["joint", "level"] == "PASS"
    assert evidence_of(trial_cases()).balance.set_index("check").loc["sample_ratio", "level"] == "PASS"


def test_the_joint_test_of_balance_is_the_one_of_least_squares():
    cases = trial_cases(200)
    found = evidence_of(cases).balance.set_index("check")
    theirs = sm.OLS(cases["is_treated"].astype(float), sm.add_constant(covariates(cases))).fit()
    assert found.loc["joint", "p_value"] == pytest.approx(theirs.f_pvalue, rel=1e-9)
    arms = [np.log1p(cases.loc[cases["is_treated"] == arm, "mrr_amount"]) for arm in (True, False)]
    assert found.loc["log_mrr", "p_value"] == pytest.approx(stats.ttest_ind(*arms, equal_var=False).pvalue, rel=1e-9)


@pytest.mark.validate
def test_balance_of_drawn_arms_is_doubted_as_often_as_stated():
    levels = [
        balance_table(trial_cases(120, seed=seed)).set_index("check").loc["joint", "level"] for seed in range(300)
    ]
    doubted = sum(level != "PASS" for level in levels)
    low, high = stats.binom.ppf([0.0005, 0.9995], len(levels), 0.05)
    assert low <= doubted <= high


def test_accounts_in_both_arms_are_told():
    cases = trial_cases()
    evidence = evidence_of(cases.assign(is_mixed_arm=cases["account_id"] < "a00100"))
    assert evidence.level == "REVIEW" and "100 accounts have cases in both arms" in evidence.balance_sentence


def test_a_guardrail_broken_is_told_and_takes_pass_away():
    cases = trial_cases()
    lost = cases.assign(mrr_after_amount=cases["mrr_after_amount"] * np.where(cases["is_treated"], 0.7, 1.0))
    evidence = evidence_of(lost)
    assert effect(evidence, "revenue_kept")["level"] == "FAIL" and evidence.level == "REVIEW"


def test_being_heard_more_often_in_one_arm_is_told():
    cases = trial_cases()
    silenced = ~cases["is_treated"] & (cases["account_id"].str[-1] < "3")
    evidence = evidence_of(cases.assign(score_after=cases["score_after"].where(~silenced)))
    assert effect(evidence, "is_heard")["level"] == "REVIEW" and evidence.level == "REVIEW"


def test_order_and_names_of_accounts_change_nothing():
    cases, panel = trial_cases(), trial_panel()
    named = {old: f"z{place}" for place, old in enumerate(sorted(cases["account_id"], reverse=True))}
    first = evidence_of(cases, panel)
    second = evidence_of(
        cases.sample(frac=1, random_state=1).assign(account_id=lambda frame: frame["account_id"].map(named)),
        panel.sample(frac=1, random_state=2).assign(account_id=lambda frame: frame["account_id"].map(named)),
    )
    for name in ("effects", "balance", "next_holdout"):
        pd.testing.assert_frame_equal(getattr(first, name), getattr(second, name), rtol=1e-9)
    assert first.headline == second.headline


def test_tables_keep_their_columns_and_types_without_data():
    empty, full = evidence_of(trial_cases().iloc[:0]), evidence_of(trial_cases())
    for name, columns in (("effects", EFFECT_COLUMNS), ("balance", BALANCE_COLUMNS), ("next_holdout", HOLDOUT_COLUMNS)):
        assert tuple(getattr(empty, name).columns) == columns
        assert (getattr(empty, name).dtypes == getattr(full, name).dtypes).all()
    assert {field.name for field in dataclasses.fields(full)} >= {"effects", "balance", "next_holdout"}


def as_panel(panel: pd.DataFrame) -> pd.DataFrame:
    return panel.rename(columns={"account_id": "unit", "quarter": "period", "score": "outcome"})


def test_difference_in_differences_equals_dummies_for_every_account():
    panel = as_panel(trial_panel(60, seed=5)).sample(frac=0.8, random_state=1)
    found = difference_in_differences(panel)
    both = panel.groupby("unit")["period"].agg(lambda periods: periods.min() < 0 < periods.max())
    rows = panel[panel["unit"].map(both)]
    post = (rows["is_treated"] & (rows["period"] > 0)).astype(float)
    dummies = pd.get_dummies(rows[["unit", "period"]].astype(str), drop_first=True, dtype=float)
    theirs = sm.OLS(rows["outcome"], sm.add_constant(pd.concat([post.rename("post"), dummies], axis=1))).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(rows["unit"])[0]}
    )
    assert found.effect == pytest.approx(theirs.params["post"], abs=1e-9)
    # Theirs counts the dummies as parameters and ours corrects by cluster: they agree but for that.
    parameters, units = dummies.shape[1] + 2, rows["unit"].nunique()
    scale = np.sqrt(units / (units - 1) * (len(rows) - 1) / (len(rows) - parameters))
    assert found.std_error == pytest.approx(theirs.bse["post"] / scale, rel=0.05)


def test_difference_in_differences_finds_the_effect_though_groups_differ_in_level():
    found = difference_in_differences(as_panel(trial_panel(drawn=False)))
    assert found.level == Level.PASS and found.sentence.startswith("PASS")
    assert found.ci_low < 0.5 < found.ci_high and found.ci_low > 0
    assert list(found.periods["period"]) == [-4, -3, -2, 1, 2]


def test_a_trend_before_takes_the_number_away():
    found = difference_in_differences(as_panel(trial_panel(effect=0.0, drift_before=0.3)))
    assert found.level == Level.FAIL and found.sentence.startswith("FAIL") and found.effect is None
    assert found.periods["coef"].iloc[0] == pytest.approx(-0.9, abs=0.2)


@pytest.mark.validate
def test_the_pre_trend_test_doubts_as_often_as_stated():
    levels = [difference_in_differences(as_panel(trial_panel(60, seed=seed))).level for seed in range(300)]
    doubted = sum(level != Level.PASS for level in levels)
    low, high = stats.binom.ppf([0.0005, 0.9995], len(levels), 0.05)
    assert low <= doubted <= high


@pytest.mark.parametrize(
    ("panel", "words"),
    [
        (trial_panel(20), "fewer than 20 in an arm"),
        (trial_panel().iloc[:0], "fewer than 20 in an arm"),
        (trial_panel()[lambda frame: frame["quarter"] >= -1], "too few periods"),
    ],
)
def test_a_panel_that_cannot_carry_it_gets_a_sentence(panel, words):
    found = difference_in_differences(as_panel(panel))
    assert found.level == Level.FAIL and words in found.sentence and found.effect is None
